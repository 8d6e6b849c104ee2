// SPDX-License-Identifier: MIT
#include "web/robots_pattern.h"

#include <algorithm>
#include <cstring>

#include "base/ascii.h"

namespace crawl {

namespace {

bool is_unreserved(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// RFC 3986 §2.2 without '*' and '$', which mean something in patterns: a literal one is always in
// its encoded form here.
bool is_literal_reserved(char c) {
  return c != '\0' && std::string_view(":/?#[]@!&'()+,;=").find(c) != std::string_view::npos;
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 0xF]);
}

// Where `literal` ends in `text`, the first time it occurs; npos: nowhere.
size_t end_of_first(std::string_view literal, std::string_view text) {
  const void* found = memmem(text.data(), text.size(), literal.data(), literal.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data()) + literal.size();
}

}  // namespace

std::string normalize_robots_path(std::string_view text, RobotsForm form) {
  const bool pattern = form == RobotsForm::kPattern;
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool special = c == '*' || (c == '$' && i + 1 == text.size());
    const bool encoded = c == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                         hex_value(text[i + 2]) >= 0;
    if (encoded) {
      const auto value = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      if (is_unreserved(value)) {
        out.push_back(value);
      } else {
        append_encoded(out, value);
      }
      i += 2;
    } else if (is_unreserved(c) || is_literal_reserved(c) || (pattern && special)) {
      out.push_back(c);
    } else {
      append_encoded(out, c);  // a '%' that encodes nothing too, or it could join what follows
    }
  }
  return out;
}

// A pattern is literals with stars between them. Each literal is taken where it first occurs behind
// the one before: a later place could only leave less of the path to the rest. So no place is ever
// tried again, and with a linear search (memmem() of glibc and musl) the whole match is linear.
RobotsMatch match_robots_pattern(std::string_view pattern, std::string_view path, size_t& steps) {
  const bool anchored = pattern.ends_with('$');
  if (anchored) pattern.remove_suffix(1);
  size_t star = pattern.find('*');
  std::string_view literal = pattern.substr(0, star);
  if (steps == 0) return RobotsMatch::kTooCostly;
  --steps;
  if (!path.starts_with(literal)) return RobotsMatch::kNo;
  size_t passed = literal.size();
  if (star == std::string_view::npos) {
    return !anchored || passed == path.size() ? RobotsMatch::kYes : RobotsMatch::kNo;
  }
  while (true) {
    pattern.remove_prefix(star + 1);
    star = pattern.find('*');
    literal = pattern.substr(0, star);
    const std::string_view rest = path.substr(passed);
    if (star == std::string_view::npos && anchored) {
      return rest.ends_with(literal) ? RobotsMatch::kYes : RobotsMatch::kNo;
    }
    const size_t end = end_of_first(literal, rest);
    const size_t cost = std::min(end, rest.size()) + 1;
    if (cost > steps) return RobotsMatch::kTooCostly;
    steps -= cost;
    if (end == std::string_view::npos) return RobotsMatch::kNo;
    passed += end;
    if (star == std::string_view::npos) return RobotsMatch::kYes;
  }
}

}  // namespace crawl
