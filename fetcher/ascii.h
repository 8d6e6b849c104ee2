// SPDX-License-Identifier: MIT
#pragma once

// ASCII as the HTML Standard sees it (Infra §4.6), free of locales.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace crawl {

constexpr bool is_ascii_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool is_ascii_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

// `lower` is in lower case already.
constexpr bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char a, char b) { return ascii_lower(a) == b; });
}
constexpr bool starts_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && equals_ignoring_case(text.substr(0, lower.size()), lower);
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
