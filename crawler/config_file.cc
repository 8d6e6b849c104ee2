// SPDX-License-Identifier: MIT
#include "crawler/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "base/escape.h"

namespace crawl {
namespace {

constexpr size_t kConfigBytesMax = 1u << 20;

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

void append_utf8(uint32_t c, std::string& out) {
  const auto push = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return push(c);
  if (c < 0x800) {
    push(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      push(0xE0 | (c >> 12));
    } else {
      push(0xF0 | (c >> 18));
      push(0x80 | ((c >> 12) & 0x3F));
    }
    push(0x80 | ((c >> 6) & 0x3F));
  }
  push(0x80 | (c & 0x3F));
}

class ConfigParser {
 public:
  ConfigParser(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  Result<std::vector<ConfigEntry>> parse() {
    std::vector<ConfigEntry> entries;
    std::set<std::pair<std::string, std::string>> seen;
    while (skip_blank_lines()) {
      ConfigEntry entry;
      entry.line = line_;
      const bool table = peek() == '[';
      const bool read = table ? read_table() : read_key(entry.key) && read_value(entry.values);
      if (!read || !end_of_line(table ? "table" : "value")) break;
      entry.host = host_;
      if (!seen.insert({entry.host, entry.key}).second) {
        fail(table ? "the table of '" + host_ + "' is there twice"
                   : "'" + entry.key + "' is set twice");
        break;
      }
      entries.push_back(std::move(entry));
    }
    if (!problem_.empty()) return Error{Errc::kInvalid, 0, problem_};
    return entries;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  bool fail(const std::string& what) {
    problem_ = std::string(source_) + ":" + std::to_string(line_) + ": " + what;
    return false;
  }

  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
  }

  void skip_comment() {
    if (peek() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
  }

  // To the next thing that is neither space, comment nor newline; false at the end of the text.
  bool skip_blank_lines() {
    while (!at_end()) {
      skip_spaces();
      skip_comment();
      if (peek() != '\n') break;
      ++at_;
      ++line_;
    }
    return !at_end();
  }

  bool end_of_line(const std::string& what) {
    skip_spaces();
    skip_comment();
    if (at_end() || peek() == '\n') return true;
    return fail("expected the end of the line after the " + what);
  }

  // [host."NAME"]; a NAME of one label may be bare.
  bool read_table() {
    static const std::string kUse = "tables other than [host.\"NAME\"] are not used here";
    ++at_;
    std::string word;
    skip_spaces();
    while (is_key_char(peek())) word.push_back(text_[at_++]);
    skip_spaces();
    if (word != "host" || peek() != '.') return fail(kUse);
    ++at_;
    skip_spaces();
    host_.clear();
    if (peek() == '"' || peek() == '\'') {
      if (!read_scalar(host_)) return false;
    } else {
      while (is_key_char(peek())) host_.push_back(text_[at_++]);
    }
    skip_spaces();
    if (host_.empty() || peek() == '.')
      return fail("a host's name stands in quotes: [host.\"NAME\"]");
    if (peek() != ']') return fail("the table has no closing ']'");
    ++at_;
    return true;
  }

  bool read_key(std::string& key) {
    while (is_key_char(peek())) key.push_back(text_[at_++]);
    skip_spaces();
    if (key.empty() || peek() != '=') return fail("expected key = value");
    ++at_;
    skip_spaces();
    return true;
  }

  bool read_value(std::vector<std::string>& values) {
    if (peek() != '[') return read_scalar(values.emplace_back());
    ++at_;
    while (skip_blank_lines() && peek() != ']') {
      if (!read_scalar(values.emplace_back())) return false;
      skip_blank_lines();
      if (peek() == ',') {
        ++at_;
      } else if (!at_end() && peek() != ']') {
        return fail("expected ',' or ']' in the array");
      }
    }
    if (at_end()) return fail("the array has no closing ']'");
    ++at_;
    return true;
  }

  bool read_scalar(std::string& value) {
    if (peek() == '"') return read_basic_string(value);
    if (peek() == '\'') return read_literal_string(value);
    while (is_key_char(peek()) || peek() == '+') value.push_back(text_[at_++]);
    if (value == "true" || value == "false") return true;
    const size_t digits = value.find_first_not_of("+-");
    const bool integer = digits != std::string::npos && digits <= 1 &&
                         value.find_first_not_of("0123456789_", digits) == std::string::npos;
    if (!integer) return fail("text values stand in quotes: \"" + value + "\"");
    value.erase(
        std::remove_if(value.begin(), value.end(), [](char c) { return c == '_' || c == '+'; }),
        value.end());
    return true;
  }

  bool read_literal_string(std::string& value) {
    const size_t end = text_.find_first_of("'\n", at_ + 1);
    if (end == std::string_view::npos || text_[end] == '\n')
      return fail("the string has no closing '");
    value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }

  bool read_basic_string(std::string& value) {
    ++at_;
    while (peek() != '"') {
      if (at_end() || peek() == '\n') return fail("the string has no closing \"");
      if (peek() != '\\') {
        value.push_back(text_[at_++]);
      } else if (!read_escape(value)) {
        return false;
      }
    }
    ++at_;
    return true;
  }

  bool read_escape(std::string& value) {
    static constexpr std::string_view kNames = "btnfr\"\\";
    static constexpr std::string_view kBytes = "\b\t\n\f\r\"\\";
    ++at_;
    const char c = peek();
    if (c == 'u' || c == 'U') return read_code_point(c == 'u' ? 4 : 8, value);
    const size_t index = at_end() ? std::string_view::npos : kNames.find(c);
    if (index == std::string_view::npos) {
      return fail(
          "unknown escape in a \"string\": double the backslash, or use a 'literal' string");
    }
    value.push_back(kBytes[index]);
    ++at_;
    return true;
  }

  bool read_code_point(size_t digits, std::string& value) {
    uint32_t code = 0;
    ++at_;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      const size_t digit = std::string_view("0123456789abcdef")
                               .find(static_cast<char>(
                                   peek() >= 'A' && peek() <= 'F' ? peek() - 'A' + 'a' : peek()));
      if (at_end() || digit == std::string_view::npos) return fail("bad \\u escape");
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return fail("bad \\u escape");
    append_utf8(code, value);
    return true;
  }

  std::string_view text_;
  std::string_view source_;
  size_t at_ = 0;
  int line_ = 1;
  std::string host_;
  std::string problem_;
};

}  // namespace

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : to_valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 0xF]);
    } else {
      out += c;
    }
  }
  // What is left of unsafe characters are those with escapes that TOML has too.
  return escape_for_terminal(out) + "\"";
}

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, std::string_view source) {
  return ConfigParser(text, source).parse();
}

Result<std::vector<ConfigEntry>> read_config_file(const std::string& path) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "rbe"), fclose);
  if (!file) {
    Error error = errno_error("read " + path);
    error.code = error.sys_errno == ENOENT ? Errc::kNotFound : Errc::kIo;
    return error;
  }
  std::string text(kConfigBytesMax + 1, '\0');
  text.resize(fread(text.data(), 1, text.size(), file.get()));
  if (ferror(file.get())) return errno_error("read " + path);
  if (text.size() > kConfigBytesMax) {
    return Error{Errc::kInvalid, 0, path + ": longer than 1 MiB"};
  }
  return parse_config(text, path);
}

}  // namespace crawl
