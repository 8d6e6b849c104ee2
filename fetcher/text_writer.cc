// SPDX-License-Identifier: MIT
#include "fetcher/text_writer.h"

#include <algorithm>
#include <cstring>

#include "fetcher/ascii.h"

namespace crawl {
namespace {

constexpr size_t kBytesKept = 4u << 20;  // a larger buffer is given back

}  // namespace

void TextWriter::clear(size_t expected) {
  if (buffer_.size() > kBytesKept) std::string().swap(buffer_);
  // Doubling would take three times the text for a moment.
  if (expected > kBytesKept) buffer_.resize(expected);
  size_ = 0;
  pending_ = Break::kNone;
}

char* TextWriter::reserve(size_t bytes) {
  const size_t needed = size_ + bytes + 1;  // one for a separator
  if (needed > buffer_.size()) buffer_.resize(std::max(needed, 2 * buffer_.size()));
  return buffer_.data() + size_;
}

// `out` is the end of what has been written.
char* TextWriter::write_pending(char* out) {
  const bool at_line_start = out == buffer_.data() || out[-1] == '\n';
  if (!at_line_start) {
    *out++ = pending_ == Break::kLine ? '\n' : pending_ == Break::kTab ? '\t' : ' ';
  }
  pending_ = Break::kNone;
  return out;
}

void TextWriter::add(std::string_view text) {
  char* out = reserve(text.size());
  for (const char c : text) {
    if (is_ascii_space(c)) {
      separate(Break::kSpace);
      continue;
    }
    if (pending_ != Break::kNone) out = write_pending(out);
    *out++ = c;
  }
  size_ = static_cast<size_t>(out - buffer_.data());
}

void TextWriter::add_verbatim(std::string_view text) {
  if (text.empty()) return;
  char* out = reserve(text.size());
  if (pending_ != Break::kNone) out = write_pending(out);
  std::memcpy(out, text.data(), text.size());
  size_ = static_cast<size_t>(out - buffer_.data()) + text.size();
}

std::string_view TextWriter::text(size_t start) const {
  return trim_ascii_space(std::string_view(buffer_).substr(start, size_ - start));
}

}  // namespace crawl
