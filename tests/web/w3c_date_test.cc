// SPDX-License-Identifier: MIT
#include "web/w3c_date.h"

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr int64_t kNote = 869'077'230'000;  // 1997-07-16T18:20:30Z

// NOTE-datetime, "Formats": each of its six examples
TEST_CASE("w3c_date: the six forms of the note are understood", "[w3c_date]") {
  CHECK(parse_w3c_date("1997") == 852'076'800'000);
  CHECK(parse_w3c_date("1997-07") == 867'715'200'000);
  CHECK(parse_w3c_date("1997-07-16") == 869'011'200'000);
  CHECK(parse_w3c_date("1997-07-16T19:20+01:00") == kNote - 30'000);
  CHECK(parse_w3c_date("1997-07-16T19:20:30+01:00") == kNote);
  CHECK(parse_w3c_date("1997-07-16T19:20:30.45+01:00") == kNote + 450);
}

// NOTE-datetime, "Examples"; RFC 3339 §5.8
TEST_CASE("w3c_date: the same instant in two zones is the same", "[w3c_date]") {
  CHECK(parse_w3c_date("1994-11-05T08:15:30-05:00") == parse_w3c_date("1994-11-05T13:15:30Z"));
  CHECK(parse_w3c_date("1996-12-19T16:39:57-08:00") == parse_w3c_date("1996-12-20T00:39:57Z"));
  CHECK(parse_w3c_date("1937-01-01T12:00:27.87+00:20") == -1'041'337'172'130);
}

TEST_CASE("w3c_date: what has one reading only is understood", "[w3c_date]") {
  for (const char* text :
       {"1997-07-16T18:20:30Z", "1997-07-16T18:20:30", "1997-07-16t18:20:30z",
        "1997-07-16 18:20:30", "1997-07-16 18:20:30Z", "1997-07-16 18:20:30 +0000",
        "\n 1997-07-16T18:20:30Z\t\r\n", "1997-07-16T18:20:30+00:00", "1997-07-16T19:20:30+0100",
        "1997-07-16T19:20:30+01", "1997-07-16T18:20:30.000Z", "1997-07-16T18:20:30,000Z",
        "1997-07-16T18:20:30.0009999999999999999999999999Z", "1997-07-16T18:20:30-00:00"}) {
    CAPTURE(text);
    CHECK(parse_w3c_date(text) == kNote);
  }
  CHECK(parse_w3c_date("1997-07-16T18:20Z") == kNote - 30'000);
  CHECK(parse_w3c_date("1997-07-16T18:20") == kNote - 30'000);
}

// XML Schema part 2 §3.2.9: sitemaps.org's schema allows xs:date
TEST_CASE("w3c_date: a date alone may have a zone", "[w3c_date]") {
  CHECK(parse_w3c_date("1997-07-16Z") == 869'011'200'000);
  CHECK(parse_w3c_date("1997-07-16+02:00") == 869'004'000'000);
}

TEST_CASE("w3c_date: nothing else is a date", "[w3c_date]") {
  for (const char* text : {"",
                           " ",
                           "97",
                           "199",
                           "19970",
                           "1997-",
                           "1997-7",
                           "1997-7-16",
                           "1997-07-",
                           "1997-07-6",
                           "19970716",
                           "1997/07/16",
                           "16-07-1997",
                           "1997T18:20Z",
                           "1997Z",
                           "1997-07Z",
                           "1997-07-16T",
                           "1997-07-16T18",
                           "1997-07-16T18Z",
                           "1997-07-16T1820Z",
                           "1997-07-16T18:20:",
                           "1997-07-16T18:20:30.",
                           "1997-07-16T18:20:30.Z",
                           "1997-07-16T18:20:30+1",
                           "1997-07-16T18:20:30+01:",
                           "1997-07-16T18:20:30+01:0",
                           "1997-07-16T18:20:30+24:00",
                           "1997-07-16T18:20:30+01:60",
                           "1997-07-16T18:20:30ZZ",
                           "1997-07-16T18:20:30 GMT",
                           "1997-07-16 x",
                           "-1997-07-16",
                           "+1997-07-16",
                           "today",
                           "Wed, 16 Jul 1997 18:20:30 GMT",
                           "869077230"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_w3c_date(text));
  }
}

TEST_CASE("w3c_date: days and times that do not exist are refused", "[w3c_date]") {
  for (const char* text : {"1997-00", "1997-13", "1997-00-01", "1997-13-01", "1997-01-00",
                           "1997-01-32", "1997-04-31", "1997-02-29", "1900-02-29",
                           "1997-01-01T24:00Z", "1997-01-01T23:60Z", "1997-01-01T23:59:61Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_w3c_date(text));
  }
  CHECK(parse_w3c_date("1996-02-29"));
  CHECK(parse_w3c_date("2000-02-29"));
}

TEST_CASE("w3c_date: a leap second is the next second", "[w3c_date]") {
  CHECK(parse_w3c_date("2016-12-31T23:59:60Z") == parse_w3c_date("2017-01-01T00:00:00Z"));
}

TEST_CASE("w3c_date: every day reads back as written", "[w3c_date]") {
  constexpr int64_t kDay = 86'400'000;
  for (int64_t at = -100 * 365 * kDay; at < 300 * 365 * kDay; at += kDay) {
    const std::string text = iso8601_utc(at).substr(0, 10);
    CAPTURE(text);
    REQUIRE(parse_w3c_date(text) == at);
  }
}

}  // namespace
}  // namespace crawl
