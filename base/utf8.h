// SPDX-License-Identifier: MIT
#pragma once

// Characters of UTF-8, one by one.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

struct Utf8Character {
  size_t length = 0;    // bytes taken: of the character, or of the maximal invalid part
  uint32_t scalar = 0;  // where valid
  bool valid = false;
};

// The character at `start`, which is in `bytes`, by the table of well-formed sequences (Unicode 15,
// table 3-7): only the second byte's range depends on the first.
inline Utf8Character decode_utf8(std::string_view bytes, size_t start) {
  const auto byte_at = [bytes](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  const uint32_t first = byte_at(start);
  if (first < 0x80) return {1, first, true};
  if (first < 0xC2 || first > 0xF4) return {1, 0, false};
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t low = 0x80;
  uint32_t high = 0xBF;
  if (first == 0xE0) low = 0xA0;   // overlong
  if (first == 0xED) high = 0x9F;  // surrogates
  if (first == 0xF0) low = 0x90;   // overlong
  if (first == 0xF4) high = 0x8F;  // past U+10FFFF
  uint32_t scalar = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if (start + i >= bytes.size()) return {i, 0, false};
    const uint32_t next = byte_at(start + i);
    if (next < low || next > high) return {i, 0, false};
    scalar = (scalar << 6) | (next & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {length, scalar, true};
}

// A Unicode scalar value.
inline void append_utf8(uint32_t c, std::string& to) {
  const auto put = [&to](uint32_t byte) { to += static_cast<char>(byte); };
  const auto put_rest = [&](int shift) {
    for (; shift >= 0; shift -= 6) put(0x80 | (c >> shift & 0x3F));
  };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
    put_rest(0);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put_rest(6);
  } else {
    put(0xF0 | c >> 18);
    put_rest(12);
  }
}

}  // namespace crawl
