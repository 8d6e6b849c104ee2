// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace crawl {

// Appends a character as UTF-8; U+FFFD for what is none: NUL, surrogates, beyond U+10FFFF. So do
// HTML's numeric character references (§13.2.5.80) and CSS's escapes (Syntax 3 §4.3.7).
inline void append_code_point(std::string& out, uint32_t c) {
  if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      put(0xE0 | (c >> 12));
    } else {
      put(0xF0 | (c >> 18));
      put(0x80 | ((c >> 12) & 0x3F));
    }
    put(0x80 | ((c >> 6) & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

}  // namespace crawl
