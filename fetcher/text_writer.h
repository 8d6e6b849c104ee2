// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

// Builds visible text the way it reads on a page: runs of white space collapse to one character,
// the strongest separator between two words wins, none stands at the start or the end, and no line
// is blank unless preformatted text says so.
class TextWriter {
 public:
  enum class Break : uint8_t { kNone, kSpace, kTab, kLine };

  // `expected`: bytes of text that may come; more is taken, at a greater cost.
  void clear(size_t expected = 0);
  void add(std::string_view text);           // white space collapses
  void add_verbatim(std::string_view text);  // white space stays
  void separate(Break by) {
    if (by > pending_) pending_ = by;
  }

  size_t size() const { return size_; }
  // All of it, as it is; offsets that size() gave point into this.
  std::string_view written() const { return std::string_view(buffer_).substr(0, size_); }
  // The text from `start` on, without white space at either end. Valid until the next call that
  // adds.
  std::string_view text(size_t start = 0) const;

 private:
  char* reserve(size_t bytes);
  char* write_pending(char* out);

  std::string buffer_;  // its size is capacity in use: what lies past size_ is scratch
  size_t size_ = 0;
  Break pending_ = Break::kNone;
};

}  // namespace crawl
