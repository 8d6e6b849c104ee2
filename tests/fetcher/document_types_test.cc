// SPDX-License-Identifier: MIT

// What becomes of bodies that are not HTML by name, and of what the header says about them.

#include <string>

#include "fetcher/document.h"
#include "tests/fetcher/gzip_bomb.h"
#include "tests/support/catch.h"
#include "web/url.h"

namespace crawl {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUrl = "http://h.example/dir/page?q";

Document& shared_document() {
  static const auto created = Document::create({});
  REQUIRE(created);
  return *created.value();
}

struct Parsed {
  Outcome outcome = Outcome::kNone;
  PageResult page;
  std::string problem;

  std::string links() const {
    std::string all;
    for (const PageLink& link : page.links) {
      all += std::string(name(link.kind)) + " " + std::string(link.href) + "\n";
    }
    return all;
  }
};

Parsed parse(const DocumentInput& input, Document& document = shared_document()) {
  Parsed parsed;
  parsed.outcome = document.parse(input, parsed.page, {});
  parsed.problem = document.problem();
  return parsed;
}

DocumentInput page_input(std::string_view type, std::string_view body) {
  DocumentInput input;
  input.body = body;
  input.content_type = type;
  input.url = kUrl;
  input.robots_agent = "crawl";
  return input;
}

Parsed parse(std::string_view type, std::string_view body) { return parse(page_input(type, body)); }

Parsed parse_sitemap(std::string_view type, std::string_view body) {
  DocumentInput input = page_input(type, body);
  input.is_sitemap = true;
  return parse(input);
}

// RFC 1952 with the body stored (RFC 1951 §3.2.4), which needs no compressor. The checksum is
// given.
std::string stored_gzip(std::string_view text, uint32_t crc) {
  const auto little = [](uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
    return out;
  };
  return std::string("\x1F\x8B\x08\0\0\0\0\0\0\x03\x01"sv) + little(text.size(), 2) +
         little(~text.size(), 2) + std::string(text) + little(crc, 4) + little(text.size(), 4);
}

uint32_t crc32(std::string_view text) {
  uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::string gzip(std::string_view text) { return stored_gzip(text, crc32(text)); }

constexpr std::string_view kUrlset =
    "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    "<url><loc>http://h.example/one</loc><lastmod>2020-01-02</lastmod><priority>0.8</priority>"
    "</url><url><loc>http://h.example/two</loc></url></urlset>";
constexpr std::string_view kRss =
    "<rss version='2.0'><channel><title>News</title><item><title>First</title>"
    "<link>http://h.example/first</link></item></channel></rss>";

TEST_CASE("document: a sitemap is read under every name for XML", "[document]") {
  for (const char* type : {"application/xml", "text/xml", "text/xml; charset=utf-8",
                           "application/x+xml", "text/html", "application/xhtml+xml", ""}) {
    CAPTURE(type);
    const Parsed parsed = parse(type, kUrlset);
    CHECK(parsed.outcome == Outcome::kOk);
    CHECK(parsed.page.document == DocumentKind::kSitemap);
    CHECK(parsed.page.parse_status == ParseStatus::kOk);
    REQUIRE(parsed.links() == "sitemap http://h.example/one\nsitemap http://h.example/two\n");
    CHECK(parsed.page.links[0].modified_at_ms == 1'577'923'200'000);
    CHECK(parsed.page.links[0].priority == 80);
  }
}

TEST_CASE("document: as plain text it is a sitemap only where one is wanted", "[document]") {
  CHECK(parse("text/plain", kUrlset).page.document == DocumentKind::kText);
  CHECK(parse_sitemap("text/plain", kUrlset).page.document == DocumentKind::kSitemap);
  const std::string_view list = "http://h.example/a\nhttp://h.example/b\n";
  CHECK(parse("text/plain", list).page.document == DocumentKind::kText);
  const Parsed parsed = parse_sitemap("text/plain", list);
  CHECK(parsed.page.document == DocumentKind::kSitemap);
  CHECK(parsed.page.links.size() == 2);
  CHECK(parse_sitemap("text/plain", "no list").page.document == DocumentKind::kText);
  CHECK(parse_sitemap("text/html", "<p>Not found").page.document == DocumentKind::kHtml);
}

TEST_CASE("document: a sitemap may have more entries than a page has links", "[document]") {
  std::string list;
  for (size_t i = 0; i < kLinksMax + 5; ++i) list += "http://h.example/" + std::to_string(i) + "\n";
  CHECK(parse_sitemap("text/plain", list).page.links.size() == kLinksMax + 5);
}

TEST_CASE("document: a sitemap that breaks off yields what came before, and says so",
          "[document]") {
  const Parsed parsed = parse("text/xml", kUrlset.substr(0, kUrlset.size() - 20));
  CHECK(parsed.outcome == Outcome::kOk);
  CHECK(parsed.page.document == DocumentKind::kSitemap);
  CHECK_FALSE(parsed.page.links.empty());
  CHECK_FALSE(parsed.problem.empty());
  CHECK(parse("text/xml", kUrlset).problem.empty());
}

TEST_CASE("document: a feed is a feed, also as text/html", "[document]") {
  for (const char* type : {"application/rss+xml", "text/html; charset=utf-8", "text/xml"}) {
    CAPTURE(type);
    const Parsed parsed = parse(type, kRss);
    CHECK(parsed.page.document == DocumentKind::kFeed);
    CHECK(parsed.page.title == "News");
    CHECK(parsed.page.text.find("First") != std::string_view::npos);
    CHECK(parsed.links() == "feed http://h.example/first\n");
  }
  CHECK(parse("text/html", kRss).page.content_type == "application/rss+xml");
}

TEST_CASE("document: XHTML is read as HTML, whatever its type", "[document]") {
  const Parsed parsed =
      parse("application/xml",
            "<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html "
            "xmlns='http://www.w3.org/1999/xhtml'><head><title>T</title></head><body><a "
            "href='x'>y</a></body></html>");
  CHECK(parsed.page.document == DocumentKind::kHtml);
  CHECK(parsed.page.title == "T");
  CHECK(parsed.links() == "a http://h.example/dir/x\n");
}

TEST_CASE("document: other XML is not read", "[document]") {
  const Parsed parsed = parse("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>");
  CHECK(parsed.outcome == Outcome::kUnsupportedType);
  CHECK(parsed.page.content_type == "image/svg+xml");
  CHECK(parsed.page.document == DocumentKind::kNone);
  // In UTF-16 its root shows only after decoding.
  CHECK(parse("text/xml", "\xFF\xFE<\0s\0v\0g\0/\0>\0"sv).outcome == Outcome::kUnsupportedType);
}

TEST_CASE("document: a packed sitemap is read", "[document]") {
  const std::string packed = gzip(kUrlset);
  for (const char* type :
       {"application/gzip", "application/x-gzip", "text/xml", "text/plain", ""}) {
    CAPTURE(type);
    const Parsed parsed = parse_sitemap(type, packed);
    CHECK(parsed.page.document == DocumentKind::kSitemap);
    CHECK(parsed.page.links.size() == 2);
    CHECK(parsed.page.body_bytes == packed.size());
  }
  DocumentInput input = page_input("application/gzip", packed);
  CHECK(parse(input).outcome == Outcome::kUnsupportedType);
  input.url = "http://h.example/sitemap.xml.gz";
  CHECK(parse(input).page.document == DocumentKind::kSitemap);
  CHECK(parse_sitemap("application/gzip", gzip("http://h.example/a\n")).page.links.size() == 1);
  CHECK(parse_sitemap("application/gzip", gzip("{}")).outcome == Outcome::kUnsupportedType);
}

TEST_CASE("document: a packed sitemap that grows too much is a bomb", "[document]") {
  const auto document = Document::create({.decode_ratio_max = 50});
  REQUIRE(document);
  const std::string bomb = gzip_of_zeros(8);
  DocumentInput input = page_input("application/gzip", bomb);
  input.is_sitemap = true;
  const Parsed parsed = parse(input, **document);
  CHECK(parsed.outcome == Outcome::kDecodeBomb);
  CHECK_FALSE(parsed.problem.empty());
  CHECK(parsed.page.document == DocumentKind::kNone);
}

TEST_CASE("document: a packed sitemap that is cut off yields what came", "[document]") {
  const std::string packed = gzip(kUrlset);
  const Parsed parsed = parse_sitemap("application/gzip", packed.substr(0, packed.size() - 30));
  CHECK(parsed.page.document == DocumentKind::kSitemap);
  CHECK_FALSE(parsed.problem.empty());
}

// XML 1.0 §4.3.3, RFC 7303 §3
TEST_CASE("document: XML's encoding is its mark's, HTTP's, its declaration's, or UTF-8",
          "[document]") {
  const std::string declared =
      "<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><title>gr\xFC\xDF</title>"
      "</channel></rss>";
  const Parsed latin = parse("application/rss+xml", declared);
  CHECK(latin.page.charset == "windows-1252");
  CHECK(latin.page.charset_source == CharsetSource::kMeta);
  CHECK(latin.page.title == "gr\u00FC\u00DF");
  const Parsed http = parse("application/rss+xml; charset=windows-1251", declared);
  CHECK(http.page.charset == "windows-1251");
  CHECK(http.page.charset_source == CharsetSource::kHttp);
  const Parsed plain =
      parse("text/xml", "<rss><channel><title>gr\u00FC\u00DF</title></channel></rss>");
  CHECK(plain.page.charset == "UTF-8");
  CHECK(plain.page.charset_source == CharsetSource::kDefault);
  CHECK(plain.page.title == "gr\u00FC\u00DF");
  std::string wide_text;
  for (const char c : std::string_view("<?xml version='1.0'?><rss/>")) {
    wide_text.push_back(c);
    wide_text.push_back('\0');
  }
  CHECK(parse("text/xml", wide_text).page.charset == "UTF-16LE");
}

TEST_CASE("document: a style sheet yields its links", "[document]") {
  const Parsed parsed = parse("text/css", "@import 'a.css'; body { background: url(b.png) }");
  CHECK(parsed.page.document == DocumentKind::kStyle);
  CHECK(parsed.links() == "style http://h.example/dir/a.css\nstyle http://h.example/dir/b.png\n");
  CHECK(parsed.page.text.empty());
  CHECK_FALSE(parsed.page.body_zstd.empty());
}

TEST_CASE("document: types that are wanted are kept as they are", "[document]") {
  Document::Options options;
  options.types = "application/pdf image/*";
  const auto document = Document::create(options);
  REQUIRE(document);
  DocumentInput input = page_input("application/pdf", "%PDF-1.7 http://h.example/");
  input.link_header = "</html>; rel=canonical";
  input.x_robots_tag = "noarchive";
  const Parsed pdf = parse(input, **document);
  CHECK(pdf.outcome == Outcome::kOk);
  CHECK(pdf.page.document == DocumentKind::kOther);
  CHECK(pdf.page.parse_status == ParseStatus::kNone);
  CHECK(pdf.page.text.empty());
  CHECK(pdf.page.charset.empty());
  CHECK_FALSE(pdf.page.body_zstd.empty());
  CHECK(pdf.page.canonical == "http://h.example/html");
  CHECK(pdf.page.robots_directives == kRobotsNoarchive);
  CHECK(parse(page_input("image/svg+xml", "<svg/>"), **document).page.document ==
        DocumentKind::kOther);
  CHECK(parse(page_input("image/jpeg", "GIF89a"), **document).page.content_type == "image/gif");
  CHECK(parse(page_input("video/mp4", "x"), **document).outcome == Outcome::kUnsupportedType);
}

// MIME Sniffing Standard §7
TEST_CASE("document: the type is the computed one", "[document]") {
  CHECK(parse("text/plain", "a\0b"sv).outcome == Outcome::kUnsupportedType);
  CHECK(parse("text/plain", "a\0b"sv).page.content_type == "application/octet-stream");
  CHECK(parse("text/plain; charset=x", "a\0b"sv).page.document == DocumentKind::kText);
  CHECK(parse("", "GIF89a").page.content_type == "image/gif");
  DocumentInput input = page_input("", "<p>x");
  CHECK(parse(input).page.document == DocumentKind::kHtml);
  input.nosniff = true;
  CHECK(parse(input).page.document == DocumentKind::kText);
}

TEST_CASE("document: the Link header's links come first, by the page's own URL", "[document]") {
  DocumentInput input =
      page_input("text/html", "<base href=/b/><link rel=canonical href=c><a href=x>");
  input.link_header = "<h>; rel=next; title=N, <d>; rel=canonical";
  Parsed parsed = parse(input);
  CHECK(parsed.links() ==
        "header http://h.example/dir/h\nheader http://h.example/dir/d\n"
        "link http://h.example/b/c\na http://h.example/b/x\n");
  CHECK(parsed.page.links[0].anchor == "N");
  CHECK(parsed.page.canonical == "http://h.example/b/c");
  input.body = "<p>x";
  parsed = parse(input);
  CHECK(parsed.page.canonical == "http://h.example/dir/d");
}

TEST_CASE("document: the Link header's alternates are metadata", "[document]") {
  DocumentInput input = page_input("text/html", "<link rel=alternate hreflang=fr href=/fr>");
  input.link_header =
      "</de>; rel=alternate; hreflang=de, </f>; rel=alternate; type=\"application/atom+xml\"";
  const Parsed parsed = parse(input);
  const auto at = [&](std::string_view part) { return parsed.page.metadata.find(part); };
  CHECK(at("\"http://h.example/de\"") < at("\"http://h.example/fr\""));
  CHECK(at("\"http://h.example/fr\"") != std::string_view::npos);
  CHECK(at("\"feeds\":[{\"href\":\"http://h.example/f\"") != std::string_view::npos);
}

TEST_CASE("document: the language is the markup's, the header's, or a guess", "[document]") {
  const std::string german =
      "<p>Der Koordinator verteilt die Adressen der Seiten an Prozesse, die sie holen und lesen, "
      "und schreibt auf, was sie finden, damit nichts verloren geht.";
  const std::string marked = "<html lang=fr>" + german;
  DocumentInput input = page_input("text/html", marked);
  input.content_language = "it";
  Parsed parsed = parse(input);
  CHECK(parsed.page.lang == "fr");
  CHECK(parsed.page.lang_source == LangSource::kMarkup);
  input.body = german;
  parsed = parse(input);
  CHECK(parsed.page.lang == "it");
  CHECK(parsed.page.lang_source == LangSource::kHeader);
  input.content_language = "it, de";
  parsed = parse(input);
  CHECK(parsed.page.lang == "de");
  CHECK(parsed.page.lang_source == LangSource::kDetector);
  input.body = "<p>kurz";
  parsed = parse(input);
  CHECK(parsed.page.lang.empty());
  CHECK(parsed.page.lang_source == LangSource::kNone);
}

TEST_CASE("document: unavailable_after holds from its date on, by meta or header", "[document]") {
  DocumentInput input = page_input(
      "text/html", "<meta name=robots content='unavailable_after: 2010-06-25T15:00:00Z'>");
  input.x_robots_tag = "otherbot: none\nunavailable_after: 25 Jun 2030 15:00:00 PST";
  input.now_ms = 1'277'477'999'999;
  CHECK(parse(input).page.robots_directives == 0);
  CHECK(parse(input).page.unavailable_after_ms == 1'277'478'000'000);
  input.now_ms = 1'277'478'000'000;
  CHECK(parse(input).page.robots_directives == (kRobotsUnavailable | kRobotsNoindex));
}

TEST_CASE("document: a URL that is too long has a stand-in", "[document]") {
  const std::string fits(kUrlBytesMax - std::string_view("http://h.example/").size(), 'x');
  const std::string html = "<a href=/" + fits + ">1</a><a href=/" + fits +
                           "x rel=r>2</a><a href=/" + std::string(1'000'000, 'y') +
                           ">3</a><link rel=canonical href=/" + fits + "z>";
  const Parsed parsed = parse("text/html", html);
  REQUIRE(parsed.page.links.size() == 4);
  CHECK(parsed.page.links_dropped == 0);
  CHECK_FALSE(is_shortened_url(parsed.page.links[0].href));
  CHECK(parsed.page.links[1].href == shortened_url("http://h.example/" + fits + "x"));
  CHECK(parsed.page.links[1].rel == "r");
  CHECK(parsed.page.links[1].anchor == "2");
  CHECK(is_shortened_url(parsed.page.links[2].href));
  CHECK(parsed.page.canonical.empty());
}

TEST_CASE("document: a base that is too long serves no link", "[document]") {
  const std::string base = "<base href=/" + std::string(2 * kUrlBytesMax, 'b') + "/>";
  const std::string html = base + "<a href=x><a href=http://o.example/>";
  const Parsed parsed = parse("text/html", html);
  CHECK(parsed.links() == "a http://o.example/\n");
  CHECK(parsed.page.links_dropped == 1);
}

}  // namespace
}  // namespace crawl
