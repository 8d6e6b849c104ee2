// SPDX-License-Identifier: MIT
#include "web/http_date.h"

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr int64_t kExample = 784'111'777'000;  // RFC 9110's example

// RFC 9110 §5.6.7
TEST_CASE("http_date: the three forms give the same instant", "[http_date]") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == kExample);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == kExample);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == kExample);
}

TEST_CASE("http_date: what has one reading only is understood", "[http_date]") {
  for (const char* text :
       {"sun, 06 nov 1994 08:49:37 gmt", "  Sun, 06 Nov 1994 08:49:37 GMT\t",
        "Mon, 06 Nov 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 Z", "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun Nov 06 08:49:37 1994",
        "Nov  6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT"}) {
    CAPTURE(text);
    CHECK(parse_http_date(text) == kExample);
  }
}

TEST_CASE("http_date: nothing else is a date", "[http_date]") {
  for (const char* text : {"",
                           " ",
                           "GMT",
                           "Sun",
                           "Sun, 06 Nov 1994",
                           "08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49 GMT",
                           "Sun, 06 Nov 1994 08:49:37 PST",
                           "Sun, 06 Nov 1994 08:49:37 +0100",
                           "Sun, 06 Nov 1994 08:49:37 GMT x",
                           "Sun, 06 Nov 1994 08:49:37 GMT+1",
                           "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Foo, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 006 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 194 08:49:37 GMT",
                           "Sun, 06 Nov 19940 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:9:37 GMT",
                           "1994-11-06T08:49:37Z",
                           "784111777",
                           "Sun, 06 Nov -994 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 94"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("http_date: days and times that do not exist are refused", "[http_date]") {
  CHECK_FALSE(parse_http_date("Thu, 30 Feb 2023 00:00:00 GMT"));
  CHECK_FALSE(parse_http_date("Wed, 29 Feb 2023 00:00:00 GMT"));
  CHECK(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"));
  CHECK_FALSE(parse_http_date("Thu, 29 Feb 1900 00:00:00 GMT"));
  CHECK(parse_http_date("Tue, 29 Feb 2000 00:00:00 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 00 Nov 1994 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 31 Nov 1994 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 06 Nov 1994 24:00:00 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 06 Nov 1994 08:60:00 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 06 Nov 1994 08:00:61 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 06 Nov 1600 08:00:00 GMT"));
}

TEST_CASE("http_date: a leap second is the next second", "[http_date]") {
  CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") ==
        parse_http_date("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST_CASE("http_date: two-digit years are 1970 to 2069", "[http_date]") {
  CHECK(parse_http_date("Thursday, 01-Jan-70 00:00:00 GMT") == 0);
  CHECK(parse_http_date("Tuesday, 31-Dec-69 00:00:00 GMT") ==
        parse_http_date("Tue, 31 Dec 2069 00:00:00 GMT"));
}

TEST_CASE("http_date: every day reads back as written", "[http_date]") {
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int64_t kDay = 86'400'000;
  for (int64_t at = -100 * 365 * kDay; at < 300 * 365 * kDay; at += kDay) {
    const std::string iso = iso8601_utc(at);  // 1994-11-06T…
    const auto month = static_cast<size_t>(std::stoi(iso.substr(5, 2)) - 1);
    const std::string text =
        iso.substr(8, 2) + " " + kMonths[month] + " " + iso.substr(0, 4) + " 00:00:00 GMT";
    CAPTURE(text);
    REQUIRE(parse_http_date(text) == at);
  }
}

// RFC 9110 §10.2.3
TEST_CASE("http_date: Retry-After is a number of seconds", "[http_date]") {
  CHECK(parse_retry_after_ms("120", 0) == 120'000);
  CHECK(parse_retry_after_ms(" 0 ", 0) == 0);
  CHECK(parse_retry_after_ms("007", 0) == 7'000);
}

TEST_CASE("http_date: Retry-After is a date, and the past is now", "[http_date]") {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  CHECK(parse_retry_after_ms(date, kExample - 90'000) == 90'000);
  CHECK(parse_retry_after_ms(date, kExample) == 0);
  CHECK(parse_retry_after_ms(date, kExample + 90'000) == 0);
}

TEST_CASE("http_date: a Retry-After without end is a hundred years", "[http_date]") {
  constexpr int64_t kCentury = int64_t{36'500} * 86'400'000;
  CHECK(parse_retry_after_ms("99999999999999999999999999", 0) == kCentury);
  CHECK(parse_retry_after_ms("Fri, 31 Dec 9999 23:59:59 GMT", 0) == kCentury);
}

TEST_CASE("http_date: a Retry-After without meaning is none", "[http_date]") {
  for (const char* text : {"", " ", "-1", "+1", "1.5", "10s", "soon", "0x10", "1 2"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_retry_after_ms(text, 0));
  }
}

}  // namespace
}  // namespace crawl
