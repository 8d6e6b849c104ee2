// SPDX-License-Identifier: MIT
#include "fetcher/content_plan.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

using namespace std::string_view_literals;

ContentPlanner page(std::string_view type, std::string_view keep = "") {
  return ContentPlanner({type, false, false, "http://h.example/", keep});
}
ContentPlanner sitemap(std::string_view type) {
  return ContentPlanner({type, false, true, "http://h.example/sitemap", ""});
}

TEST_CASE("content_plan: what is read needs no look at its bytes, nor does what is not",
          "[content_plan]") {
  for (const char* type : {"text/html", "application/xhtml+xml", "text/css", "text/markdown",
                           "application/pdf", "image/png", "video/mp4", "application/gzip"}) {
    CAPTURE(type);
    CHECK_FALSE(page(type).needs_bytes());
  }
  for (const char* type : {"", "nonsense", "text/plain", "application/xml", "image/svg+xml",
                           "application/unknown", "unknown/unknown"}) {
    CAPTURE(type);
    CHECK(page(type).needs_bytes());
  }
  CHECK(page("image/png", "image/jpeg").needs_bytes());
  CHECK_FALSE(page("application/pdf", "image/jpeg").needs_bytes());
  CHECK(sitemap("application/pdf").needs_bytes());
}

TEST_CASE("content_plan: every type has its way of reading", "[content_plan]") {
  CHECK(page("text/html").plan("").reading == Reading::kHtml);
  CHECK(page("application/xhtml+xml").plan("").reading == Reading::kHtml);
  CHECK(page("text/html").plan("<rss>").reading == Reading::kXml);
  CHECK(page("text/plain").plan("abc").reading == Reading::kText);
  CHECK(page("text/plain").plan("a\0"sv).reading == Reading::kNone);
  CHECK(page("text/css").plan("").reading == Reading::kStyle);
  CHECK(page("application/pdf").plan("").reading == Reading::kNone);
  CHECK(page("application/x-gzip").plan("\x1F\x8B\x08").reading == Reading::kNone);
  CHECK(page("").plan("<p>").reading == Reading::kHtml);
}

TEST_CASE("content_plan: XML is read where its root says what it is", "[content_plan]") {
  const ContentPlanner planner = page("application/xml");
  CHECK(planner.plan("<?xml version='1.0'?><urlset>").reading == Reading::kXml);
  CHECK(planner.plan("<sitemapindex>").reading == Reading::kXml);
  CHECK(planner.plan("<rdf:RDF>").reading == Reading::kXml);
  CHECK(planner.plan("<html xmlns='x'>").reading == Reading::kXml);
  CHECK(planner.plan("<h:html xmlns:h='x'>").reading == Reading::kXml);
  CHECK(planner.plan("<svg xmlns='x'>").reading == Reading::kNone);
  CHECK(planner.plan("<project>").reading == Reading::kNone);
  // Not decided yet.
  CHECK(planner.plan("<!-- a long comment").reading == Reading::kXml);
  CHECK(planner.plan("<sv").reading == Reading::kXml);
  CHECK(planner.plan("\xFF\xFE<\0s\0v\0g\0>\0"sv).reading == Reading::kXml);
}

TEST_CASE("content_plan: types that are wanted are kept unread", "[content_plan]") {
  CHECK(page("application/pdf", "application/pdf").plan("").reading == Reading::kKeep);
  CHECK(page("image/jpeg", "image/*").plan("GIF89a").reading == Reading::kKeep);
  CHECK(page("image/jpeg", "image/jpeg").plan("GIF89a").reading == Reading::kNone);
  CHECK(page("image/jpeg", "image/gif").plan("GIF89a").reading == Reading::kKeep);
  CHECK(page("image/svg+xml", "*/*").plan("<svg>").reading == Reading::kKeep);
  CHECK(page("text/html", "*/*").plan("").reading == Reading::kHtml);
}

TEST_CASE("content_plan: a sitemap may be packed or under another type", "[content_plan]") {
  for (const char* type : {"", "application/gzip", "application/octet-stream", "text/plain",
                           "text/xml", "text/html"}) {
    CAPTURE(type);
    CHECK(sitemap(type).plan("\x1F\x8B\x08\0"sv).reading == Reading::kGzip);
  }
  for (const char* type : {"", "application/gzip", "application/octet-stream", "image/x"}) {
    CAPTURE(type);
    CHECK(sitemap(type).plan("<?xml version='1.0'?><urlset>").reading == Reading::kXml);
    CHECK(sitemap(type).plan("http://h.example/1\n").reading == Reading::kText);
  }
  CHECK(sitemap("application/octet-stream").plan("<urlset>").reading == Reading::kXml);
  CHECK(sitemap("application/octet-stream").plan("GIF89a\0"sv).reading == Reading::kNone);
}

TEST_CASE("content_plan: a file named .xml.gz is looked into", "[content_plan]") {
  const auto reading = [](std::string_view url) {
    return ContentPlanner({"application/gzip", false, false, url, ""})
        .plan("\x1F\x8B\x08\0"sv)
        .reading;
  };
  CHECK(reading("http://h.example/a.xml.gz") == Reading::kGzip);
  CHECK(reading("http://h.example/a.XML.GZ?x=1#y") == Reading::kGzip);
  CHECK(reading("http://h.example/a.tar.gz") == Reading::kNone);
  CHECK(reading("http://h.example/?a.xml.gz") == Reading::kNone);
}

// XML 1.0 §2.8
TEST_CASE("content_plan: the root is found behind the prologue", "[content_plan]") {
  CHECK(xml_root_name("\xEF\xBB\xBF <?xml version='1.0'?>\n<!-- <x> --><?pi <y>?><a/>") == "a");
  CHECK(xml_root_name("<!DOCTYPE r SYSTEM \"a>b\" [<!ENTITY x \">]\"> ]><n:r b='c'>") == "n:r");
  for (const char* bytes :
       {"", " ", "x", "<", "<a", "<!-- <a>", "<!DOCTYPE a [ <b>", "<?xml <a>"}) {
    CAPTURE(bytes);
    CHECK(xml_root_name(bytes).empty());
  }
}

}  // namespace
}  // namespace crawl
