// SPDX-License-Identifier: MIT
#include "fetcher/language.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr std::string_view kEnglish =
    "The coordinator hands the addresses of pages to processes that fetch and read them, and it "
    "writes down whatever they find, so that nothing which has been seen is ever lost again.";
constexpr std::string_view kGerman =
    "Der Koordinator verteilt die Adressen der Seiten an Prozesse, die sie holen und lesen, und "
    "schreibt auf, was sie finden, damit nichts verloren geht, was einmal gesehen wurde.";
constexpr std::string_view kJapanese =
    "\u3053\u306E\u30DA\u30FC\u30B8\u306F\u65E5\u672C\u8A9E\u3067\u66F8\u304B\u308C\u3066\u3044"
    "\u307E\u3059\u3002\u6587\u7AE0\u304C\u3042\u308B\u7A0B\u5EA6\u9577\u3051\u308C\u3070\u3001"
    "\u305D\u306E\u8A00\u8A9E\u3092\u63A8\u6E2C\u3059\u308B\u3053\u3068\u304C\u3067\u304D\u307E"
    "\u3059\u3002";
constexpr std::string_view kHebrew =
    "\u05D6\u05D4\u05D5 \u05D8\u05E7\u05E1\u05D8 \u05E7\u05E6\u05E8 \u05D1\u05E2\u05D1\u05E8\u05D9"
    "\u05EA \u05E9\u05E0\u05DB\u05EA\u05D1 \u05DB\u05D3\u05D9 \u05DC\u05D1\u05D3\u05D5\u05E7 \u05D0"
    "\u05EA \u05D6\u05D9\u05D4\u05D5\u05D9 \u05D4\u05E9\u05E4\u05D4 \u05E9\u05DC \u05D4\u05EA\u05D5"
    "\u05DB\u05E0\u05D4";

std::string_view detect(std::string_view text) {
  static LanguageDetector detector;
  return detector.detect(text);
}

TEST_CASE("language: a text of some length tells its language", "[language]") {
  CHECK(detect(kEnglish) == "en");
  CHECK(detect(kGerman) == "de");
  CHECK(detect(kJapanese) == "ja");
}

TEST_CASE("language: tags are today's", "[language]") { CHECK(detect(kHebrew) == "he"); }

TEST_CASE("language: nothing is guessed from too little, or from no language", "[language]") {
  CHECK(detect("").empty());
  CHECK(detect(kEnglish.substr(0, kLanguageBytesMin - 1)).empty());
  CHECK(detect(std::string(1000, '7')).empty());
  CHECK(detect(std::string(1000, '\n')).empty());
}

TEST_CASE("language: controls and a cut in mid-text do no harm", "[language]") {
  std::string text(kGerman);
  text[20] = '\x01';
  text[30] = '\x7F';
  CHECK(detect(text) == "de");
  std::string many;
  while (many.size() < 20'000) many += kJapanese;
  for (size_t i = 0; i < 4; ++i) CHECK(detect(std::string(i, 'x') + many) == "ja");
}

// HTML Standard §3.2.6.2: a list names no language.
TEST_CASE("language: a header that names one language counts", "[language]") {
  CHECK(language_in_header(" de-AT\t") == "de-AT");
  CHECK(language_in_header("zh-Hant") == "zh-Hant");
  for (const char* value : {"", "de, en", "de en", "d", "-de", "1x", "d\xC3\xA4", "*"}) {
    CAPTURE(value);
    CHECK(language_in_header(value).empty());
  }
  CHECK(language_in_header(std::string(36, 'a')).empty());
}

}  // namespace
}  // namespace crawl
