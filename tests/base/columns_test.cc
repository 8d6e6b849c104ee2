// SPDX-License-Identifier: MIT
#include "base/columns.h"

#include "tests/support/catch.h"

using namespace crawl;

TEST_CASE("columns: wide characters take two, joined ones none", "[columns]") {
  CHECK(display_width("") == 0);
  CHECK(display_width("abc") == 3);
  CHECK(display_width("äöü") == 3);
  CHECK(display_width("東京") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("a\xff") == 2);
}

TEST_CASE("columns: a text is cut in whole characters", "[columns]") {
  CHECK(fit_columns("abcdef", 3) == "abc");
  CHECK(fit_columns("abc", 10) == "abc");
  CHECK(fit_columns("äöü", 2) == "äö");
  CHECK(fit_columns("äöü", 0).empty());
  CHECK(fit_columns("東京", 3) == "東");
  CHECK(fit_columns("e\u0301x", 1) == "e\u0301");
}

TEST_CASE("columns: what is missing at the end is told", "[columns]") {
  CHECK(abridge("abcdef", 6) == "abcdef");
  CHECK(abridge("abcdef", 5) == "abcd…");
  CHECK(abridge("東京都", 5) == "東京…");
  CHECK(abridge("abc", 1) == "…");
  CHECK(abridge("abc", 0).empty());
}

TEST_CASE("columns: digits come in groups", "[columns]") {
  CHECK(group_digits(0) == "0");
  CHECK(group_digits(999) == "999");
  CHECK(group_digits(1000) == "1,000");
  CHECK(counted(0, "page") == "0 pages");
  CHECK(counted(1, "page") == "1 page");
  CHECK(counted(1234, "leaf", "leaves") == "1,234 leaves");
  CHECK(group_digits(1234567) == "1,234,567");
  CHECK(group_digits(-1234) == "-1,234");
  CHECK(group_digits(-123) == "-123");
}
