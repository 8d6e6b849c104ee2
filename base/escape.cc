// SPDX-License-Identifier: MIT
#include "base/escape.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "base/utf8.h"

namespace crawl {

namespace {

uint32_t byte_at(std::string_view bytes, size_t i) { return static_cast<unsigned char>(bytes[i]); }

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

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

struct Range {
  uint32_t first, last;
};

// Characters that would move the cursor, reorder the line, end it, or that nobody would see
// (Unicode 15: Cc, Zl, Zp, and of Cf what has no shape of its own).
constexpr Range kUnsafe[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},       {0x61C, 0x61C},     {0x180E, 0x180E},
    {0x200B, 0x200B}, {0x200E, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},   {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF},
};

bool is_unsafe(uint32_t c) {
  if (c >= 0x20 && c < 0x7F) return false;
  return std::any_of(std::begin(kUnsafe), std::end(kUnsafe),
                     [c](Range range) { return range.first <= c && c <= range.last; });
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
  } else if (c < 0x10000) {
    out.push_back('u');
    append_hex(out, c, 4);
  } else {
    out.push_back('U');
    append_hex(out, c, 8);
  }
}

void append_json_unit(std::string& out, uint32_t unit) {
  out += "\\u";
  append_hex(out, unit, 4);
}

void append_json_escape(std::string& out, uint32_t c) {
  char letter = short_escape(c);
  if (c == '\b') letter = 'b';
  if (c == '\f') letter = 'f';
  if (c == '"' || c == '\\') letter = static_cast<char>(c);
  if (letter != 0) {
    out.push_back('\\');
    out.push_back(letter);
  } else if (c < 0x10000) {
    append_json_unit(out, c);
  } else {
    append_json_unit(out, 0xD800 + ((c - 0x10000) >> 10));  // a surrogate pair
    append_json_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
  }
}

// =, +, -, @, and their full-width forms, which some spreadsheets take for the same.
bool begins_formula(uint32_t c) {
  return c == '=' || c == '+' || c == '-' || c == '@' || c == 0xFF1D || c == 0xFF0B ||
         c == 0xFF0D || c == 0xFF20;
}

// Spaces in any script, and the joiners: what a spreadsheet might skip.
bool may_be_skipped(uint32_t c) {
  return c == ' ' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200D) || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

// `shown`: escaped for a terminal. So tabs and line ends are backslashes, which begin no formula.
bool looks_like_formula(std::string_view shown) {
  for (size_t i = 0; i < shown.size();) {
    const Utf8Character c = decode_utf8(shown, i);
    if (!may_be_skipped(c.scalar)) return begins_formula(c.scalar);
    i += c.length;
  }
  return false;
}

std::string_view html_reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '`':
      return "&#96;";  // quotes an attribute, for some old browsers
    default:
      return {};
  }
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Utf8Character c = decode_utf8(text, i);
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
    const Utf8Character c = decode_utf8(text, i);
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

std::string escape_in_json(std::string_view document) {
  std::string out;
  out.reserve(document.size());
  for (size_t i = 0; i < document.size();) {
    size_t plain = i;
    while (plain < document.size() && byte_at(document, plain) < 0x7F) ++plain;
    out += document.substr(i, plain - i);
    if (plain == document.size()) break;
    const Utf8Character c = decode_utf8(document, plain);
    if (!c.valid) {
      out += kReplacement;
    } else if (is_unsafe(c.scalar)) {
      append_json_escape(out, c.scalar);
    } else {
      out += document.substr(plain, c.length);
    }
    i = plain + c.length;
  }
  return out;
}

std::string escape_for_csv(std::string_view text) {
  std::string cell = escape_for_terminal(text);
  if (looks_like_formula(cell)) cell = '\'' + cell;
  if (cell.find_first_of(",;\"") == std::string::npos && !cell.starts_with(' ') &&
      !cell.ends_with(' ')) {
    return cell;
  }
  std::string quoted = "\"";
  for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

std::string escape_for_html(std::string_view text) {
  std::string out;
  for (const char c : escape_for_terminal(text)) {
    const std::string_view reference = html_reference(c);
    if (reference.empty()) {
      out.push_back(c);
    } else {
      out += reference;
    }
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
    const Utf8Character c = decode_utf8(bytes, ascii_end);
    out += c.valid ? bytes.substr(ascii_end, c.length) : kReplacement;
    i = ascii_end + c.length;
  }
  return out;
}

bool is_valid_utf8(std::string_view bytes) {
  for (size_t i = skip_ascii(bytes, 0); i < bytes.size(); i = skip_ascii(bytes, i)) {
    const Utf8Character c = decode_utf8(bytes, i);
    if (!c.valid) return false;
    i += c.length;
  }
  return true;
}

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_valid_utf8(bytes);
}

}  // namespace crawl
