// SPDX-License-Identifier: MIT
#include <string>

#include "fetcher/sitemap_entries.h"
#include "tests/fetcher/xml_support.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr std::string_view kNamespace = "http://www.sitemaps.org/schemas/sitemap/0.9";

std::string urlset(std::string_view inside, std::string_view attributes = {}) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"" + std::string(kNamespace) +
         "\" " + std::string(attributes) + ">" + std::string(inside) + "</urlset>";
}

// sitemaps.org, "XML tag definitions"
TEST_CASE("sitemap: pages come with their times and priorities", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><loc>http://h.example/</loc><lastmod>2005-01-01</lastmod>"
             "<changefreq>monthly</changefreq><priority>0.8</priority></url>\n"
             "<url><loc>http://h.example/catalog?item=12&amp;desc=vacation_hawaii</loc>"
             "<changefreq>weekly</changefreq></url>"
             "<url><priority>0.3</priority><lastmod>2004-12-23T18:00:15+00:00</lastmod>"
             "<loc>http://h.example/catalog?item=74</loc></url>"));
  CHECK(sitemap.outcome.document == DocumentKind::kSitemap);
  CHECK_FALSE(sitemap.outcome.broken);
  CHECK(sitemap.outcome.problem.empty());
  CHECK(sitemap.outcome.text.empty());
  CHECK(sitemap.lines() ==
        "sitemap http://h.example/ 2005-01-01T00:00:00.000Z p80\n"
        "sitemap http://h.example/catalog?item=12&desc=vacation_hawaii\n"
        "sitemap http://h.example/catalog?item=74 2004-12-23T18:00:15.000Z p30\n");
}

// sitemaps.org, "Using Sitemap index files"
TEST_CASE("sitemap: an index names sitemaps", "[sitemap]") {
  const ReadXml index("<sitemapindex xmlns=\"" + std::string(kNamespace) +
                      "\"><sitemap><loc>http://h.example/sitemap1.xml.gz</loc>"
                      "<lastmod>2004-10-01T18:23:17+00:00</lastmod></sitemap>"
                      "<sitemap><loc>http://h.example/sitemap2.xml.gz</loc></sitemap>"
                      "</sitemapindex>");
  CHECK(index.outcome.document == DocumentKind::kSitemap);
  CHECK(index.lines() ==
        "sitemap_file http://h.example/sitemap1.xml.gz 2004-10-01T18:23:17.000Z\n"
        "sitemap_file http://h.example/sitemap2.xml.gz\n");
}

TEST_CASE("sitemap: an index that names itself is read once like any other", "[sitemap]") {
  const ReadXml index(
      "<sitemapindex><sitemap><loc>http://h.example/dir/sitemap.xml</loc></sitemap>"
      "</sitemapindex>");
  CHECK(index.lines() == "sitemap_file http://h.example/dir/sitemap.xml\n");
}

TEST_CASE("sitemap: the namespace may be any, or missing, or a prefix", "[sitemap]") {
  const std::string inside = "<url><loc>http://h.example/a</loc></url>";
  const std::string prefixed = "<sm:url><sm:loc>http://h.example/a</sm:loc></sm:url>";
  for (const std::string& xml :
       {"<urlset>" + inside + "</urlset>",
        "<urlset xmlns='http://www.google.com/schemas/sitemap/0.84'>" + inside + "</urlset>",
        "<urlset xmlns='https://www.sitemaps.org/schemas/sitemap/0.9'>" + inside + "</urlset>",
        "<urlset xmlns='urn:anything'>" + inside + "</urlset>",
        "<sm:urlset xmlns:sm='http://www.sitemaps.org/schemas/sitemap/0.9'>" + prefixed +
            "</sm:urlset>",
        "<sm:urlset>" + prefixed + "</sm:urlset>",
        std::string(
            "<urlset xmlns='urn:x'><url xmlns=''><loc>http://h.example/a</loc></url></urlset>"),
        "<sm:urlset xmlns:sm='urn:x'>" + inside + "</sm:urlset>"}) {
    CAPTURE(xml);
    const ReadXml sitemap(xml);
    CHECK_FALSE(sitemap.outcome.broken);
    CHECK(sitemap.lines() == "sitemap http://h.example/a\n");
  }
}

TEST_CASE("sitemap: white space, CDATA and comments around an address do not matter", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><loc>\n\t http://h.example/a \r\n</loc></url>"
             "<url><loc><![CDATA[http://h.example/b?x=1&y=2]]></loc></url>"
             "<url><loc>http://h.<!-- here -->example/&#99;</loc></url>"));
  CHECK(sitemap.lines() ==
        "sitemap http://h.example/a\nsitemap http://h.example/b?x=1&y=2\n"
        "sitemap http://h.example/c\n");
}

TEST_CASE("sitemap: addresses are resolved and made canonical", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><loc>/a</loc></url><url><loc>b</loc></url>"
             "<url><loc>HTTP://H.Example:80/%7ec/../d#e</loc></url>"
             "<url><loc>http://other.example/\xC3\xA4</loc></url><url><loc></loc></url>"
             "<url><loc>javascript:alert(1)</loc></url><url><lastmod>2005</lastmod></url>"));
  CHECK(sitemap.lines() ==
        "sitemap http://h.example/a\nsitemap http://h.example/dir/b\n"
        "sitemap http://h.example/d\nsitemap http://other.example/%C3%A4\n");
  CHECK(sitemap.result.links_dropped == 1);
}

TEST_CASE("sitemap: each of several addresses in one entry counts", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><lastmod>2005</lastmod><loc>/a</loc><loc>/b</loc></url>"
             "<url><url><loc>/c</loc></url></url><url><loc>/d</loc></url>"));
  CHECK(sitemap.lines() ==
        "sitemap http://h.example/a 2005-01-01T00:00:00.000Z\nsitemap http://h.example/b\n"
        "sitemap http://h.example/c\nsitemap http://h.example/d\n");
}

TEST_CASE("sitemap: an entry has its own children and no others", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><lastmod>2005</lastmod><priority>0.1</priority></url>"
             "<url><loc>/a</loc><x><loc>/no</loc><lastmod>2006</lastmod></x></url>"
             "<loc>/no</loc>"));
  CHECK(sitemap.lines() == "sitemap http://h.example/a\n");
}

TEST_CASE("sitemap: a priority is a number from 0 to 1", "[sitemap]") {
  CHECK(sitemap_priority("0.0") == 0);
  CHECK(sitemap_priority("0.5") == 50);
  CHECK(sitemap_priority("1.0") == 100);
  CHECK(sitemap_priority("1") == 100);
  CHECK(sitemap_priority(".75") == 75);
  CHECK(sitemap_priority(" 0.64\n") == 64);
  CHECK(sitemap_priority("0.849999999999999999999999999") == 85);
  for (const char* text : {"", " ", "high", "1.1", "-0.1", "50%", "0,8", "nan", "inf", "1e-1",
                           "0x1", "0.5 x", "+0.5", "9999999999999999999999"}) {
    CAPTURE(text);
    CHECK(sitemap_priority(text) == kPriorityNormal);
  }
}

TEST_CASE("sitemap: a time that is none, or before 1970, is unknown", "[sitemap]") {
  for (const char* text : {"", "yesterday", "2005-13-01", "1969-12-31", "0000"}) {
    CAPTURE(text);
    const ReadXml sitemap(
        urlset("<url><loc>/a</loc><lastmod>" + std::string(text) + "</lastmod></url>"));
    CHECK(sitemap.lines() == "sitemap http://h.example/a\n");
  }
}

// developers.google.com: image, video and news sitemaps, localized versions
TEST_CASE("sitemap: images, videos and alternates follow the pages", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><loc>/a</loc>"
             "<image:image><image:loc>/i.png</image:loc><image:title>t</image:title></image:image>"
             "<video:video><video:thumbnail_loc>/t.jpg</video:thumbnail_loc>"
             "<video:title>v</video:title><video:content_loc>/v.mp4</video:content_loc>"
             "<video:player_loc>/player?v=1</video:player_loc></video:video>"
             "<xhtml:link rel='alternate' hreflang='de' href='/de/a'/>"
             "<xhtml:link rel='stylesheet' href='/no.css'/></url><url><loc>/b</loc></url>",
             "xmlns:image='http://www.google.com/schemas/sitemap-image/1.1' "
             "xmlns:video='http://www.google.com/schemas/sitemap-video/1.1' "
             "xmlns:xhtml='http://www.w3.org/1999/xhtml'"));
  CHECK(sitemap.lines() ==
        "sitemap http://h.example/a\nsitemap http://h.example/b\n"
        "image http://h.example/i.png\nimage http://h.example/t.jpg\n"
        "media http://h.example/v.mp4\nembed http://h.example/player?v=1\n"
        "link http://h.example/de/a rel=alternate\n");
}

TEST_CASE("sitemap: extensions are known by namespace, else by prefix", "[sitemap]") {
  const ReadXml other_prefix(
      urlset("<url><loc>/a</loc><i:image><i:loc>/i.png</i:loc></i:image></url>",
             "xmlns:i='http://www.google.com/schemas/sitemap-image/1.1'"));
  CHECK(other_prefix.lines() == "sitemap http://h.example/a\nimage http://h.example/i.png\n");
  const ReadXml undeclared(
      urlset("<url><loc>/a</loc><image:image><image:loc>/i.png</image:loc></image:image></url>"));
  CHECK(undeclared.lines() == other_prefix.lines());
  const ReadXml foreign(urlset("<url><loc>/a</loc><x:loc>/x</x:loc><image:loc>/y</image:loc></url>",
                               "xmlns:x='urn:x' xmlns:image='urn:not-images'"));
  CHECK(foreign.lines() == "sitemap http://h.example/a\n");
}

TEST_CASE("sitemap: news come with their headline and date", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><loc>/n</loc><news:news><news:publication><news:name>The Example</news:name>"
             "<news:language>en</news:language></news:publication>"
             "<news:publication_date>2008-12-23</news:publication_date>"
             "<news:title>Companies A,\n B in Merger Talks</news:title></news:news></url>",
             "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"));
  CHECK(sitemap.lines() ==
        "sitemap http://h.example/n \"Companies A, B in Merger Talks\" "
        "2008-12-23T00:00:00.000Z\n");
}

TEST_CASE("sitemap: entries beyond the limit are counted, images take no entry's place",
          "[sitemap]") {
  std::string inside;
  for (size_t i = 0; i < 60'000; ++i) {
    const std::string n = std::to_string(i);
    inside += "<url><loc>http://h.example/" + n + "</loc><image:image><image:loc>/i" + n +
              "</image:loc></image:image></url>";
  }
  const ReadXml sitemap(urlset(inside));
  REQUIRE(sitemap.result.links.size() == kEntriesMax);
  CHECK(sitemap.result.links_dropped == 10'000 + 60'000);
  CHECK(sitemap.outcome.document == DocumentKind::kSitemap);
  CHECK(sitemap.outcome.broken);
  CHECK(sitemap.outcome.problem == kTooManyEntries);
  CHECK(sitemap.result.links.back().href == "http://h.example/49999");
  CHECK(sitemap.result.links.back().kind == LinkKind::kSitemap);
}

TEST_CASE("sitemap: exactly as many entries as allowed are whole", "[sitemap]") {
  std::string inside;
  for (size_t i = 0; i < kEntriesMax; ++i)
    inside += "<url><loc>/" + std::to_string(i) + "</loc></url>";
  const ReadXml sitemap(urlset(inside));
  CHECK(sitemap.result.links.size() == kEntriesMax);
  CHECK(sitemap.result.links_dropped == 0);
  CHECK_FALSE(sitemap.outcome.broken);
}

TEST_CASE("sitemap: an address beyond all measure is recorded as too long", "[sitemap]") {
  const ReadXml sitemap(
      urlset("<url><loc>/" + std::string(3'000'000, 'a') + "</loc></url><url><loc>/b</loc></url>"));
  REQUIRE(sitemap.result.links.size() == 2);
  CHECK(is_shortened_url(sitemap.result.links[0].href));
  CHECK(sitemap.result.links[1].href == "http://h.example/b");
}

// sitemaps.org, "Other Sitemap formats": text file
TEST_CASE("text sitemap: one address per line", "[sitemap]") {
  const ReadXml sitemap(
      "\xEF\xBB\xBFhttp://h.example/a?x=1&y=2\r\n\r\n  HTTPS://h.example/b \n# "
      "comment\rhttp://h.example/c",
      ReadXml::As::kText);
  CHECK(sitemap.outcome.document == DocumentKind::kSitemap);
  CHECK_FALSE(sitemap.outcome.broken);
  CHECK(sitemap.lines() ==
        "sitemap http://h.example/a?x=1&y=2\nsitemap https://h.example/b\n"
        "sitemap http://h.example/c\n");
}

TEST_CASE("text sitemap: lines that are no addresses count as dropped", "[sitemap]") {
  const ReadXml sitemap(
      "http://h.example/a\nnot an address\n/relative\nhttp://h.example/b and more\nhttp://[\n"
      "http://h.example/c\n",
      ReadXml::As::kText);
  CHECK(sitemap.lines() == "sitemap http://h.example/a\nsitemap http://h.example/c\n");
  CHECK(sitemap.result.links_dropped == 4);
}

TEST_CASE("text sitemap: other text is none", "[sitemap]") {
  for (const char* text : {"", "\n\n", "# only a comment", "Not Found", "<html>\nhttp://h.example/",
                           "see\nhttp://h.example/a", "http://h.example/a is down"}) {
    CAPTURE(text);
    const ReadXml page(text, ReadXml::As::kText);
    CHECK(page.outcome.document == DocumentKind::kNone);
    CHECK_FALSE(page.outcome.broken);
    CHECK(page.result.links.empty());
    CHECK(page.result.links_dropped == 0);
  }
}

TEST_CASE("text sitemap: lines beyond the limit are counted", "[sitemap]") {
  std::string text;
  for (size_t i = 0; i < 60'000; ++i) text += "http://h.example/" + std::to_string(i) + "\n";
  const ReadXml sitemap(text, ReadXml::As::kText);
  CHECK(sitemap.result.links.size() == kEntriesMax);
  CHECK(sitemap.result.links_dropped == 10'000);
  CHECK(sitemap.outcome.broken);
}

}  // namespace
}  // namespace crawl
