// SPDX-License-Identifier: MIT
// Every way in which an HTML page names a URL, by the sections of the HTML Standard.

#include <string>

#include "fetcher/attribute_values.h"
#include "fetcher/link_scan.h"
#include "tests/fetcher/extracted_page.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string links_of(std::string_view html) { return ExtractedPage(html).links(); }

// --- §4.2.4 link, §4.6.7 link types -------------------------------------------------------------

TEST_CASE("links: rel says whether a link leads to a page", "[links]") {
  for (std::string_view rel : {"next", "prev", "author", "help", "license", "search", "canonical",
                               "alternate", "privacy-policy", "terms-of-service", "up", "index"}) {
    CAPTURE(rel);
    CHECK(links_of("<link href=x rel='" + std::string(rel) + "'>") == "link x\n");
  }
  for (std::string_view rel :
       {"stylesheet", "icon", "shortcut icon", "manifest", "preload", "prefetch", "preconnect",
        "dns-prefetch", "modulepreload", "pingback", "expect", "alternate stylesheet",
        "apple-touch-icon", "https://api.w.org/", "image_src", ""}) {
    CAPTURE(rel);
    CHECK(links_of("<link href=x rel='" + std::string(rel) + "'>") == "resource x\n");
  }
}

TEST_CASE("links: each keyword of rel stands for itself", "[links]") {
  CHECK(links_of("<link href=x rel='prefetch NEXT'>") == "link x\n");
}

TEST_CASE("links: a type for programs makes a resource", "[links]") {
  for (std::string_view type :
       {"application/json+oembed", "text/xml+oembed", "application/json",
        "Application/LD+JSON; charset=utf-8", "application/opensearchdescription+xml"}) {
    CAPTURE(type);
    CHECK(links_of("<link rel=alternate href=x type='" + std::string(type) + "'>") ==
          "resource x\n");
  }
  CHECK(links_of("<link rel=alternate href=x type=text/html>") == "link x\n");
}

TEST_CASE("links: a sitemap is known by its rel", "[links]") {
  CHECK(links_of("<link rel=Sitemap type=application/xml href=/sitemap.xml>") ==
        "sitemap_file http://h.example/sitemap.xml\n");
}

TEST_CASE("links: images of a preload are recorded", "[links]") {
  CHECK(links_of("<link rel=preload as=image imagesrcset='a 1x, b 2x'>") == "image a\nimage b\n");
}

// --- §4.8 embedded content ----------------------------------------------------------------------

TEST_CASE("links: pictures", "[links]") {
  CHECK(links_of("<picture><source srcset='a 1x,b 2x'><img src=c srcset=d alt=e></picture>") ==
        "image a\nimage b\nimage c\nimage d\n");
  CHECK(links_of("<image src=x>") == "image x\n");
}

// §16.2: obsolete, and to be replaced by a regular link to the description: so it leads to a page.
TEST_CASE("links: the long description of an image is a page", "[links]") {
  CHECK(links_of("<img src=x longdesc=d.html>") == "image x\nlink d.html\n");
}

// §15.3
TEST_CASE("links: background images of the page and of tables", "[links]") {
  CHECK(links_of("<body background=a><table background=b><tr background=c><td background=d>") ==
        "image a\nimage b\nimage c\nimage d\n");
  CHECK(links_of("<p background=x>") == "");
}

TEST_CASE("links: forms are recorded wherever they are sent", "[links]") {
  CHECK(links_of("<form action=a><button formaction=b></button><input formaction=c>"
                 "<input type=IMAGE src=d formaction=e><input type=text src=no></form>") ==
        "form a\nform b\nform c\nimage d\nform e\n");
}

TEST_CASE("links: neither citations nor pings are links", "[links]") {
  CHECK(links_of("<blockquote cite=x></blockquote><q cite=x></q><ins cite=x></ins>"
                 "<a ping=x>y</a>") == "");
}

// §2.4.1, URL Standard §4.4
TEST_CASE("links: white space and control characters around and in a URL do not count", "[links]") {
  CHECK(links_of("<a href='\x01 \t\n x\ty\n\x1F'>") == "a xy\n");
  CHECK(links_of("<a href=\x01\x02x>") == "a x\n");
  CHECK(links_of("<a href='\r\n \x01x y\x02\r\n'>") == "a x%20y\n");
  CHECK(links_of("<a href='\uFFFDx\x01'>") == "a %EF%BF%BDx\n");
  CHECK(links_of("<a href='\x01'><a href='\x01 '>") == "a page\na page\n");
}

// §4.12.3
TEST_CASE("links: templates are inert however they are nested", "[links]") {
  CHECK(links_of("<template><p style='background:url(x)'><style>a{b:url(x)}</style>"
                 "<template><a href=x></a></template><a href=x></a></template><a href=y></a>") ==
        "a y\n");
}

// --- SVG 2 §16.1 --------------------------------------------------------------------------------

TEST_CASE("links: what SVG refers to", "[links]") {
  CHECK(links_of("<svg><use href='s.svg#icon'/><use href='#here'/><image xlink:href=i />"
                 "<filter><feImage href=f /></filter><script href=j></script>"
                 "<a xlink:href=a><text>t</text></a></svg>") ==
        "image s.svg\nimage i\nimage f\nscript j\na a\n");
}

// --- CSS ----------------------------------------------------------------------------------------

// §4.2.6, §3.2.6.6
TEST_CASE("links: style elements and attributes", "[links]") {
  CHECK(links_of("<style>@import 'a'; b{c:url(d)}</style><p style=\"background:url('e')\">") ==
        "style a\nstyle d\nstyle e\n");
  CHECK(
      links_of("<style type=text/CSS>a{b:url(c)}</style><style type=text/x>a{b:url(d)}</style>") ==
      "style c\n");
  CHECK(links_of("<svg><style>a{b:url(c)}</style><rect style='fill:url(d)'/></svg>") ==
        "style c\nstyle d\n");
}

TEST_CASE("links: style sheets are resolved like all else", "[links]") {
  CHECK(links_of("<base href=/b/><style>a{b:url(c)}</style>") == "style http://h.example/b/c\n");
}

// --- the scan that stands in for the walk -------------------------------------------------------

TEST_CASE("links: the scan finds styles and structured data, too", "[links]") {
  StringPool pool;
  LinkCollector links;
  TextWriter text;
  PageResult result;
  links.begin("http://h.example/dir/page", result, pool);
  scan_html(
      "<html lang=de><style>a{b:url(c)}</style><p style='d:url(e)'>"
      "<script type=application/ld+json>{\"a\":1}</script><meta property=og:title content=t>"
      "<template><style>a{b:url(no)}</style><p style='d:url(no)'></template>",
      PageSink{result, links, text, "crawl"}, pool);
  REQUIRE(result.links.size() == 2);
  CHECK(result.links[0].href == "http://h.example/dir/c");
  CHECK(result.links[0].kind == LinkKind::kStyle);
  CHECK(result.links[1].href == "http://h.example/dir/e");
  CHECK(result.metadata == R"({"opengraph":{"og:title":"t"},"json_ld":[{"a":1}]})");
  CHECK(result.lang == "de");
  CHECK(result.lang_source == LangSource::kMarkup);
}

// --- hidden text --------------------------------------------------------------------------------

TEST_CASE("links: a style that hides is understood", "[links]") {
  for (std::string_view style :
       {"display:none", " DISPLAY : None ", "color:red;display:none!important",
        "visibility: hidden", "visibility:collapse", "display:block;display:none"}) {
    CAPTURE(style);
    CHECK(style_hides(style));
  }
  for (std::string_view style :
       {"", "display", "display:", "display:none;display:block", "x-display:none",
        "display:none-such", "visibility:visible", "--display:none", ";;:;"}) {
    CAPTURE(style);
    CHECK_FALSE(style_hides(style));
  }
}

TEST_CASE("links: hidden text is left out, its links and their anchors are kept", "[links]") {
  const ExtractedPage page(
      "<p>a<div style='display:none'><a href=x>b</a></div><svg style='visibility:hidden'><text>c"
      "</text></svg><p hidden=until-found>d</p><p hidden>e");
  CHECK(page.text() == "a\nd");
  REQUIRE(page.result.links.size() == 1);
  CHECK(page.result.links[0].anchor == "b");
}

}  // namespace
}  // namespace crawl
