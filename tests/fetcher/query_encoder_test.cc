// SPDX-License-Identifier: MIT
#include "fetcher/query_encoder.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fetcher/document.h"
#include "fetcher/link_collector.h"
#include "tests/support/catch.h"
#include "web/percent.h"
#include "web/url.h"

namespace crawl {
namespace {

constexpr std::string_view kPage = "http://h.example/dir/page?p";

CharsetDecoder& decoder() {
  static const auto created = CharsetDecoder::create();
  REQUIRE(created);
  return *created.value();
}

QueryEncoder& encoder() {
  static QueryEncoder made(decoder());
  return made;
}

std::string encoded(std::string_view charset, std::string_view query) {
  REQUIRE(encoder().use(charset));
  std::string out;
  encoder().append(query, out);
  return out;
}

std::string decoded(std::string_view charset, std::string_view bytes) {
  return std::string(decoder().decode(bytes, {charset, CharsetSource::kHttp, 0}));
}

bool is_one_character(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }) == 1;
}

// What a link of a page in `charset` leads to.
std::string target(std::string_view charset, std::string_view href, std::string_view base = {},
                   LinkKind kind = LinkKind::kAnchor) {
  PageResult result;
  StringPool pool;
  LinkCollector links;
  links.begin(kPage, result, pool);
  if (encoder().use(charset)) links.encode_queries(encoder());
  if (!base.empty()) links.set_base(base);
  const size_t index = links.add(kind, href);
  return index == LinkCollector::kNone ? "" : std::string(result.links[index].href);
}

// The links of a page as it comes from the network, one per line.
std::string links_of(std::string_view content_type, std::string_view body) {
  static const auto document = Document::create({});
  REQUIRE(document);
  DocumentInput input;
  input.body = body;
  input.content_type = content_type;
  input.url = kPage;
  PageResult result;
  REQUIRE(document.value()->parse(input, result, {}) == Outcome::kOk);
  std::string all;
  for (const PageLink& link : result.links) all += std::string(link.href) + "\n";
  return all;
}

// --- the encoders -------------------------------------------------------------------------------

// Encoding Standard §4.3 "get an output encoding"
TEST_CASE("query encoder: UTF-16 and replacement count as UTF-8", "[query_encoder]") {
  for (std::string_view charset : {"UTF-8", "UTF-16LE", "UTF-16BE", "replacement", "", "none"}) {
    CAPTURE(charset);
    CHECK_FALSE(encoder().use(charset));
  }
  CHECK(encoder().use("windows-1252"));
}

// §9
TEST_CASE("query encoder: single-byte encodings", "[query_encoder]") {
  CHECK(encoded("windows-1251", "q=да") == "q=%E4%E0");
  CHECK(encoded("windows-1252", "é€") == "%E9%80");
  CHECK(encoded("KOI8-U", "ў") == "%AE");
  CHECK(encoded("ISO-8859-8-I", "א") == "%E0");
  CHECK(encoded("ISO-8859-16", "ș") == "%BA");
  CHECK(encoded("x-user-defined", "\uF780\uF7FF") == "%80%FF");
}

// §12.1.2
TEST_CASE("query encoder: EUC-JP", "[query_encoder]") {
  CHECK(encoded("EUC-JP", "日") == "%C6%FC");
  CHECK(encoded("EUC-JP", "ｱ") == "%8E%B1");
  CHECK(encoded("EUC-JP", "¥‾−～") == "\\~%A1%DD%A1%C1");
  CHECK(encoded("EUC-JP", "纊") == "%F9%A1");          // the lower of two pointers
  CHECK(encoded("EUC-JP", "丂") == "%26%2319970%3B");  // JIS X 0212 is not written
}

// §12.3.2
TEST_CASE("query encoder: Shift_JIS, whose second bytes may be ASCII", "[query_encoder]") {
  CHECK(encoded("Shift_JIS", "日") == "%93%FA");
  CHECK(encoded("Shift_JIS", "表ソ") == "%95\\%83\\");
  CHECK(encoded("Shift_JIS", "ｱ") == "%B1");
  CHECK(encoded("Shift_JIS", "\u0080¥‾−") == "%80\\~%81|");
  CHECK(encoded("Shift_JIS", "纊") == "%FA\\");  // not NEC's pointer
  CHECK(encoded("Shift_JIS", "\uE000") == "%26%2357344%3B");
}

// §12.2.2
TEST_CASE("query encoder: ISO-2022-JP changes its sets", "[query_encoder]") {
  CHECK(encoded("ISO-2022-JP", "a日本b") == "a%1B$BF|K\\%1B(Bb");
  CHECK(encoded("ISO-2022-JP", "日") == "%1B$BF|%1B(B");
  // The bytes of characters are escaped like any others.
  CHECK(encoded("ISO-2022-JP", "。、") == "%1B$B!%23!%22%1B(B");
  CHECK(encoded("ISO-2022-JP", "ｱﾞ") == "%1B$B%%22!+%1B(B");
  CHECK(encoded("ISO-2022-JP", "−") == "%1B$B!]%1B(B");
  CHECK(encoded("ISO-2022-JP", "¥a\\") == "%1B(J\\a%1B(B\\");
  CHECK(encoded("ISO-2022-JP", "‾日") == "%1B(J~%1B$BF|%1B(B");
}

TEST_CASE("query encoder: ISO-2022-JP leaves its set before it gives up", "[query_encoder]") {
  CHECK(encoded("ISO-2022-JP", "日한日") == "%1B$BF|%1B(B%26%2354620%3B%1B$BF|%1B(B");
  CHECK(encoded("ISO-2022-JP", "¥한") == "%1B(J\\%26%2354620%3B%1B(B");
  CHECK(encoded("ISO-2022-JP", "a\x1B\x0F") == "a%26%2365533%3B%26%2365533%3B");
  CHECK(encoded("ISO-2022-JP", "日\x0E") == "%1B$BF|%1B(B%26%2365533%3B");
  // No state is left for the next link.
  CHECK(encoded("ISO-2022-JP", "x") == "x");
}

// §11.1.2, with §5 "index Big5 pointer"
TEST_CASE("query encoder: Big5", "[query_encoder]") {
  CHECK(encoded("Big5", "中文") == "%A4%A4%A4%E5");
  CHECK(encoded("Big5", "功") == "%A5\\");
  CHECK(encoded("Big5", "十卅═") == "%A4Q%A4%CA%F9%F9");
  CHECK(encoded("Big5", "兀") == "%A4a");
  CHECK(encoded("Big5", "\u4E28") == "%26%2320008%3B");  // Hong Kong's alone
}

// §13.1.2
TEST_CASE("query encoder: EUC-KR", "[query_encoder]") {
  CHECK(encoded("EUC-KR", "한글") == "%C7%D1%B1%DB");
  CHECK(encoded("EUC-KR", "갂") == "%81A");
  CHECK(encoded("EUC-KR", "\uE000") == "%26%2357344%3B");
}

// §10.1, §10.2.2
TEST_CASE("query encoder: gb18030 and GBK", "[query_encoder]") {
  CHECK(encoded("gb18030", "中€") == "%D6%D0%A2%E3");
  CHECK(encoded("gb18030", "\u0080😀") == "%810%810%949%FC6");
  CHECK(encoded("gb18030", "\uFE10\uE78D\u9FBB\uE864") == "%A6%D9%A6%D9%FE%A0%FE%A0");
  CHECK(encoded("gb18030", "\uE5E5\uE7C7") == "%26%2358853%3B%815%F47");
  CHECK(encoded("GBK", "中€") == "%D6%D0%80");
  CHECK(encoded("GBK", "😀") == "%26%23128512%3B");
}

// URL Standard §1.3 "percent-encode after encoding"
TEST_CASE("query encoder: a character that the encoding lacks is a reference", "[query_encoder]") {
  CHECK(encoded("windows-1251", "a日b") == "a%26%2326085%3Bb");
  CHECK(encoded("windows-1253", "\uFFFD") == "%26%2365533%3B");
  CHECK(encoded("Shift_JIS", "😀") == "%26%23128512%3B");
  CHECK(encoded("EUC-JP", "\xFF日") == "%26%2365533%3B%C6%FC");
}

TEST_CASE("query encoder: ASCII is as in any query", "[query_encoder]") {
  CHECK(encoded("EUC-JP", "a b\"<>'%`&日") == "a%20b%22%3C%3E%27%`&%C6%FC");
  CHECK(encoded("EUC-JP", "日\t\r\n日\x01") == "%C6%FC%C6%FC%01");
  CHECK(encoded("ISO-2022-JP", "日\n日") == "%1B$BF|F|%1B(B");
}

// What can be decoded is written as it was, but for duplicates, which decode to the same.
TEST_CASE("query encoder: encodings agree with their decoders", "[query_encoder]") {
  struct Expected {
    std::string_view charset;
    size_t sequences;  // that come back
  };
  const auto& [charset, sequences] =
      GENERATE(Expected{"Shift_JIS", 7724}, Expected{"EUC-JP", 7399}, Expected{"Big5", 14'622},
               Expected{"EUC-KR", 17'048}, Expected{"GBK", 23'940}, Expected{"gb18030", 23'940});
  CAPTURE(charset);
  size_t came_back = 0;
  std::vector<std::string> lost;
  for (int lead = 0x81; lead <= 0xFE; ++lead) {
    for (int trail = 0x40; trail <= 0xFE; ++trail) {
      const std::string bytes = {static_cast<char>(lead), static_cast<char>(trail)};
      const std::string text = decoded(charset, bytes);
      if (!is_one_character(text) || text == "\uFFFD") continue;
      const std::string query = encoded(charset, text);
      if (query.starts_with("%26")) continue;
      if (decoded(charset, percent_decode(query)) == text) {
        ++came_back;
      } else {
        lost.push_back(text);
      }
    }
  }
  CHECK(lost == std::vector<std::string>());
  CHECK(came_back == sequences);
}

// --- links --------------------------------------------------------------------------------------

// URL Standard §4.4 "query state"
TEST_CASE("query encoder: only the query of a link is in the page's encoding", "[query_encoder]") {
  CHECK(target("EUC-JP", "?q=日") == "http://h.example/dir/page?q=%C6%FC");
  CHECK(target("EUC-JP", "日?日#日") == "http://h.example/dir/%E6%97%A5?%C6%FC");
  CHECK(target("EUC-JP", "#?日") == "http://h.example/dir/page?p");
  CHECK(target("EUC-JP", "x#日?日") == "http://h.example/dir/x");
  CHECK(target("EUC-JP", "https://u:p@日.example/a?b=日&c=d#e") ==
        "https://xn--wgv.example/a?b=%C6%FC&c=d");
  CHECK(target("EUC-JP", " \n//i.example?日?日 \t") == "http://i.example/?%C6%FC?%C6%FC");
  CHECK(target("EUC-JP", "a?日 #b") == "http://h.example/dir/a?%C6%FC%20");
  CHECK(target("Shift_JIS", "?q=表") == "http://h.example/dir/page?q=%95\\");
  CHECK(target("EUC-JP", "ftp://f.example/日?日") == "ftp://f.example/%E6%97%A5?%C6%FC");
}

TEST_CASE("query encoder: other schemes keep UTF-8", "[query_encoder]") {
  CHECK(target("EUC-JP", "mailto:a@b.example?subject=日") ==
        "mailto:a@b.example?subject=%E6%97%A5");
  CHECK(target("EUC-JP", "ws://h.example/?日") == "ws://h.example/?%E6%97%A5");
  CHECK(target("EUC-JP", "javascript:f('?日')") == "");
}

TEST_CASE("query encoder: links of other pages are in UTF-8", "[query_encoder]") {
  for (std::string_view charset : {"UTF-8", "UTF-16LE", "replacement"}) {
    CAPTURE(charset);
    CHECK(target(charset, "?日") == "http://h.example/dir/page?%E6%97%A5");
  }
}

// HTML Standard §4.2.3 "frozen base URL"
TEST_CASE("query encoder: a base's query is in the page's encoding", "[query_encoder]") {
  CHECK(target("EUC-JP", "#x", "/b?日#y") == "http://h.example/b?%C6%FC");
  CHECK(target("EUC-JP", "", "/日/?日") == "http://h.example/%E6%97%A5/?%C6%FC");
  CHECK(target("EUC-JP", "c?日", "/b/?a") == "http://h.example/b/c?%C6%FC");
}

// CSS Values 4 §4.5: a style sheet's URLs are parsed without an encoding.
TEST_CASE("query encoder: URLs of style sheets are in UTF-8", "[query_encoder]") {
  CHECK(target("EUC-JP", "a?日", {}, LinkKind::kStyle) == "http://h.example/dir/a?%E6%97%A5");
}

TEST_CASE("query encoder: what is too long in UTF-8 may fit", "[query_encoder]") {
  std::string characters;
  for (int i = 0; i < 3'000; ++i) characters += "日";
  const std::string fits = target("ISO-2022-JP", "?" + characters);
  CHECK(is_canonical_http_url(fits));
  CHECK(fits.size() == std::string("http://h.example/dir/page?%1B$B%1B(B").size() + 6'000);
  CHECK(is_shortened_url(target("EUC-JP", "?" + characters)));
  for (int i = 0; i < 7; ++i) characters += characters;
  CHECK(is_shortened_url(target("ISO-2022-JP", "?" + characters)));
}

// --- documents ----------------------------------------------------------------------------------

// HTML Standard §2.4.1 "encoding-parse a URL"
TEST_CASE("query encoder: a document's links are in its encoding", "[query_encoder]") {
  CHECK(links_of("text/html; charset=euc-jp",
                 "<a href='?q=\xC6\xFC'><img src='/\xC6\xFC?&#26085;&hearts;'>"
                 "<form action='f?\xC6\xFC'></form>"
                 "<style>@import 's?\xC6\xFC';</style><p style='background:url(?\xC6\xFC)'>") ==
        "http://h.example/dir/page?q=%C6%FC\n"
        "http://h.example/%E6%97%A5?%C6%FC%26%239829%3B\n"
        "http://h.example/dir/f?%C6%FC\n"
        "http://h.example/dir/s?%E6%97%A5\n"
        "http://h.example/dir/page?%E6%97%A5\n");
  CHECK(links_of("text/html", "<meta charset=windows-1251><a href='?\xE4\xE0'>") ==
        "http://h.example/dir/page?%E4%E0\n");
  CHECK(links_of("application/xhtml+xml; charset=shift_jis",
                 "<html xmlns='http://www.w3.org/1999/xhtml'><a href='?\x95\\'/></html>") ==
        "http://h.example/dir/page?%95\\\n");
}

TEST_CASE("query encoder: one document's encoding is not the next one's", "[query_encoder]") {
  const std::string utf8 = "http://h.example/dir/page?%E6%97%A5\n";
  CHECK(links_of("text/html; charset=euc-jp", "<a href='?\xC6\xFC'>") !=
        links_of("text/html; charset=utf-8", "<a href='?日'>"));
  CHECK(links_of("text/html; charset=utf-8", "<a href='?日'>") == utf8);
  CHECK(links_of("text/html; charset=utf-16be",
                 std::string("\0<\0a\0 \0h\0r\0e\0f\0=\0?\x65\xE5\0>", 22)) == utf8);
  // Neither style sheets nor feeds have one.
  CHECK(links_of("text/css; charset=euc-jp", "@import '?\xC6\xFC';") == utf8);
  CHECK(links_of("application/rss+xml; charset=euc-jp",
                 "<rss><channel><item><link>?\xC6\xFC</link></item></channel></rss>") == utf8);
}

}  // namespace
}  // namespace crawl
