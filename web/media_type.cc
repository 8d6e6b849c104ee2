// SPDX-License-Identifier: MIT
#include "web/media_type.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace crawl {

namespace {

constexpr std::string_view kHttpWhitespace = "\t\n\r ";

bool is_token_char(char c) {
  if (is_ascii_letter(c) || is_ascii_digit(c)) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

// "HTTP quoted-string token code point", on the bytes of an isomorphic decode.
bool is_quoted_string_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

std::string_view trim_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kHttpWhitespace) + 1);
}

std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kHttpWhitespace), text.size()));
  return trim_end(text);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
  return out;
}

// Takes and returns what stands before the first of `stops` (or all); the stop itself stays.
std::string_view take_until(std::string_view& rest, std::string_view stops) {
  const size_t end = std::min(rest.find_first_of(stops), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end);
  return taken;
}

// Fetch Standard §2.2 "collect an HTTP quoted string" with extract-value; `rest` begins with '"'.
std::string take_quoted_string(std::string_view& rest) {
  std::string value;
  rest.remove_prefix(1);
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') break;
    if (c == '\\') {
      if (!rest.empty()) {
        c = rest.front();
        rest.remove_prefix(1);
      }
    }
    value.push_back(c);
  }
  return value;
}

// §4.4 step 11: one "name=value"; `rest` begins behind the semicolon and ends up at the next one.
std::optional<std::pair<std::string, std::string>> take_parameter(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kHttpWhitespace), rest.size()));
  const std::string name = lower(take_until(rest, ";="));
  if (!rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  std::string value;
  if (rest.starts_with('"')) {
    value = take_quoted_string(rest);
    take_until(rest, ";");
  } else {
    value = trim_end(take_until(rest, ";"));
    if (value.empty()) return std::nullopt;
  }
  if (!is_token(name) || !std::all_of(value.begin(), value.end(), is_quoted_string_char)) {
    return std::nullopt;
  }
  return std::make_pair(name, value);
}

// §4.4 "parse a MIME type" for one value, with no comma outside quotes.
struct Parsed {
  std::string essence;
  std::optional<std::string> charset;
};

std::optional<Parsed> parse_one(std::string_view input) {
  std::string_view rest = trim(input);
  const std::string_view type = take_until(rest, "/");
  if (!is_token(type) || rest.empty()) return std::nullopt;
  rest.remove_prefix(1);
  const std::string_view subtype = trim_end(take_until(rest, ";"));
  if (!is_token(subtype)) return std::nullopt;
  Parsed parsed{lower(type) + "/" + lower(subtype), std::nullopt};
  while (!rest.empty()) {
    rest.remove_prefix(1);  // ';'
    auto parameter = take_parameter(rest);
    if (parameter && parameter->first == "charset" && !parsed.charset) {
      parsed.charset = std::move(parameter->second);
    }
  }
  return parsed;
}

// Fetch Standard §2.2 "get, decode, and split": commas inside quotes do not separate.
std::string_view take_list_element(std::string_view& rest) {
  bool quoted = false;
  size_t i = 0;
  for (; i < rest.size() && (quoted || rest[i] != ','); ++i) {
    if (rest[i] == '"') quoted = !quoted;
    if (quoted && rest[i] == '\\' && i + 1 < rest.size()) ++i;
  }
  const std::string_view element = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return element;
}

// text/* that is code, data or an endless stream rather than something to read.
constexpr std::array<std::string_view, 27> kNotReadable = {
    "calendar",      "directory",     "ecmascript",
    "event-stream",  "javascript",    "javascript1.0",
    "javascript1.1", "javascript1.2", "javascript1.3",
    "javascript1.4", "javascript1.5", "jscript",
    "json",          "livescript",    "rtf",
    "vbscript",      "vcard",         "vnd.wap.wmlc",
    "x-c-object",    "x-component",   "x-ecmascript",
    "x-javascript",  "x-json",        "x-vcalendar",
    "x-vcard",       "xsl",           "xml-external-parsed-entity"};

}  // namespace

MediaType parse_media_type(std::string_view content_type) {
  MediaType result;
  while (!content_type.empty()) {
    auto parsed = parse_one(take_list_element(content_type));
    if (!parsed || parsed->essence == "*/*") continue;
    if (parsed->essence != result.essence) {
      result.essence = std::move(parsed->essence);
      result.charset.clear();
    }
    if (parsed->charset) result.charset = std::move(*parsed->charset);
  }
  return result;
}

ContentClass content_class(std::string_view essence) {
  if (essence == "text/html" || essence == "application/xhtml+xml") return ContentClass::kHtml;
  if (essence.ends_with("+xml") || essence == "text/xml" || essence == "application/xml") {
    return ContentClass::kXml;
  }
  if (essence == "text/css") return ContentClass::kCss;
  if (essence == "application/gzip" || essence == "application/x-gzip") return ContentClass::kGzip;
  constexpr std::string_view kText = "text/";
  if (!essence.starts_with(kText) || essence.ends_with("+json")) return ContentClass::kUnsupported;
  essence.remove_prefix(kText.size());
  const bool readable =
      std::find(kNotReadable.begin(), kNotReadable.end(), essence) == kNotReadable.end();
  return readable ? ContentClass::kText : ContentClass::kUnsupported;
}

bool matches_type_list(std::string_view essence, std::string_view list) {
  const size_t slash = essence.find('/');
  if (slash == std::string_view::npos) return false;
  while (true) {
    list.remove_prefix(std::min(list.find_first_not_of(kHttpWhitespace), list.size()));
    if (list.empty()) return false;
    const std::string pattern = lower(take_until(list, kHttpWhitespace));
    if (pattern == "*/*" || pattern == essence) return true;
    if (pattern.ends_with("/*") &&
        essence.substr(0, slash + 1) == std::string_view(pattern).substr(0, pattern.size() - 1)) {
      return true;
    }
  }
}

}  // namespace crawl
