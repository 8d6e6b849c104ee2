// SPDX-License-Identifier: MIT
#include "web/words.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace crawl;

namespace {

// "word word", pairs with '+' behind them, last letters with '.'.
std::string cut(std::string_view text) {
  std::string all;
  WordCutter cutter(text);
  for (Word word; cutter.next(word);) {
    if (!all.empty()) all += ' ';
    all += word.folded;
    if (word.kind == Word::Kind::kPair) all += '+';
    if (word.kind == Word::Kind::kLast) all += '.';
  }
  return all;
}

// The parts of the text that the words stand for.
std::string places(std::string_view text) {
  std::string all;
  WordCutter cutter(text);
  for (Word word; cutter.next(word);) {
    all.append("[").append(text.substr(word.begin, word.end - word.begin)).append("]");
  }
  return all;
}

}  // namespace

TEST_CASE("words: letters and digits, whatever stands between", "[words]") {
  CHECK(cut("The quick-brown FOX: 3.14 (v2)") == "the quick brown fox 3 14 v2");
  CHECK(cut("pg_stat_activity don't /usr/lib x=y") == "pg stat activity don t usr lib x y");
  CHECK(cut("") == "");
  CHECK(cut(" \n\t*&%$ ") == "");
  CHECK(places("¿Qué? un_à  été.") == "[Qué][un][à][été]");
}

TEST_CASE("words: C++ and C# are words", "[words]") {
  CHECK(cut("C++ c++11 g++, C# F#.") == "c++ c++ 11 g++ c# f#");
  CHECK(cut("a+++b page#anchor x#y issue# 1++ +") == "a b page anchor x y issue 1");
  CHECK(cut("C#é libstdc++") == "c e libstdc++");
}

TEST_CASE("words: case, accents and width do not matter", "[words]") {
  CHECK(cut("ÉTÉ Ünïcödé Ångström ñ Čeština") == "ete unicode angstrom n cestina");
  CHECK(cut("Straße STRASSE Łódź Tromsø Æsir œuvre Þór Đà") ==
        "strasse strasse lodz tromso aesir oeuvre thor da");
  CHECK(cut("İstanbul ISPARTA ılık") == "istanbul isparta ilik");
  CHECK(cut("e\u0301te\u0301 Å") == "ete a");  // combining marks, and the sign of the unit
  CHECK(cut("Ａｐａｃｈｅ２ ﬁnd ½") == "apache2 find 1\u20442");
  CHECK(cut("ΆΝΘΡΩΠΟΣ άνθρωπος") == "ανθρωποσ ανθρωποσ");
  CHECK(cut("Ёлка ёлка за́мок Йод й и\u0306") == "елка елка замок йод й й");
  CHECK(cut("שָׁלוֹם مُحَمَّد أحمد آن ١٢٣") == "שלום محمد احمد ان 123");
  CHECK(cut("किताब") == "किताब");  // vowels are marks there, and stay
}

TEST_CASE("words: what no one sees is not there", "[words]") {
  CHECK(cut("Donau\u00ADdampf\u00ADschiff a\u2060b \u200Fabc\uFEFF") == "donaudampfschiff ab abc");
  CHECK(places("Donau\u00ADdampf\u00AD.") == "[Donau\u00ADdampf]");
  CHECK(cut("foo\u200Bbar") == "foo bar");
  CHECK(cut("a \uFFA0 foo \uFFA0bar") == "a foo bar");  // a letter that is none (a Hangul filler)
}

TEST_CASE("words: scripts without spaces are cut into pairs", "[words]") {
  CHECK(cut("全文検索") == "全文+ 文検+ 検索+ 索.");
  CHECK(places("全文検索") == "[全文][文検][検索][索]");
  CHECK(cut("犬") == "犬.");
  CHECK(cut("犬、猫") == "犬. 猫.");
  CHECK(cut("SQLite版は3つ") == "sqlite 版は+ は. 3 つ.");
  CHECK(cut("パッケージ ﾊﾟｯｹｰｼﾞ") == "パッ+ ッケ+ ケー+ ージ+ ジ. パッ+ ッケ+ ケー+ ージ+ ジ.");
  CHECK(cut("が か\u3099") == "が. が.");
  CHECK(cut("人々") == "人々+ 々.");
  CHECK(cut("한국어를 배우다") == "한국+ 국어+ 어를+ 를. 배우+ 우다+ 다.");
  // Thai: vowels and tones above and below belong to their letter.
  CHECK(cut("ที่นี่") == "ที่นี่+ นี่.");
  CHECK(cut("ភាសា\u200Bខ្មែរ") == cut("ភាសាខ្មែរ"));
}

TEST_CASE("words: any bytes at all", "[words]") {
  CHECK(cut("a\xFFz \xE3\x81 b\xC3") == "a z b");
  CHECK(cut(std::string("a\0b", 3)) == "a b");
  CHECK(cut(std::string(1000, 'x')) == std::string(kWordBytesMax, 'x'));
  std::string long_word;
  for (int i = 0; i < 500; ++i) long_word += "ж";
  CHECK(cut(long_word).size() == kWordBytesMax);
  // More marks than any letter has.
  std::string marks = "か";
  for (int i = 0; i < 300; ++i) marks += "\u3099";
  CHECK(cut(marks).size() < 2 * kWordBytesMax);
}
