// SPDX-License-Identifier: MIT
#pragma once

// White space and tokens as the HTML Standard sees them (Infra §4.6), and ends of UTF-8.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/ascii.h"

namespace crawl {

constexpr bool is_ascii_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}
// Where `lower` begins in `text` at or after `from`, or npos.
inline size_t find_ignoring_case(std::string_view text, std::string_view lower, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), lower.begin(),
                  lower.end(), [](char a, char b) { return ascii_lower(a) == b; });
  return found == text.end() ? std::string_view::npos : static_cast<size_t>(found - text.begin());
}

constexpr std::string_view trim_ascii_space(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the first token off `rest`; "" when none is left. Tokens are separated by white space and
// by `separator` where that is not 0.
constexpr std::string_view next_token(std::string_view& rest, char separator = 0) {
  const auto separates = [separator](char c) {
    return is_ascii_space(c) || (separator != 0 && c == separator);
  };
  while (!rest.empty() && separates(rest.front())) rest.remove_prefix(1);
  size_t end = 0;
  while (end < rest.size() && !separates(rest[end])) ++end;
  const std::string_view token = rest.substr(0, end);
  rest.remove_prefix(end);
  return token;
}

// At most `bytes_max` bytes of valid UTF-8, cut between characters.
constexpr std::string_view utf8_prefix(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace crawl
