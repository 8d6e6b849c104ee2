// SPDX-License-Identifier: MIT
#include "base/escape.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace crawl {
namespace {

// What no output may hold: looked for in another way than the code under test does, by the bytes
// that these characters have in UTF-8.
bool shows_raw_controls(const std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) return true;
    if (byte == 0xF3 && next == 0xA0) {  // tags; behind them, selectors of variants
      const auto third = i + 2 < text.size() ? static_cast<unsigned char>(text[i + 2]) : 0;
      if (third >= 0x80 && third <= 0x83) return true;
    }
  }
  const std::vector<std::string> harmful = {
      "\u00AD", "\u061C", "\u180E", "\u200B",     "\u200E",    "\u200F", "\u202A",
      "\u202B", "\u202C", "\u202D", "\u202E",     "\u2060",    "\u2064", "\u2066",
      "\u2067", "\u2068", "\u2069", "\u206A",     "\u206F",    "\u2028", "\u2029",
      "\uFEFF", "\uFFF9", "\uFFFB", "\U0001BCA0", "\U0001D173"};
  for (const std::string& each : harmful) {
    if (text.find(each) != std::string::npos) return true;
  }
  return false;
}

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

TEST_CASE("escape: text for people is left as it is", "[escape]") {
  for (const std::string text :
       {"", "plain", "Grüße, 世界 🌍", "back\\slash \"quotes\"", "e\u0301"}) {
    CHECK(escape_for_terminal(text) == text);
    CHECK(to_valid_utf8(text) == text);
    CHECK(is_valid_utf8(text));
  }
}

TEST_CASE("escape: control characters become visible", "[escape]") {
  CHECK(escape_for_terminal("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(escape_for_terminal("a\nb\rc\td") == "a\\nb\\rc\\td");
  CHECK(escape_for_terminal(std::string(1, '\0')) == "\\x00");
  CHECK(escape_for_terminal("\x7f") == "\\x7f");
  CHECK(escape_for_terminal("\u009b"
                            "31m") == "\\u009b31m");
}

TEST_CASE("escape: bidi controls and line separators become visible", "[escape]") {
  CHECK(escape_for_terminal("a\u202Eb") == "a\\u202eb");
  CHECK(escape_for_terminal("\u2066\u2069") == "\\u2066\\u2069");
  CHECK(escape_for_terminal("\u2028\u2029") == "\\u2028\\u2029");
  CHECK(escape_for_terminal("\u200E\u200F\u061C") == "\\u200e\\u200f\\u061c");
}

TEST_CASE("escape: what nobody would see becomes visible", "[escape]") {
  CHECK(escape_for_terminal("pay\u200Bpal\uFEFF\u00AD") == "pay\\u200bpal\\ufeff\\u00ad");
  CHECK(escape_for_terminal("\u2060\u2064\u206A\uFFF9\u180E") ==
        "\\u2060\\u2064\\u206a\\ufff9\\u180e");
  CHECK(escape_for_terminal("x\U000E0041\U000E007F\U0001D173") ==
        "x\\U000e0041\\U000e007f\\U0001d173");
  // Words and emoji are written with these.
  for (const std::string text : {"می\u200Cخواهم", "👩\u200D🚀", "❤\uFE0F", "葛\U000E0100"}) {
    CHECK(escape_for_terminal(text) == text);
  }
}

TEST_CASE("escape: bytes that are no UTF-8 are shown one by one", "[escape]") {
  CHECK(escape_for_terminal("a\xff"
                            "b") == "a\\xffb");
  CHECK(escape_for_terminal(bytes({0x9b})) == "\\x9b");
  CHECK(escape_for_terminal(bytes({0xE2, 0x80})) == "\\xe2\\x80");
}

// RFC 8259 §7
TEST_CASE("escape: the inside of a JSON string reads back as the text", "[escape]") {
  CHECK(escape_for_json("a\"b\\c") == "a\\\"b\\\\c");
  CHECK(escape_for_json("\b\f\n\r\t") == "\\b\\f\\n\\r\\t");
  CHECK(escape_for_json(bytes({0, 1, 0x1f})) == "\\u0000\\u0001\\u001f");
  CHECK(escape_for_json("a/b") == "a/b");
  const std::string text = "\"\\\n\x01\x7f\u0085\u2028\u202E ü 世界 🌍";
  CHECK(nlohmann::json::parse("\"" + escape_for_json(text) + "\"") == text);
}

TEST_CASE("escape: JSON takes no invalid UTF-8", "[escape]") {
  CHECK(escape_for_json("a\xff"
                        "b") == "a\uFFFDb");
}

// RFC 8259 §7: beyond the basic plane, a surrogate pair
TEST_CASE("escape: JSON escapes what is invisible beyond the basic plane", "[escape]") {
  CHECK(escape_for_json("\U000E0041") == "\\udb40\\udc41");
  CHECK(nlohmann::json::parse("\"" + escape_for_json("\U000E0041\U0001D17A") + "\"") ==
        "\U000E0041\U0001D17A");
}

TEST_CASE("escape: a JSON document means the same when it is escaped", "[escape]") {
  const nlohmann::json json = {{"a\u202E", "\x7f\u0085 \"\\\n ü 世界 🌍 \u200B\U000E0041"},
                               {"n", {1, nullptr}}};
  const std::string shown = escape_in_json(json.dump());
  CHECK_FALSE(shows_raw_controls(shown));
  CHECK(nlohmann::json::parse(shown) == json);
  CHECK(shown.find("ü 世界 🌍") != std::string::npos);
  CHECK(escape_in_json("\"a\xff\"") == "\"a\uFFFD\"");
}

// RFC 4180 §2.5 to §2.7
TEST_CASE("escape: a CSV cell is in quotes where it must be", "[escape]") {
  CHECK(escape_for_csv("") == "");
  CHECK(escape_for_csv("plain text") == "plain text");
  CHECK(escape_for_csv("a,b") == "\"a,b\"");
  CHECK(escape_for_csv("a;b") == "\"a;b\"");  // what separates cells where "," is in numbers
  CHECK(escape_for_csv("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(escape_for_csv("a\r\n=1+1") == "a\\r\\n=1+1");  // no line of its own
  CHECK(escape_for_csv(" a") == "\" a\"");
}

TEST_CASE("escape: no CSV cell is a formula", "[escape]") {
  for (const std::string sign : {"=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"}) {
    for (const std::string before : {"", " ", "  ", "\u00A0", "\u3000", "\u200D"}) {
      CAPTURE(sign, before);
      const std::string cell = escape_for_csv(before + sign + "1");
      CHECK(cell.find_first_not_of('"') == cell.find("'"));
    }
  }
  CHECK(escape_for_csv("=HYPERLINK(\"http://a/\",\"x\")") ==
        "\"'=HYPERLINK(\"\"http://a/\"\",\"\"x\"\")\"");
  // A tab or a line end in front is shown, and then no formula follows.
  CHECK(escape_for_csv("\t=1") == "\\t=1");
  CHECK(escape_for_csv("\r=1") == "\\r=1");
  CHECK(escape_for_csv("1-1") == "1-1");
  CHECK(escape_for_csv("a@b") == "a@b");
}

TEST_CASE("escape: HTML has no markup but ours", "[escape]") {
  CHECK(escape_for_html("<script>alert(\"x\" + 'y' & `z`)</script>") ==
        "&lt;script&gt;alert(&quot;x&quot; + &#39;y&#39; &amp; &#96;z&#96;)&lt;/script&gt;");
  CHECK(escape_for_html("a\x1b\u202E\0b" + std::string(1, '\0')) == "a\\x1b\\u202e\\x00");
  CHECK(escape_for_html("Grüße, 世界 🌍") == "Grüße, 世界 🌍");
}

// Unicode 15 §3.9, U+FFFD substitution of maximal subparts
TEST_CASE("escape: each maximal invalid part becomes one U+FFFD", "[escape]") {
  CHECK(to_valid_utf8(bytes({'a', 0x80, 'b'})) == "a\uFFFDb");
  CHECK(to_valid_utf8(bytes({0xC0, 0xAF})) == "\uFFFD\uFFFD");                          // overlong
  CHECK(to_valid_utf8(bytes({0xE0, 0x80, 0xBF})) == "\uFFFD\uFFFD\uFFFD");              // overlong
  CHECK(to_valid_utf8(bytes({0xED, 0xA0, 0x80})) == "\uFFFD\uFFFD\uFFFD");              // surrogate
  CHECK(to_valid_utf8(bytes({0xF4, 0x90, 0x80, 0x80})) == "\uFFFD\uFFFD\uFFFD\uFFFD");  // too large
  CHECK(to_valid_utf8(bytes({0xE2, 0x82})) == "\uFFFD");              // cut at the end
  CHECK(to_valid_utf8(bytes({0xF0, 0x9F, 0x98, 'x'})) == "\uFFFDx");  // cut in the middle
  CHECK(to_valid_utf8(bytes({0xE2, 0x82, 0xE2, 0x82, 0xAC})) == "\uFFFD€");
  CHECK(to_valid_utf8(bytes({0xFE, 0xFF})) == "\uFFFD\uFFFD");
}

TEST_CASE("escape: the limits of UTF-8 are inside, their neighbours outside", "[escape]") {
  CHECK(is_valid_utf8(bytes({0xC2, 0x80})));
  CHECK(is_valid_utf8(bytes({0xE0, 0xA0, 0x80})));
  CHECK(is_valid_utf8(bytes({0xED, 0x9F, 0xBF})));
  CHECK(is_valid_utf8(bytes({0xEE, 0x80, 0x80})));
  CHECK(is_valid_utf8(bytes({0xF0, 0x90, 0x80, 0x80})));
  CHECK(is_valid_utf8(bytes({0xF4, 0x8F, 0xBF, 0xBF})));
  CHECK_FALSE(is_valid_utf8(bytes({0xC1, 0xBF})));
  CHECK_FALSE(is_valid_utf8(bytes({0xE0, 0x9F, 0xBF})));
  CHECK_FALSE(is_valid_utf8(bytes({0xED, 0xA0, 0x80})));
  CHECK_FALSE(is_valid_utf8(bytes({0xF0, 0x8F, 0xBF, 0xBF})));
  CHECK_FALSE(is_valid_utf8(bytes({0xF4, 0x90, 0x80, 0x80})));
  CHECK_FALSE(is_valid_utf8(bytes({0xF5, 0x80, 0x80, 0x80})));
}

TEST_CASE("escape: an error is found at every place in a long text", "[escape]") {
  for (size_t place = 0; place < 24; ++place) {
    std::string text(24, 'a');
    text[place] = static_cast<char>(0xFF);
    CAPTURE(place);
    CHECK_FALSE(is_valid_utf8(text));
    CHECK(to_valid_utf8(text) == std::string(place, 'a') + "\uFFFD" + std::string(23 - place, 'a'));
  }
}

// What a reader of CSV by RFC 4180 makes of one cell; nullopt where there is more than a cell.
std::optional<std::string> read_cell(std::string_view cell) {
  if (!cell.starts_with('"')) {
    const bool whole = cell.find_first_of("\",;\r\n") == std::string_view::npos;
    return whole ? std::optional<std::string>(cell) : std::nullopt;
  }
  std::string value;
  for (size_t i = 1; i < cell.size(); ++i) {
    if (cell[i] == '"' && i + 1 == cell.size()) return value;
    if (cell[i] == '"' && cell[++i] != '"') return std::nullopt;
    value.push_back(cell[i]);
  }
  return std::nullopt;
}

void check_cell_and_markup(const std::string& text) {
  const std::string shown = escape_for_terminal(text);
  const std::string cell = escape_for_csv(text);
  REQUIRE_FALSE(shows_raw_controls(cell));
  const std::optional<std::string> value = read_cell(cell);
  REQUIRE(value);
  REQUIRE((*value == shown || *value == "'" + shown));
  REQUIRE((value->empty() || std::string_view("=+-@").find(value->front()) == std::string::npos));

  std::string html = escape_for_html(text);
  REQUIRE_FALSE(shows_raw_controls(html));
  REQUIRE(html.find_first_of("<>\"'`") == std::string::npos);
  const std::vector<std::pair<std::string, std::string>> references = {
      {"&lt;", "<"},  {"&gt;", ">"},  {"&quot;", "\""},
      {"&#39;", "'"}, {"&#96;", "`"}, {"&amp;", "&"}};
  for (const auto& [reference, character] : references) {
    for (size_t at = 0; (at = html.find(reference, at)) != std::string::npos; ++at) {
      html.replace(at, reference.size(), character);
    }
  }
  REQUIRE(html == shown);
}

TEST_CASE("escape: whatever the bytes, the results are clean and stable", "[escape]") {
  std::mt19937 random(1);
  // Bytes that begin, continue and break sequences, more often than chance would have them.
  const std::string alphabet = "a\\\"<&=\x1b\x80\xa0\xbf\xc2\xe2\xed\xf0\xf4\xff\x9f";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text.push_back(alphabet[random() % alphabet.size()]);
    const std::string valid = to_valid_utf8(text);
    REQUIRE(is_valid_utf8(valid));
    REQUIRE(to_valid_utf8(valid) == valid);
    REQUIRE((valid == text) == is_valid_utf8(text));
    const std::string shown = escape_for_terminal(text);
    REQUIRE(is_valid_utf8(shown));
    REQUIRE_FALSE(shows_raw_controls(shown));
    REQUIRE(escape_for_terminal(shown) == shown);
    REQUIRE(nlohmann::json::parse("\"" + escape_for_json(text) + "\"") == valid);
    check_cell_and_markup(text);
  }
}

std::filesystem::path conformance_dir() {
  if (const char* dir = std::getenv("CRAWL_CONFORMANCE_DIR")) return dir;
  const auto source_dir = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  return source_dir.parent_path() / "shared" / "conformance";
}

TEST_CASE("escape: no naughty string reaches any output raw", "[escape]") {
  std::ifstream file(conformance_dir() / "naughty-strings.json");
  if (!file) {
    WARN("naughty-strings.json is not here: skipped (CRAWL_CONFORMANCE_DIR)");
    return;
  }
  const auto strings = nlohmann::json::parse(file).get<std::vector<std::string>>();
  REQUIRE(strings.size() > 400);
  size_t harmful = 0;
  for (const std::string& text : strings) {
    CAPTURE(text);
    if (shows_raw_controls(text)) ++harmful;
    CHECK_FALSE(shows_raw_controls(escape_for_terminal(text)));
    CHECK_FALSE(shows_raw_controls(escape_for_json(text)));
    CHECK(to_valid_utf8(text) == text);
    CHECK(nlohmann::json::parse("\"" + escape_for_json(text) + "\"") == text);
    check_cell_and_markup(text);
  }
  CHECK(harmful > 5);
}

}  // namespace
}  // namespace crawl
