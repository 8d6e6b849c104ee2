// SPDX-License-Identifier: MIT
#include "fetcher/link_header.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string visited(std::string_view value) {
  std::string all;
  for_each_link_header(value, [&](const HeaderLink& link) {
    all += std::string(link.target) + "|" + link.rel + "|" + link.title + "|" + link.hreflang +
           "|" + link.type + "\n";
  });
  return all;
}

struct Page {
  PageResult result;
  StringPool pool;
  LinkCollector links;
  HeaderLinks found;

  explicit Page(std::string_view value) {
    links.begin("http://h.example/dir/page", result, pool);
    found = add_header_links(value, links);
  }
  std::string listed() const {
    std::string all;
    for (const PageLink& link : result.links) {
      all += std::string(name(link.kind)) + " " + std::string(link.href) + " " +
             std::string(link.rel) + "|" + std::string(link.anchor) + "\n";
    }
    return all;
  }
};

// RFC 8288 §3
TEST_CASE("link_header: a link is a target and its parameters", "[link_header]") {
  CHECK(visited("<http://a/>; rel=\"next\"; title=\"Two; three, four\"") ==
        "http://a/|next|Two; three, four||\n");
  CHECK(visited("<a>;rel=next") == "a|next|||\n");
  CHECK(visited("<>; rel=self") == "|self|||\n");
  CHECK(visited("<b>; REL = \"Alternate Canonical\" ; HrefLang=de; type=text/html") ==
        "b|Alternate Canonical||de|text/html\n");
  CHECK(visited("<c>; rel=x; title=\"a \\\"b\\\\\"") == "c|x|a \"b\\||\n");
}

TEST_CASE("link_header: values are separated by commas, but not within < > and quotes",
          "[link_header]") {
  CHECK(visited("<a,b>; rel=x, <c>; rel=\"y\",,\t<d>;rel=z;") == "a,b|x|||\nc|y|||\nd|z|||\n");
  CHECK(visited("<a>; rel=x; title=\"1, <b>; rel=y\"") == "a|x|1, <b>; rel=y||\n");
}

TEST_CASE("link_header: of a parameter that comes twice the first one counts", "[link_header]") {
  CHECK(visited("<a>; rel=x; rel=y; title=1; title=2; hreflang=de; hreflang=en; type=a/b; "
                "type=c/d") == "a|x|1|de|a/b\n");
}

// §3.2
TEST_CASE("link_header: a link of another context is none of the page's", "[link_header]") {
  CHECK(visited("<a>; rel=x; anchor=\"#part\", <b>; rel=y; anchor=\"/other\"").empty());
  CHECK(visited("<a>; rel=x; anchor=\"\"") == "a|x|||\n");
}

// §3.3
TEST_CASE("link_header: a link without a relation is none", "[link_header]") {
  CHECK(visited("<a>, <b>; title=x, <c>; rel, <d>; rel=\" \"").empty());
}

// §3.4.1, RFC 8187 §3.2
TEST_CASE("link_header: an extended title is preferred where it can be decoded", "[link_header]") {
  CHECK(visited("<a>; rel=x; title=\"E\"; title*=UTF-8''%e2%82%ac%20sign") ==
        "a|x|\u20AC sign||\n");
  CHECK(visited("<a>; rel=x; title*=utf-8'en'euro; title=E") == "a|x|euro||\n");
  for (const char* title :
       {"iso-8859-1''%a3", "UTF-8''%", "UTF-8''%g0", "UTF-8'x", "UTF-8''a%00b", "x"}) {
    CAPTURE(title);
    CHECK(visited(std::string("<a>; rel=x; title=E; title*=") + title) == "a|x|E||\n");
  }
}

TEST_CASE("link_header: what is malformed costs as little as possible", "[link_header]") {
  CHECK(visited("").empty());
  CHECK(visited("a; rel=x, <b>; rel=y") == "b|y|||\n");
  CHECK(visited("<a; rel=x").empty());
  CHECK(visited("<a>; rel=\"x").find("a|x|") == 0);
  CHECK(visited("<a>; ;; =; =x; rel=y; \"q\"") == "a|y|||\n");
  CHECK(visited("<a> rel=y") == "a|y|||\n");
  CHECK(visited("<a>; rel=\"x\\") == "a|x|||\n");
}

TEST_CASE("link_header: links are resolved, with their relation and title", "[link_header]") {
  const Page page("<../x#f>; rel=\"Next  Last\"; title=\" a \n b \", <http://o.example>; rel=me");
  CHECK(page.listed() == "header http://h.example/x next last|a b\nheader http://o.example/ me|\n");
}

TEST_CASE("link_header: resources are told from pages", "[link_header]") {
  const Page page(
      "</s.css>; rel=preload; as=style, <//cdn.example>; rel=preconnect, </p>; rel=\"prefetch\", "
      "</api>; rel=alternate; type=\"application/json\", </de>; rel=alternate; hreflang=de; "
      "type=text/html, </f>; rel=alternate; type=application/rss+xml, </m.xml>; rel=sitemap, "
      "<>; rel=preload");
  CHECK(page.listed() ==
        "resource http://h.example/s.css preload|\nresource http://cdn.example/ preconnect|\n"
        "resource http://h.example/p prefetch|\nresource http://h.example/api alternate|\n"
        "header http://h.example/de alternate|\nheader http://h.example/f alternate|\n"
        "sitemap_file http://h.example/m.xml sitemap|\n");
}

TEST_CASE("link_header: the first canonical URL is told", "[link_header]") {
  CHECK(Page("<mailto:x>; rel=canonical, </a#x>; rel=\"x CANONICAL\", </b>; rel=canonical")
            .found.canonical == "http://h.example/a");
  CHECK(Page("</a>; rel=next").found.canonical.empty());
}

TEST_CASE("link_header: other languages' versions and feeds are told", "[link_header]") {
  const Page page(
      "</de>; rel=alternate; hreflang=de; title=\" D \", </m>; rel=alternate, "
      "</f>; rel=\"x Alternate\"; type=\"application/rss+xml; x=y\", "
      "<mailto:x>; rel=alternate; hreflang=fr");
  REQUIRE(page.found.alternates.size() == 2);
  CHECK(page.found.alternates[0].href == "http://h.example/de");
  CHECK(page.found.alternates[0].hreflang == "de");
  CHECK(page.found.alternates[0].title == "D");
  CHECK(page.found.alternates[1].href == "http://h.example/f");
}

}  // namespace
}  // namespace crawl
