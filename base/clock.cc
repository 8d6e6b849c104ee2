// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <cstdio>
#include <ctime>

namespace crawl {

namespace {

int64_t read_ms(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

int64_t SystemClock::monotonic_ms() const { return read_ms(CLOCK_MONOTONIC); }
int64_t SystemClock::wall_ms() const { return read_ms(CLOCK_REALTIME); }

std::string iso8601_utc(int64_t wall_ms) {
  int64_t seconds = wall_ms / 1000;
  int64_t ms = wall_ms % 1000;
  if (ms < 0) {
    ms += 1000;
    --seconds;
  }
  const time_t when = static_cast<time_t>(seconds);
  tm parts{};
  gmtime_r(&when, &parts);
  char text[40];
  const size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + n, sizeof text - n, ".%03dZ", static_cast<int>(ms));
  return text;
}

}  // namespace crawl
