// SPDX-License-Identifier: MIT
#include "fetcher/json_ld.h"

#include <string>

#include "tests/fetcher/extracted_page.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

// NUL in any text of a page is a broken promise: the page would be lost.
TEST_CASE("json_ld: a name with a NUL in it is none", "[json_ld]") {
  const ExtractedPage page(
      "<script type='application/ld+json'>"
      R"({"author":["a\u0000b","C"],"name":"\u0000"})"
      "</script>");
  CHECK(page.result.author == "C");
  CHECK(page.metadata() == R"({"json_ld":[{"author":["a\u0000b","C"],"name":"\u0000"}]})");
}

}  // namespace
}  // namespace crawl
