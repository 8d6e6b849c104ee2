// SPDX-License-Identifier: MIT
#include "fetcher/microdata.h"

#include <nlohmann/json.hpp>
#include <string>

#include "tests/fetcher/extracted_page.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

// Read anew for each item that refers to it, megabytes would take minutes.
TEST_CASE("microdata: lists of names are bounded in bytes", "[microdata]") {
  const std::string much(3'000'000, ' ');
  for (const char* attribute : {"itemref", "itemtype", "itemprop"}) {
    CAPTURE(attribute);
    const std::string list = std::string(attribute) + "='a" + much + "b'";
    const ExtractedPage page("<div id=x><span " + list +
                             " itemscope itemprop=p itemtype=a></span></div>" +
                             repeated("<i itemscope itemref=x></i>", 1'500));
    const auto items = nlohmann::json::parse(page.metadata())["microdata"];
    REQUIRE(items.size() == 1'500);
    CHECK(items[0]["properties"].size() == 1);
    CHECK(items[0]["properties"].begin().value()[0]["type"].size() == 1);
  }
}

}  // namespace
}  // namespace crawl
