// SPDX-License-Identifier: MIT
#include "fetcher/css_links.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

// The URLs, each followed by a space.
std::string urls(std::string_view css) {
  std::string all;
  for_each_css_url(css, [&all](std::string_view url) { all += std::string(url) + " "; });
  return all;
}

std::string repeated(std::string_view part, size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += part;
  return all;
}

// CSS Syntax 3 §4.3.6
TEST_CASE("css_links: url() is read with and without quotes", "[css_links]") {
  CHECK(urls("a{b:url(x)}") == "x ");
  CHECK(urls("a{b:url( x ) , URL(\"y\")}c{d:Url( 'z' )}") == "x y z ");
  CHECK(urls("@font-face{src:url(a.woff2)format(\"woff2\"),url(a.ttf)}") == "a.woff2 a.ttf ");
  CHECK(urls("a{b:src('x')}") == "x ");
}

TEST_CASE("css_links: what is no url() function is no link", "[css_links]") {
  CHECK(urls("a{b:my-url(x);c:urls(x);d:url (x);e:\"url(x)\";f:'url(x)'}") == "");
  CHECK(urls("/* url(a) */b{c:url(d)}/* url(e)") == "d ");
}

// CSS Cascade 4 §2
TEST_CASE("css_links: @import takes a string or a url()", "[css_links]") {
  CHECK(urls("@import \"a\";@IMPORT 'b' screen;@import url(c);@import/**/url(\"d\") print;") ==
        "a b c d ");
  CHECK(urls("@charset \"no\";@import layer(\"no\") ;a{content:\"no\"}") == "");
}

// CSS Namespaces §2
TEST_CASE("css_links: a namespace is a name", "[css_links]") {
  CHECK(urls("@namespace url(http://n);@namespace svg url(http://n);@namespace 'n';"
             "a{b:url(x)}") == "x ");
}

// CSS Images 4 §2.4
TEST_CASE("css_links: strings of image-set() are URLs", "[css_links]") {
  CHECK(urls("a{b:image-set(\"x\" 1x type(\"image/png\"), url(y) 2x);c:\"no\"}") == "x y ");
  CHECK(urls("a{b:-webkit-image-set(url('x') 1x, 'y' 2x)}") == "x y ");
}

// CSS Syntax 3 §4.3.7
TEST_CASE("css_links: escapes are decoded", "[css_links]") {
  CHECK(urls("a{b:url(x\\)y)}") == "x)y ");
  CHECK(urls("a{b:u\\72l(x)}") == "x ");
  CHECK(urls("a{b:\\75 rl(x)}") == "x ");
  CHECK(urls("a{b:url('x\\27 y\\\nz')}") == "x'yz ");
  CHECK(urls("a{b:url(\\41\\000042 C\\0 )}") == "ABC\uFFFD ");
  CHECK(urls("@\\69mport 'x'") == "x ");
}

// §4.3.14
TEST_CASE("css_links: a bad url is skipped up to its end", "[css_links]") {
  CHECK(urls("a{b:url(x y);c:url(x\"y);d:url(x(y);e:url(ok)}") == "ok ");
  CHECK(urls("a{b:url('x\n);c:url(ok)}") == "ok ");
}

// CSS Values 4 §4.5.1
TEST_CASE("css_links: nothing is fetched for data, fragments and emptiness", "[css_links]") {
  CHECK(urls("a{b:url(data:image/png;base64,xx),url(' DATA:x'),url(#f),url(),url('')}") == "");
}

TEST_CASE("css_links: a style sheet that ends in the middle of something ends there",
          "[css_links]") {
  CHECK(urls("a{b:url(x") == "x ");
  CHECK(urls("a{b:url('x") == "x ");
  for (std::string_view css : {"@", "@import", "@import ", "url", "url(", "url( ", "\\", "a\\", "'",
                               "'\\", "url(\\", "url('\\", "/", "/*", "image-set(", "url('"}) {
    CAPTURE(css);
    CHECK(urls(css).empty());
  }
}

TEST_CASE("css_links: one missing parenthesis costs one declaration", "[css_links]") {
  CHECK(urls("a{b:image-set('x' 1x;c:'no'}d{e:url(y)}") == "x y ");
}

TEST_CASE("css_links: megabytes of trouble take one pass", "[css_links]") {
  const std::string css =
      GENERATE(repeated("/*", 4'000'000), repeated("url(", 4'000'000), repeated("'\\", 4'000'000),
               repeated("image-set(", 4'000'000), repeated("\\", 4'000'000),
               repeated("@import ", 4'000'000), repeated("url(data:", 4'000'000));
  CHECK(urls(css).empty());
}

}  // namespace
}  // namespace crawl
