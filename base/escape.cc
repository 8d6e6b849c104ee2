// SPDX-License-Identifier: MIT
#include "base/escape.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace crawl {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Decoded {
  size_t length = 0;    // bytes taken: of the character, or of the maximal invalid part
  uint32_t scalar = 0;  // where valid
  bool valid = false;
};

uint32_t byte_at(std::string_view bytes, size_t i) { return static_cast<unsigned char>(bytes[i]); }

// The character at `start`, by the table of well-formed sequences (Unicode 15, table 3-7): only the
// second byte's range depends on the first.
Decoded decode_at(std::string_view bytes, size_t start) {
  const uint32_t first = byte_at(bytes, start);
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
    const uint32_t next = byte_at(bytes, start + i);
    if (next < low || next > high) return {i, 0, false};
    scalar = (scalar << 6) | (next & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {length, scalar, true};
}

// End of the run of ASCII that begins at `start`, eight bytes at a time: nearly all text is ASCII.
size_t skip_ascii(std::string_view bytes, size_t start) {
  size_t i = start;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (i < bytes.size() && byte_at(bytes, i) < 0x80) ++i;
  return i;
}

// Characters that would move the cursor, reorder the line or end it.
bool is_unsafe(uint32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

void append_hex(std::string& out, uint32_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out.push_back("0123456789abcdef"[(value >> shift) & 0xF]);
  }
}

// The letter of a two-character escape, or 0.
char short_escape(uint32_t c) {
  switch (c) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

void append_terminal_escape(std::string& out, uint32_t c) {
  out.push_back('\\');
  if (const char letter = short_escape(c)) {
    out.push_back(letter);
  } else if (c < 0x80) {
    out.push_back('x');
    append_hex(out, c, 2);
  } else {
    out.push_back('u');
    append_hex(out, c, 4);
  }
}

void append_json_escape(std::string& out, uint32_t c) {
  out.push_back('\\');
  char letter = short_escape(c);
  if (c == '\b') letter = 'b';
  if (c == '\f') letter = 'f';
  if (c == '"' || c == '\\') letter = static_cast<char>(c);
  if (letter != 0) {
    out.push_back(letter);
  } else {
    out.push_back('u');
    append_hex(out, c, 4);
  }
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Decoded c = decode_at(text, i);
    if (!c.valid) {
      for (size_t k = 0; k < c.length; ++k) {
        out += "\\x";
        append_hex(out, byte_at(text, i + k), 2);
      }
    } else if (is_unsafe(c.scalar)) {
      append_terminal_escape(out, c.scalar);
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  return out;
}

std::string escape_for_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Decoded c = decode_at(text, i);
    if (!c.valid) {
      out += kReplacement;
    } else if (is_unsafe(c.scalar) || c.scalar == '"' || c.scalar == '\\') {
      append_json_escape(out, c.scalar);
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  return out;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size();) {
    const size_t ascii_end = skip_ascii(bytes, i);
    out += bytes.substr(i, ascii_end - i);
    if (ascii_end == bytes.size()) break;
    const Decoded c = decode_at(bytes, ascii_end);
    out += c.valid ? bytes.substr(ascii_end, c.length) : kReplacement;
    i = ascii_end + c.length;
  }
  return out;
}

bool is_valid_utf8(std::string_view bytes) {
  for (size_t i = skip_ascii(bytes, 0); i < bytes.size(); i = skip_ascii(bytes, i)) {
    const Decoded c = decode_at(bytes, i);
    if (!c.valid) return false;
    i += c.length;
  }
  return true;
}

}  // namespace crawl
