// SPDX-License-Identifier: MIT
#include "fetcher/link_scan.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

// A page seen by the scan alone.
struct Scanned {
  explicit Scanned(std::string_view html) {
    links.begin("http://h.example/dir/page", result, pool);
    scan_html(html, PageSink{result, links, text, "crawl"}, pool);
  }
  std::string hrefs() const {
    std::string all;
    for (const PageLink& link : result.links) {
      all += std::string(name(link.kind)) + " " + std::string(link.href) + "\n";
    }
    return all;
  }

  StringPool pool;
  LinkCollector links;
  TextWriter text;
  PageResult result;
};

std::string repeated(std::string_view part, size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += part;
  return all;
}

TEST_CASE("link_scan: links to pages are reported as scanned", "[link_scan]") {
  const Scanned page("<a href=one>1</a><AREA HREF='/two'><iframe src=\"three\"></iframe>");
  CHECK(page.hrefs() ==
        "scanned http://h.example/dir/one\nscanned http://h.example/two\n"
        "scanned http://h.example/dir/three\n");
}

TEST_CASE("link_scan: assets keep their kind", "[link_scan]") {
  const Scanned page("<img src=i.png><script src=s.js></script><link rel=stylesheet href=c.css>");
  REQUIRE(page.result.links.size() == 3);
  CHECK(page.result.links[0].kind == LinkKind::kImage);
  CHECK(page.result.links[1].kind == LinkKind::kScript);
  CHECK(page.result.links[2].kind == LinkKind::kResource);
}

TEST_CASE("link_scan: character references in attributes are decoded", "[link_scan]") {
  CHECK(Scanned("<a href='?a=1&amp;b=2&#x26;c&unknown;d'>").hrefs() ==
        "scanned http://h.example/dir/page?a=1&b=2&c&unknown;d\n");
}

TEST_CASE("link_scan: comments, scripts and styles hold no links", "[link_scan]") {
  CHECK(Scanned("<!-- <a href=x> --><script>'<a href=x>'</script><style><a href=x></style>")
            .hrefs() == "");
  CHECK(Scanned("<script>'</scripty><a href=x>'</SCRIPT ><a href=y>").hrefs() ==
        "scanned http://h.example/dir/y\n");
  CHECK(Scanned("<template><a href=x></template><a href=y>").hrefs() ==
        "scanned http://h.example/dir/y\n");
}

TEST_CASE("link_scan: quotes hide what looks like the end of a tag", "[link_scan]") {
  CHECK(Scanned("<a title='>' href=x><p title=\"<a href=no>\">").hrefs() ==
        "scanned http://h.example/dir/x\n");
}

TEST_CASE("link_scan: the base element is honoured", "[link_scan]") {
  CHECK(Scanned("<base href=/other/><a href=x>").hrefs() == "scanned http://h.example/other/x\n");
}

TEST_CASE("link_scan: title, description and directives are found", "[link_scan]") {
  const Scanned page(
      "<title> A &amp;\n B </title><title>second</title><meta name=description content=d>"
      "<meta name=robots content=noindex>");
  CHECK(page.result.title == "A & B");
  CHECK(page.result.description == "d");
  CHECK(page.result.robots_directives == kRobotsNoindex);
}

TEST_CASE("link_scan: text is what is left without tags", "[link_scan]") {
  const Scanned page(
      "<h1>Head</h1><p>one <b>two</b>\nthree<br>four<script>no</script><td>c1<td>c2<p>5 < 6 &lt; "
      "7");
  CHECK(page.text.text() == "Head\none two three\nfour\tc1\tc2\n5 < 6 < 7");
}

TEST_CASE("link_scan: an anchor is the text up to the end of its element", "[link_scan]") {
  const Scanned page("<a href=x>one <i>two</i> </a>three<a href=y>four<a href=z>five");
  REQUIRE(page.result.links.size() == 3);
  CHECK(page.result.links[0].anchor == "one two");
  CHECK(page.result.links[1].anchor == "four");
  CHECK(page.result.links[2].anchor == "five");
}

TEST_CASE("link_scan: a document that ends in the middle of something ends there", "[link_scan]") {
  for (std::string_view html :
       {"<",   "<a", "<a href", "<a href=", "<a href='x", "<a href=x", "</",
        "</a", "<!", "<!--",    "<!-- -",   "<?",         "<script>",  "<title>t",
        "&",   "&#", "&#x",     "&#xD800;", "<p a='",     "<p a=\"b"}) {
    CAPTURE(html);
    CHECK(Scanned(html).result.links.empty());
  }
}

TEST_CASE("link_scan: numeric references are always characters", "[link_scan]") {
  std::string out;
  append_decoded("&#65;&#x41;&#0;&#xD800;&#x110000;&#4294967361;&#x1F600;&#;&#x;&#1x;", out);
  CHECK(out == "AA\uFFFD\uFFFD\uFFFD\uFFFD\U0001F600&#;&#x;&#1x;");
}

// Linear time: each of these would take hours if the rest were searched again for each occurrence.
TEST_CASE("link_scan: megabytes of trouble take one pass", "[link_scan]") {
  const std::string html =
      GENERATE(repeated("<!--", 4'000'000), repeated("<script>", 4'000'000),
               repeated("<a href='", 4'000'000), repeated("<a ", 4'000'000),
               repeated("&", 4'000'000), repeated("<title></titl", 4'000'000),
               repeated("<textarea></textarea", 4'000'000), repeated("<?<!", 4'000'000));
  CAPTURE(html.substr(0, 20));
  CHECK(Scanned(html).result.links.empty());
}

TEST_CASE("link_scan: links beyond the limit are counted", "[link_scan]") {
  std::string html;
  for (size_t i = 0; i < kLinksMax + 10; ++i) html += "<a href=" + std::to_string(i) + ">";
  const Scanned page(html);
  CHECK(page.result.links.size() == kLinksMax);
  CHECK(page.result.links_dropped == 10);
}

}  // namespace
}  // namespace crawl
