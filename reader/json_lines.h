// SPDX-License-Identifier: MIT
#pragma once

// JSON Lines in and text out, for the commands that answer one line of stdin with one line of
// stdout.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "base/shown_text.h"

namespace crawl {

// Lines of a descriptor, without waiting unless asked to: a peer that sends one line and waits for
// its answer must get it.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  enum class Next { kLine, kLater, kEnd };
  // kLater only where `may_wait` is false: no whole line is here yet. A last line without a newline
  // counts; "\r" before the newline is removed. `line` is valid until the next call.
  Result<Next> next(std::string_view& line, bool may_wait);

  int fd() const { return fd_; }

 private:
  bool line_in_buffer(std::string_view& line);
  Result<bool> fill(bool may_wait);

  int fd_;
  bool ended_ = false;
  std::string buffer_;
  size_t begin_ = 0;    // of what was not handed out
  size_t scanned_ = 0;  // no newline between begin_ and here
};

// A line that must be a JSON object. A lone surrogate escape ("\ud800"), which JSON allows and
// UTF-8 cannot hold, becomes U+FFFD. kInvalid: "not a JSON object".
Result<nlohmann::json> parse_json_object(std::string_view line);

// A member that is a string; nullopt where it is missing or null.  kInvalid: it is something else.
Result<std::optional<std::string>> string_member(const nlohmann::json& object, const char* name);

// One line of JSON, or an indented document. Invalid UTF-8 becomes U+FFFD.
ShownText dump_line(const nlohmann::ordered_json& json);
ShownText dump_indented(const nlohmann::ordered_json& json);

// Data on stdout, buffered. What cannot be written is said on stderr, once; a reader that has gone
// away (EPIPE) ends the command quietly.
class Output {
 public:
  explicit Output(int fd = 1, int err_fd = 2) : fd_(fd), err_fd_(err_fd) {}
  // Into memory instead, at most `bytes_max`: what is more fails. `into` must outlive this object.
  Output(std::string& into, size_t bytes_max)
      : fd_(-1), err_fd_(-1), into_(&into), bytes_max_(bytes_max) {}
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // False when something could not be written, from then on always.
  bool write(const ShownText& text);
  bool write_raw(std::string_view bytes);  // not to a terminal
  bool flush();
  bool failed() const { return failed_; }
  uint64_t written() const { return written_; }  // bytes that have left the buffer

 private:
  int fd_, err_fd_;
  std::string* into_ = nullptr;
  size_t bytes_max_ = 0;
  bool failed_ = false;
  uint64_t written_ = 0;
  std::string buffer_;
};

}  // namespace crawl
