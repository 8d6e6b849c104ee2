// SPDX-License-Identifier: MIT
#include "crawler/politeness.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

using Feedback = Politeness::Feedback;

Politeness::Options with_delay(int64_t ms) {
  Politeness::Options options;
  options.delay_ms = ms;
  return options;
}

TEST_CASE("politeness: the delay counts from the end of a request", "[politeness]") {
  Politeness host(with_delay(1000));
  CHECK(host.next_at_ms() <= 0);
  host.on_start(10'000);
  host.on_end(10'700, Feedback::kServed, -1);
  CHECK(host.next_at_ms() == 11'700);
}

TEST_CASE("politeness: Crawl-delay lengthens the delay, is capped, and never shortens it",
          "[politeness]") {
  Politeness host(with_delay(1000));
  host.set_crawl_delay(5000);
  CHECK(host.delay_ms() == 5000);
  host.set_crawl_delay(200);
  CHECK(host.delay_ms() == 1000);
  host.set_crawl_delay(3'600'000);
  CHECK(host.delay_ms() == 30'000);
}

TEST_CASE("politeness: errors slow down, exponentially and with a bound", "[politeness]") {
  Politeness host(with_delay(0));
  int64_t now = 0;
  int64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    now = host.next_at_ms();
    host.on_end(now, Feedback::kStrained, -1);
    CHECK(host.delay_ms() >= last);
    last = host.delay_ms();
  }
  CHECK(last == 600'000);
  host.on_end(now, Feedback::kServed, -1);
  CHECK(host.delay_ms() <= last);
}

TEST_CASE("politeness: requests that fail together count as one incident", "[politeness]") {
  Politeness host(with_delay(0));
  for (int i = 0; i < 16; ++i) host.on_end(1000 + i, Feedback::kStrained, -1);
  CHECK(host.delay_ms() == 2000);
}

TEST_CASE("politeness: Retry-After is obeyed up to an hour, and a success does not cancel it",
          "[politeness]") {
  Politeness host(with_delay(0));
  host.on_end(1000, Feedback::kStrained, 120'000);
  CHECK(host.next_at_ms() == 121'000);
  host.on_end(2000, Feedback::kServed, -1);
  CHECK(host.next_at_ms() == 121'000);
  host.on_end(3000, Feedback::kStrained, 1'000'000'000);
  CHECK(host.next_at_ms() == 3'603'000);
}

}  // namespace
}  // namespace crawl
