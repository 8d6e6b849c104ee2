// SPDX-License-Identifier: MIT
#include "web/robots_pattern.h"

namespace crawl {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// RFC 3986 §2.2 without '*' and '$', which mean something in patterns: a literal one is always in
// its encoded form here.
bool is_literal_reserved(char c) {
  return c != '\0' && std::string_view(":/?#[]@!&'()+,;=").find(c) != std::string_view::npos;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 0xF]);
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

// Greedy: when a literal run fails, only the last '*' takes one more octet, since whatever an
// earlier star could give back, the last one can take. So there is no backtracking over several
// stars.
RobotsMatch match_robots_pattern(std::string_view pattern, std::string_view path, size_t& steps) {
  const bool anchored = pattern.ends_with('$');
  if (anchored) pattern.remove_suffix(1);
  size_t p = 0;
  size_t t = 0;
  size_t behind_star = std::string_view::npos;
  size_t retry_at = 0;
  while (t < path.size()) {
    if (steps == 0) return RobotsMatch::kTooCostly;
    --steps;
    if (p == pattern.size() && !anchored) return RobotsMatch::kYes;
    if (p < pattern.size() && pattern[p] == '*') {
      behind_star = ++p;
      retry_at = t;
    } else if (p < pattern.size() && pattern[p] == path[t]) {
      ++p;
      ++t;
    } else if (behind_star != std::string_view::npos) {
      p = behind_star;
      t = ++retry_at;
    } else {
      return RobotsMatch::kNo;
    }
  }
  const bool only_stars = pattern.find_first_not_of('*', p) == std::string_view::npos;
  return only_stars ? RobotsMatch::kYes : RobotsMatch::kNo;
}

}  // namespace crawl
