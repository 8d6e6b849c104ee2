// SPDX-License-Identifier: MIT
#include "fetcher/robots_directives.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr int64_t kDate = 1'277'478'000'000;  // 2010-06-25T15:00:00Z

unsigned meta(std::string_view content) { return robots_in_meta(content).bits; }
unsigned header(std::string_view values) { return robots_in_header(values, "crawl").bits; }
int64_t meta_date(std::string_view content) { return robots_in_meta(content).unavailable_after_ms; }
int64_t header_date(std::string_view values) {
  return robots_in_header(values, "crawl").unavailable_after_ms;
}

// https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag
TEST_CASE("robots_directives: a meta element's directives add up", "[robots_directives]") {
  CHECK(meta("noindex") == kRobotsNoindex);
  CHECK(meta(" NoIndex ,nofollow") == (kRobotsNoindex | kRobotsNofollow));
  CHECK(meta("none") == (kRobotsNoindex | kRobotsNofollow));
  CHECK(meta("noarchive noindex") == (kRobotsNoarchive | kRobotsNoindex));
  CHECK(meta("index, noindex") == kRobotsNoindex);
}

TEST_CASE("robots_directives: what is about presentation does not count", "[robots_directives]") {
  for (const char* content :
       {"", "all", "index,follow", "nosnippet", "noimageindex", "max-snippet:20, notranslate",
        "max-image-preview: large", "max-video-preview: -1", "noindexx", "no index", "no-index"}) {
    CAPTURE(content);
    CHECK(meta(content) == 0);
    CHECK(header(content) == 0);
  }
  CHECK(meta("max-snippet:20,noindex") == kRobotsNoindex);
  CHECK(header("max-snippet: 20, noindex") == kRobotsNoindex);
}

TEST_CASE("robots_directives: X-Robots-Tag counts for all or for the agent it names",
          "[robots_directives]") {
  CHECK(header("noindex, nofollow") == (kRobotsNoindex | kRobotsNofollow));
  CHECK(header("crawl: noindex") == kRobotsNoindex);
  CHECK(header("CRAWL :noindex") == kRobotsNoindex);
  CHECK(header("otherbot: noindex, nofollow") == 0);
  CHECK(header("otherbot: noindex, crawl: nofollow, noarchive") ==
        (kRobotsNofollow | kRobotsNoarchive));
  CHECK(header("noarchive, otherbot: noindex") == kRobotsNoarchive);
  CHECK(robots_in_header(": noindex", "").bits == 0);
}

TEST_CASE("robots_directives: an agent's name ends with its field", "[robots_directives]") {
  CHECK(header("otherbot: noindex\nnofollow") == kRobotsNofollow);
  CHECK(header("nofollow\notherbot: noindex\n\nnoarchive") == (kRobotsNofollow | kRobotsNoarchive));
}

TEST_CASE("robots_directives: unavailable_after takes dates of many forms", "[robots_directives]") {
  for (const char* date :
       {"25 Jun 2010 15:00:00 GMT", "25-Jun-2010 10:00:00 EST", "2010-06-25T15:00:00Z",
        "Friday, 25-Jun-10 15:00:00 UTC", "Fri, 25 Jun 2010 08:00:00 PDT",
        "Fri, 25 Jun 2010 17:00:00 +0200", "Friday, Jun 25, 2010 15:00"}) {
    const std::string directive = std::string("unavailable_after: ") + date;
    CAPTURE(directive);
    CHECK(meta_date(directive) == kDate);
    CHECK(header_date(directive) == kDate);
    CHECK(header_date("Crawl: " + directive) == kDate);
    CHECK(header_date("otherbot: " + directive) == 0);
    CHECK(meta("noarchive, " + directive + ", noindex") == (kRobotsNoarchive | kRobotsNoindex));
    CHECK(header("otherbot: x, " + directive + ", noindex") == 0);
    CHECK(header(directive + ", noindex") == kRobotsNoindex);
  }
}

TEST_CASE("robots_directives: a date that cannot be read is none", "[robots_directives]") {
  CHECK(meta_date("unavailable_after: tomorrow, noindex") == 0);
  CHECK(meta("unavailable_after: tomorrow, noindex") == kRobotsNoindex);
  CHECK(header("unavailable_after: Fri, 99 Jun 2010 15:00:00 GMT, noindex") == kRobotsNoindex);
  CHECK(header_date("unavailable_after:") == 0);
}

TEST_CASE("robots_directives: the earliest date holds", "[robots_directives]") {
  CHECK(meta_date("unavailable_after: 2011-01-01, unavailable_after: 2010-06-25T15:00Z") == kDate);
  PageResult page;
  add_directives(robots_in_meta("unavailable_after: 2010-06-25T15:00Z, noindex"), page);
  add_directives(robots_in_meta("unavailable_after: 2011-01-01, nofollow"), page);
  add_directives(robots_in_meta("noarchive"), page);
  CHECK(page.unavailable_after_ms == kDate);
  CHECK(page.robots_directives == (kRobotsNoindex | kRobotsNofollow | kRobotsNoarchive));
}

TEST_CASE("robots_directives: a page whose date has passed is not indexed", "[robots_directives]") {
  PageResult page;
  settle_unavailable(kDate, page);
  CHECK(page.robots_directives == 0);
  page.unavailable_after_ms = kDate;
  settle_unavailable(kDate - 1, page);
  CHECK(page.robots_directives == 0);
  settle_unavailable(kDate, page);
  CHECK(page.robots_directives == (kRobotsNoindex | kRobotsUnavailable));
  CHECK(page.unavailable_after_ms == kDate);
}

}  // namespace
}  // namespace crawl
