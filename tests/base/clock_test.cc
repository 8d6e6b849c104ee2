// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <cstdint>

#include "tests/support/catch.h"

namespace crawl {
namespace {

TEST_CASE("clock: times are written in UTC with milliseconds", "[clock]") {
  CHECK(iso8601_utc(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso8601_utc(1'700'000'000'123) == "2023-11-14T22:13:20.123Z");
  CHECK(iso8601_utc(1'709'251'199'999) == "2024-02-29T23:59:59.999Z");
  CHECK(iso8601_utc(253'402'300'799'999) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("clock: times before 1970 count milliseconds upwards all the same", "[clock]") {
  CHECK(iso8601_utc(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(iso8601_utc(-1000) == "1969-12-31T23:59:59.000Z");
  CHECK(iso8601_utc(-1001) == "1969-12-31T23:59:58.999Z");
}

TEST_CASE("clock: the system's monotonic clock does not go back", "[clock]") {
  const SystemClock clock;
  int64_t last = clock.monotonic_ms();
  for (int i = 0; i < 1000; ++i) {
    const int64_t now = clock.monotonic_ms();
    REQUIRE(now >= last);
    last = now;
  }
  CHECK(clock.wall_ms() > 1'600'000'000'000);
}

TEST_CASE("clock: a fake clock moves only when told", "[clock]") {
  FakeClock clock;
  const int64_t monotonic = clock.monotonic_ms();
  const int64_t wall = clock.wall_ms();
  clock.advance_ms(250);
  CHECK(clock.monotonic_ms() == monotonic + 250);
  CHECK(clock.wall_ms() == wall + 250);
  clock.jump_wall_ms(-1000);
  CHECK(clock.monotonic_ms() == monotonic + 250);
  CHECK(clock.wall_ms() == wall - 750);
}

}  // namespace
}  // namespace crawl
