// SPDX-License-Identifier: MIT
#include "web/lenient_date.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr int64_t kNoon = 1'277'478'000'000;  // 2010-06-25T15:00:00Z
constexpr int64_t kHour = 3'600'000;

int64_t read(std::string_view text) { return parse_lenient_date(text).value_or(-1); }

TEST_CASE("lenient_date: ISO 8601 is read", "[lenient_date]") {
  CHECK(read("2010-06-25T15:00:00Z") == kNoon);
  CHECK(read(" 2010-06-25T17:00:00+02:00 ") == kNoon);
  CHECK(read("2010-06-25") == kNoon - 15 * kHour);
  CHECK(read("2010") == 1'262'304'000'000);
}

// RFC 822 §5, RFC 2822 §3.3
TEST_CASE("lenient_date: the dates of mails are read", "[lenient_date]") {
  CHECK(read("Fri, 25 Jun 2010 15:00:00 GMT") == kNoon);
  CHECK(read("25 Jun 2010 15:00") == kNoon);
  CHECK(read("25 June 10 15:00:00 UT") == kNoon);
  CHECK(read("25 Jun 2010 07:00:00 PST") == kNoon);
  CHECK(read("25 Jun 2010 08:00:00 pdt") == kNoon);
  CHECK(read("Fri, 25 Jun 2010 17:00:00 +0200") == kNoon);
  CHECK(read("Fri, 25 Jun 2010 09:30:00 -05:30") == kNoon);
  CHECK(read("Fri, 25 Jun 2010 17:00:00 GMT+02") == kNoon);
  CHECK(read("25 Jun 2010") == kNoon - 15 * kHour);
}

// RFC 850 §2.1.4
TEST_CASE("lenient_date: dates with hyphens are read", "[lenient_date]") {
  CHECK(read("Friday, 25-Jun-10 15:00:00 GMT") == kNoon);
  CHECK(read("25-Jun-2010 10:00:00 EST") == kNoon);
  CHECK(read("01-Jan-70") == 0);
}

// RFC 822 §5.1 and §5.2; RFC 2822 §3.3 and §4.3
TEST_CASE("lenient_date: the dates of feeds are read with their zones", "[lenient_date]") {
  const int64_t at = read("Wed, 02 Oct 2002 13:00:00 GMT");
  CHECK(at == 1'033'563'600'000);
  for (const char* text :
       {"Wed, 02 Oct 2002 15:00:00 +0200", "Wed, 02 Oct 2002 08:00:00 EST",
        "Wed, 02 Oct 2002 09:00:00 EDT", "Wed, 02 Oct 2002 06:00:00 PDT",
        "Wed, 02 Oct 2002 05:00:00 pst", "Wed, 02 Oct 2002 18:30:00 +05:30",
        "Wed, 02 Oct 2002 13:00 GMT", "02 Oct 02 13:00 UT", "2 Oct 2002 13:00:00 Z",
        "Wed, 02 Oct 2002 13:00:00", "Wed, 02 Oct 2002 13:00:00 -0000",
        "Wed, 02 Oct 2002 13:00:00 +0000 (UTC)", "\n Wed, 02 Oct 2002 13:00:00 GMT \n",
        "Wed, 02 Oct 2002 03:00:00 -1000"}) {
    CAPTURE(text);
    CHECK(read(text) == at);
  }
}

TEST_CASE("lenient_date: the month may come first", "[lenient_date]") {
  CHECK(read("Jun 25, 2010 15:00") == kNoon);
  CHECK(read("Friday, June 25, 2010") == kNoon - 15 * kHour);
  CHECK(read("Fri Jun 25 15:00:00 2010") == kNoon);
  CHECK(read("Nov  6 08:49:37 1994") == 784'111'777'000);
}

TEST_CASE("lenient_date: what does not exist, or is no date, is none", "[lenient_date]") {
  for (const char* text : {"",
                           " ",
                           "soon",
                           "Fri",
                           "Fri,",
                           "25",
                           "25 Jun",
                           "32 Jun 2010",
                           "29 Feb 2010",
                           "25 Jux 2010",
                           "25 Ju 2010",
                           "25 Jun 201",
                           "25 Jun 2010 24:00:00",
                           "25 Jun 2010 15:60",
                           "25 Jun 2010 15:00:00 XYZ",
                           "25 Jun 2010 15:00:00 +2",
                           "25 Jun 2010 15:00 GMT x",
                           "25 Jun 1969",
                           "1 Jan 1970 00:00 +0100",
                           "1960-01-01",
                           "2010-13-01",
                           "Jun 25 15:00 20",
                           "Jun 25,"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_lenient_date(text));
  }
}

}  // namespace
}  // namespace crawl
