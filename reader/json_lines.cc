// SPDX-License-Identifier: MIT
#include "reader/json_lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/log.h"

namespace crawl {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kWriteBytes = 64 * 1024;
constexpr auto kReplaceInvalid = nlohmann::ordered_json::error_handler_t::replace;

// The value of four hexadecimal digits after "\u" at `at`, or -1.
int escape_at(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int value = 0;
  for (const char c : text.substr(at + 2, 4)) {
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = (c | 0x20) - 'a' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int value) { return value >= 0xD800 && value <= 0xDBFF; }
bool is_low_surrogate(int value) { return value >= 0xDC00 && value <= 0xDFFF; }

std::string without_lone_surrogates(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t length = text[i] == '\\' ? 2 : 1;
    const int value = escape_at(text, i);
    if (value >= 0) length = 6;
    if (is_high_surrogate(value) && is_low_surrogate(escape_at(text, i + 6))) length = 12;
    if (length == 6 && (is_high_surrogate(value) || is_low_surrogate(value))) {
      result += "\\ufffd";
    } else {
      result += text.substr(i, length);
    }
    i += length;
  }
  return result;
}

}  // namespace

bool LineReader::line_in_buffer(std::string_view& line) {
  const size_t newline = buffer_.find('\n', scanned_);
  if (newline == std::string::npos) {
    scanned_ = buffer_.size();
    return false;
  }
  line = std::string_view(buffer_).substr(begin_, newline - begin_);
  begin_ = scanned_ = newline + 1;
  return true;
}

// True: there is more in the buffer, or the input has ended. False: nothing to read yet.
Result<bool> LineReader::fill(bool may_wait) {
  pollfd ready{fd_, POLLIN, 0};
  if (!may_wait && ::poll(&ready, 1, 0) <= 0) return false;
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  const size_t size = buffer_.size();
  buffer_.resize(size + kReadBytes);
  const ssize_t got = ::read(fd_, buffer_.data() + size, kReadBytes);
  const int error = errno;
  buffer_.resize(size + static_cast<size_t>(got > 0 ? got : 0));
  if (got == 0) ended_ = true;
  if (got >= 0) return true;
  if (error == EINTR) return may_wait;
  if (error == EAGAIN) {
    if (!may_wait) return false;
    ::poll(&ready, 1, -1);
    return true;
  }
  return errno_error(error, "read the input");
}

Result<LineReader::Next> LineReader::next(std::string_view& line, bool may_wait) {
  while (!line_in_buffer(line)) {
    if (ended_) {
      line = std::string_view(buffer_).substr(begin_);
      begin_ = buffer_.size();
      if (line.empty()) return Next::kEnd;
      break;
    }
    Result<bool> filled = fill(may_wait);
    if (!filled) return filled.error();
    if (!*filled) return Next::kLater;
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  return Next::kLine;
}

Result<nlohmann::json> parse_json_object(std::string_view line) {
  nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (json.is_discarded() && line.find("\\u") != std::string_view::npos) {
    json = nlohmann::json::parse(without_lone_surrogates(line), nullptr, false);
  }
  if (!json.is_object()) return Error{Errc::kInvalid, 0, "not a JSON object"};
  return json;
}

Result<std::optional<std::string>> string_member(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return std::optional<std::string>();
  const std::string* text = member->get_ptr<const std::string*>();
  if (text == nullptr)
    return Error{Errc::kInvalid, 0, std::string("\"") + name + "\" is not a string"};
  return std::optional<std::string>(*text);
}

ShownText dump_line(const nlohmann::ordered_json& json) {
  ShownText text;
  text.json(json.dump(-1, ' ', false, kReplaceInvalid));
  return text;
}

ShownText dump_indented(const nlohmann::ordered_json& json) {
  ShownText text;
  text.json(json.dump(2, ' ', false, kReplaceInvalid));
  return text;
}

Output::~Output() { flush(); }

bool Output::write(const ShownText& text) { return write_raw(text.bytes()); }

bool Output::write_raw(std::string_view bytes) {
  if (failed_) return false;
  buffer_ += bytes;
  return buffer_.size() < kWriteBytes || flush();
}

bool Output::flush() {
  if (into_ != nullptr) {
    failed_ = failed_ || into_->size() + buffer_.size() > bytes_max_;
    if (!failed_) into_->append(buffer_);
    buffer_.clear();
    return !failed_;
  }
  std::string_view rest = buffer_;
  while (!failed_ && !rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
      written_ += static_cast<uint64_t>(written);
    } else if (errno == EAGAIN) {
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      failed_ = true;
      if (errno != EPIPE) complain(errno_error("cannot write the answer").message(), err_fd_);
    }
  }
  buffer_.clear();
  return !failed_;
}

}  // namespace crawl
