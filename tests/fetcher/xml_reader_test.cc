// SPDX-License-Identifier: MIT
#include "fetcher/xml_reader.h"

#include <string>

#include "tests/fetcher/xml_support.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

const std::string kA = "<url><loc>http://h.example/a</loc></url>";
constexpr std::string_view kALine = "sitemap http://h.example/a\n";

std::string repeated(std::string_view part, size_t count) {
  std::string all;
  all.reserve(part.size() * count);
  for (size_t i = 0; i < count; ++i) all += part;
  return all;
}

void check_broken(const ReadXml& read, std::string_view lines) {
  CHECK(read.outcome.document == DocumentKind::kSitemap);
  CHECK(read.outcome.broken);
  CHECK_FALSE(read.outcome.problem.empty());
  CHECK(read.lines() == lines);
}

TEST_CASE("xml: the root element tells whether it is for us", "[xml]") {
  for (const char* xml :
       {"<urlset>", "<urlset/>", "<urlset xmlns='x'>", "<sm:urlset>", "<sitemapindex\n>", "<rss ",
        "<feed>", "<rdf:RDF xmlns:rdf='x'>", "\xEF\xBB\xBF<urlset>", "\r\n\t <urlset>",
        "<?xml version='1.0'?><urlset>", "<?xml version='1.0'?>\n<!-- <svg> -->\n<?a?><urlset>",
        "<!DOCTYPE urlset [<!ENTITY a 'b'>]><urlset>", "<!doctype rss PUBLIC 'x' 'y'><rss>"}) {
    CAPTURE(xml);
    CHECK(XmlReader::looks_like(xml));
  }
  for (const char* xml :
       {"", " ", "<", "urlset", "< urlset>", "</urlset>", "<urlsets>", "<html>", "<svg>",
        "<URLSET>", "<!DOCTYPE html><html>", "<!-- <urlset> -->", "<!-- <urlset>",
        "<?xml version='1.0'",
        "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><urlset>", "{\"rss\":1}",
        "text <urlset>"}) {
    CAPTURE(xml);
    CHECK_FALSE(XmlReader::looks_like(xml));
  }
  CHECK_FALSE(XmlReader::looks_like("<!--" + std::string(1 << 20, ' ') + "--><urlset>"));
}

TEST_CASE("xml: another root is left to others", "[xml]") {
  for (const char* xml : {"<svg xmlns='http://www.w3.org/2000/svg'><a href='x'/></svg>",
                          "<html><urlset><url><loc>http://h.example/</loc></url></urlset></html>",
                          "<html/>", "<html><p>&nbsp;<br></html>"}) {
    CAPTURE(xml);
    const ReadXml read(xml);
    CHECK(read.outcome.document == DocumentKind::kNone);
    CHECK_FALSE(read.outcome.broken);
    CHECK(read.result.links.empty());
  }
}

TEST_CASE("xml: what is no XML is broken and nothing else", "[xml]") {
  for (const std::string& bytes :
       {std::string(), std::string("text"), std::string("{}"), std::string("\0\0\0", 3),
        std::string("<!-- no root -->"), std::string("\xFF\xFE<\0u\0", 6)}) {
    CAPTURE(bytes);
    const ReadXml read(bytes);
    CHECK(read.outcome.document == DocumentKind::kNone);
    CHECK(read.outcome.broken);
    CHECK(read.result.links.empty());
  }
}

TEST_CASE("xml: a byte order mark and space before the declaration do not matter", "[xml]") {
  for (const char* before : {"\xEF\xBB\xBF", "\xEF\xBB\xBF\n", "\n\n  "}) {
    const ReadXml read(std::string(before) + "<?xml version='1.0' encoding='utf-8'?><urlset>" + kA +
                       "</urlset>");
    CHECK_FALSE(read.outcome.broken);
    CHECK(read.lines() == kALine);
  }
}

// The bytes have been decoded before, whatever the declaration says.
TEST_CASE("xml: the declared encoding is not believed", "[xml]") {
  for (const char* encoding : {"ISO-8859-1", "UTF-16", "shift_jis", "no-such-encoding"}) {
    CAPTURE(encoding);
    const ReadXml read("<?xml version='1.0' encoding='" + std::string(encoding) +
                       "'?><urlset><url><loc>/\xC3\xA4</loc></url></urlset>");
    CHECK_FALSE(read.outcome.broken);
    CHECK(read.lines() == "sitemap http://h.example/%C3%A4\n");
  }
}

// HOSTILE: a sitemap with DOCTYPE entities
TEST_CASE("xml: a DOCTYPE is refused before anything is expanded", "[xml]") {
  std::string laughs = "<?xml version='1.0'?><!DOCTYPE urlset [<!ENTITY l0 'lol'>";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "&l" + std::to_string(i - 1) + ";";
    laughs += "<!ENTITY l" + std::to_string(i) + " '" + repeated(before, 10) + "'>";
  }
  laughs += "]><urlset><url><loc>/&l9;</loc></url></urlset>";
  for (const std::string& xml :
       {laughs,
        std::string("<!DOCTYPE urlset SYSTEM 'file:///etc/passwd'><urlset>") + kA + "</urlset>",
        std::string("<!DOCTYPE urlset [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                    "<urlset><url><loc>/&x;</loc></url></urlset>"),
        std::string("<!DOCTYPE urlset [<!ENTITY % p SYSTEM 'http://inside/'> %p;]><urlset>") + kA +
            "</urlset>",
        std::string("<!DOCTYPE urlset><urlset>") + kA + "</urlset>"}) {
    CAPTURE(xml);
    const ReadXml read(xml);
    check_broken(read, "");
    CHECK(read.outcome.problem == "a DOCTYPE is refused");
  }
  CHECK(ReadXml("<!DOCTYPE rss><rss/>").outcome.document == DocumentKind::kFeed);
  CHECK(ReadXml("<!DOCTYPE html><html/>").outcome.document == DocumentKind::kNone);
}

TEST_CASE("xml: broken XML yields what came before the break", "[xml]") {
  for (const char* rest : {"",
                           "<",
                           "<url",
                           "<url>",
                           "<url><loc>http://h.example/b",
                           "<url><loc>http://h.example/b</loc",
                           "</url>",
                           "</urlset",
                           "<url><loc>/b</lastmod>",
                           "<url a=b>",
                           "<url a='1' a='2'>",
                           "& ",
                           "&undefined;",
                           "<url><loc>&#0;</loc>",
                           "<url><loc>&#xD800;</loc>",
                           "]]>",
                           "<!DOCTYPE urlset>",
                           "<![CDATA[",
                           "<!-- -- -->",
                           "<1>"}) {
    CAPTURE(rest);
    check_broken(ReadXml("<urlset>" + kA + rest), kALine);
  }
}

TEST_CASE("xml: an entry that breaks off behind its address counts", "[xml]") {
  check_broken(ReadXml("<urlset><url><loc>http://h.example/a</loc><lastm"), kALine);
}

TEST_CASE("xml: what follows the root breaks nothing that was read", "[xml]") {
  check_broken(ReadXml("<urlset>" + kA + "</urlset><script>"), kALine);
  CHECK_FALSE(ReadXml("<urlset>" + kA + "</urlset>\n<!-- cached -->\n").outcome.broken);
}

TEST_CASE("xml: bytes that are no characters of XML end the reading", "[xml]") {
  for (const std::string& bytes :
       {std::string(1, '\0'), std::string("\x01"), std::string("\xFF"), std::string("\xC3"),
        std::string("\xC0\x80"), std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"),
        std::string("\xEF\xBF\xBF")}) {
    CAPTURE(bytes);
    check_broken(ReadXml("<urlset>" + kA + "<url><loc>/b" + bytes + "</loc></url></urlset>"),
                 kALine);
  }
}

TEST_CASE("xml: elements may not be nested without end", "[xml]") {
  const ReadXml deep("<urlset>" + kA + repeated("<x>", 1'000'000));
  check_broken(deep, kALine);
  const ReadXml deep_enough("<urlset>" + repeated("<x>", 98) + kA + repeated("</x>", 98) +
                            "</urlset>");
  CHECK(deep_enough.outcome.broken);  // 98 + root + url + loc
  const ReadXml fits("<urlset>" + repeated("<x>", 97) + kA + repeated("</x>", 97) + "</urlset>");
  CHECK_FALSE(fits.outcome.broken);
  CHECK(fits.lines() == kALine);
}

// expat keeps each name until the end and reads a tag anew while its end is missing.
TEST_CASE("xml: names and tags are bounded", "[xml]") {
  std::string names = "<urlset>" + kA;
  for (size_t i = 0; i < 100'000; ++i) names += "<n" + std::to_string(i) + "/>";
  check_broken(ReadXml(names), kALine);

  std::string attributes = "<urlset>" + kA + "<x";
  for (size_t i = 0; i < 20'000; ++i) attributes += " a" + std::to_string(i) + "=''";
  check_broken(ReadXml(attributes + "/></urlset>"), kALine);

  check_broken(ReadXml("<urlset>" + kA + "<" + std::string(2000, 'n') + "/></urlset>"), kALine);
  for (const char* begin : {"<!--", "<?pi ", "<x a='", "<", "</"}) {
    CAPTURE(begin);
    const ReadXml endless("<urlset>" + kA + begin + std::string(20'000'000, 'x'));
    check_broken(endless, kALine);
    CHECK(endless.outcome.problem == "it has a tag or comment without end");
  }
}

TEST_CASE("xml: long text is no long tag", "[xml]") {
  for (const std::string& between :
       {std::string(3'000'000, 'x'), "<![CDATA[" + std::string(3'000'000, 'x') + "]]>",
        "<!--" + std::string(900'000, 'x') + "-->", repeated("&lt;", 1'000'000),
        repeated("\n", 3'000'000)}) {
    const ReadXml read("<urlset>" + between + kA + "</urlset>");
    CHECK_FALSE(read.outcome.broken);
    CHECK(read.lines() == kALine);
  }
}

TEST_CASE("xml: no more is read than a sitemap may have", "[xml]") {
  const ReadXml read("<urlset>" + kA + std::string(kSitemapBytesMax, ' ') + kA + "</urlset>");
  check_broken(read, kALine);
  CHECK(read.outcome.problem == kTooManyBytes);
  const ReadXml broken("<urlset>" + kA + "</x>" + std::string(kSitemapBytesMax, ' '));
  CHECK(broken.outcome.problem == "mismatched tag");
}

TEST_CASE("xml: millions of small things take one pass", "[xml]") {
  for (std::string_view part : {"<x/>", "<url/>", "<url><loc/></url>", "<x a='' b=''/>", "<!---->",
                                "<x xmlns:p='u'/>", "<?p?>", "<![CDATA[]]>"}) {
    CAPTURE(part);
    const ReadXml read("<urlset>" + kA + repeated(part, 10'000'000 / part.size()) + "</urlset>");
    CHECK_FALSE(read.outcome.broken);
    CHECK(read.lines() == kALine);
  }
}

}  // namespace
}  // namespace crawl
