// SPDX-License-Identifier: MIT
// Escaping for terminals, JSON, CSV and HTML, UTF-8, JSON lines, base64: any bytes, against ICU and
// nlohmann::json.

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "base/base64.h"
#include "crawler/json_check.h"
#include "reader/json_lines.h"

namespace {

using namespace crawl;
using nlohmann::ordered_json;

// What a terminal takes for a command or shows in another order, and what nobody sees.
bool is_unsafe(UChar32 c) {
  const int8_t type = u_charType(c);
  if (type == U_CONTROL_CHAR || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR) {
    return true;
  }
  if (c == 0x200C || c == 0x200D) return false;  // words and emoji are written with them
  if (c == 0x2065 || (c >= 0xE0000 && c < 0xE0100)) return true;
  return type == U_FORMAT_CHAR && (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
                                   (c >= 0xFFF9 && c <= 0xFFFB));
}

bool is_safe(std::string_view text) {
  const auto unicode = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  for (int32_t i = 0; i < unicode.length(); i = unicode.moveIndex32(i, 1)) {
    if (is_unsafe(unicode.char32At(i))) return false;
  }
  return is_valid_utf8(text);
}

void check_utf8(std::string_view bytes) {
  std::string by_icu;
  icu::UnicodeString::fromUTF8(icu::StringPiece(bytes.data(), static_cast<int32_t>(bytes.size())))
      .toUTF8String(by_icu);
  const std::string valid = to_valid_utf8(bytes);
  CRAWL_CHECK(valid == by_icu);
  CRAWL_CHECK(is_valid_utf8(valid));
  CRAWL_CHECK(is_valid_utf8(bytes) == (valid == bytes));
}

void check_escapes(std::string_view bytes) {
  const std::string shown = escape_for_terminal(bytes);
  CRAWL_CHECK(is_safe(shown));
  CRAWL_CHECK(escape_for_terminal(shown) == shown);
  if (is_safe(bytes)) CRAWL_CHECK(shown == bytes);

  const std::string inside = escape_for_json(bytes);
  CRAWL_CHECK(is_safe(inside));
  const auto json = ordered_json::parse("\"" + inside + "\"", nullptr, false);
  CRAWL_CHECK(json.is_string() && json.get<std::string>() == to_valid_utf8(bytes));

  const std::string cell = escape_for_csv(bytes);
  CRAWL_CHECK(is_safe(cell));
  // What it holds, but for quotes that are doubled.
  const std::string value = cell.starts_with('"') ? cell.substr(1, cell.size() - 2) : cell;
  const size_t first = value.find_first_not_of(' ');
  CRAWL_CHECK(first == std::string::npos ||
              std::string_view("=+-@").find(value[first]) == std::string_view::npos);
  const std::string html = escape_for_html(bytes);
  CRAWL_CHECK(is_safe(html));
  CRAWL_CHECK(html.find_first_of("<>\"'`") == std::string::npos);
}

void check_printed(const ShownText& text) {
  std::string dumped = text.bytes();
  CRAWL_CHECK(dumped.ends_with('\n'));
  std::erase(dumped, '\n');  // indented ones have lines
  CRAWL_CHECK(is_safe(dumped));
}

void check_json_lines(std::string_view bytes) {
  const std::string valid = to_valid_utf8(bytes);
  const ordered_json written = {{"text", std::string(bytes)}, {std::string(bytes), 1}};
  check_printed(dump_line(written));
  check_printed(dump_indented(written));
  const auto read = parse_json_object(dump_line(written).bytes());
  CRAWL_CHECK(read.has_value());
  // Both members may have the same name.
  if (bytes != "text") CRAWL_CHECK(string_member(*read, "text").value() == valid);

  const auto strict = ordered_json::parse(bytes, nullptr, false);
  const auto lenient = parse_json_object(bytes);
  if (strict.is_object()) CRAWL_CHECK(lenient.has_value());
  if (lenient) check_printed(dump_line(*lenient));
  if (is_json_object(bytes, 8)) CRAWL_CHECK(strict.is_object());
  if (strict.is_object() && bytes.starts_with('{')) CRAWL_CHECK(is_json_object(bytes, size_t(-1)));
}

std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) {
      const bool padding = i + k > bytes.size();
      text += padding ? '=' : kDigits[bits >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

void check_base64(std::string_view bytes) {
  CRAWL_CHECK(decode_base64(encode_base64(bytes)).value() == bytes);
  if (const auto decoded = decode_base64(bytes)) {
    CRAWL_CHECK(decoded->size() <= bytes.size());
    CRAWL_CHECK(decode_base64(encode_base64(*decoded)).value() == *decoded);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_utf8(bytes);
  check_escapes(bytes);
  check_json_lines(bytes);
  check_base64(bytes);
  return 0;
}
