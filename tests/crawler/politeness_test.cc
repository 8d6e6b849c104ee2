// SPDX-License-Identifier: MIT
#include "crawler/politeness.h"

#include <algorithm>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

using Feedback = Politeness::Feedback;

Politeness with_delay(int64_t ms) {
  Politeness::Options options;
  options.delay_ms = ms;
  return {options, 1};
}

Politeness::Ending served(int64_t elapsed_ms = 0) { return {Feedback::kServed, -1, elapsed_ms}; }
Politeness::Ending strained(int64_t retry_after_ms = -1) {
  return {Feedback::kStrained, retry_after_ms, 0};
}

// Requests at the earliest times allowed, each refused; the pauses between them.
std::vector<int64_t> pauses_of_refusals(Politeness& host, int count) {
  std::vector<int64_t> pauses;
  int64_t now = 1'000'000;
  for (int i = 0; i < count; ++i) {
    host.on_end(now, strained());
    pauses.push_back(host.next_at_ms() - now);
    now = host.next_at_ms();
  }
  return pauses;
}

TEST_CASE("politeness: the delay counts from the end of a request", "[politeness]") {
  Politeness host = with_delay(1000);
  CHECK(host.next_at_ms() <= 0);
  host.on_start(10'000);
  host.on_end(10'700, served());
  CHECK(host.next_at_ms() == 11'700);
}

TEST_CASE("politeness: Crawl-delay lengthens the delay, is capped, and never shortens it",
          "[politeness]") {
  Politeness host = with_delay(1000);
  host.set_crawl_delay(5000);
  CHECK(host.delay_ms() == 5000);
  host.set_crawl_delay(200);
  CHECK(host.delay_ms() == 1000);
  host.set_crawl_delay(3'600'000);
  CHECK(host.delay_ms() == 30'000);
  // The cap is for what strangers ask, not for what the user asks.
  Politeness patient = with_delay(60'000);
  patient.set_crawl_delay(3'600'000);
  CHECK(patient.delay_ms() == 60'000);
}

TEST_CASE("politeness: errors slow down, exponentially and with a bound", "[politeness]") {
  Politeness host = with_delay(0);
  int64_t now = 0;
  int64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    now = host.next_at_ms();
    host.on_end(now, strained());
    CHECK(host.delay_ms() >= last);
    last = host.delay_ms();
  }
  CHECK(last == 600'000);
  host.on_end(now, served());
  CHECK(host.delay_ms() <= last);
}

TEST_CASE("politeness: a back-off has up to a quarter of jitter on top, never below",
          "[politeness]") {
  Politeness host = with_delay(1000);
  const std::vector<int64_t> pauses = pauses_of_refusals(host, 30);
  for (size_t i = 0; i < pauses.size(); ++i) {
    const int64_t exact = std::min<int64_t>(int64_t{2000} << i, 600'000);
    CHECK(pauses[i] >= exact);
    CHECK(pauses[i] <= exact + exact / 4);
  }
  const bool some = std::any_of(pauses.begin(), pauses.end(), [](int64_t ms) { return ms % 1000; });
  CHECK(some);
}

TEST_CASE("politeness: the jitter is a matter of the seed and the host", "[politeness]") {
  Politeness::Options options;
  Politeness one(options, 1);
  Politeness again(options, 1);
  Politeness other_host(options, 2);
  options.jitter_seed = 99;
  Politeness other_seed(options, 1);
  const std::vector<int64_t> pauses = pauses_of_refusals(one, 10);
  CHECK(pauses_of_refusals(again, 10) == pauses);
  CHECK(pauses_of_refusals(other_host, 10) != pauses);
  CHECK(pauses_of_refusals(other_seed, 10) != pauses);
}

TEST_CASE("politeness: requests that fail together count as one incident", "[politeness]") {
  Politeness host = with_delay(0);
  CHECK(host.on_end(1000, strained()));
  for (int i = 1; i < 16; ++i) CHECK_FALSE(host.on_end(1000 + i, strained()));
  CHECK(host.delay_ms() == 2000);
}

TEST_CASE("politeness: a success lowers the back-off one level, and successes together only one",
          "[politeness]") {
  Politeness host = with_delay(1000);
  int64_t now = 1000;
  for (int i = 0; i < 4; ++i, now = host.next_at_ms()) host.on_end(now, strained());
  REQUIRE(host.delay_ms() == 16'000);
  // Under way since before the last refusal.
  host.on_end(now - 15'999, served());
  CHECK(host.delay_ms() == 16'000);
  host.on_end(now, served());
  CHECK(host.delay_ms() == 8000);
  for (int i = 1; i < 16; ++i) host.on_end(now + i, served());
  CHECK(host.delay_ms() == 8000);
  host.on_end(now + 8000, served());
  CHECK(host.delay_ms() == 4000);
}

TEST_CASE("politeness: a failure that says nothing of the load changes nothing", "[politeness]") {
  Politeness host = with_delay(1000);
  host.on_end(1000, strained());
  host.on_end(100'000, {Feedback::kFailed, -1, 25'000});
  CHECK(host.delay_ms() == 2000);
  CHECK(host.latency_ms() == 0);
}

// RFC 9110 §10.2.3.
TEST_CASE("politeness: Retry-After is obeyed up to an hour, and a success does not cancel it",
          "[politeness]") {
  Politeness host = with_delay(0);
  host.on_end(1000, strained(120'000));
  CHECK(host.next_at_ms() == 121'000);
  host.on_end(2000, served());
  CHECK(host.next_at_ms() == 121'000);
  host.on_end(3000, strained(1'000'000'000));
  CHECK(host.next_at_ms() == 3'603'000);
}

TEST_CASE("politeness: a Retry-After that is past, or short, speeds nothing up", "[politeness]") {
  Politeness host = with_delay(1000);
  host.on_end(1000, strained(0));
  CHECK(host.next_at_ms() >= 3000);
  const int64_t next = host.next_at_ms();
  host.on_end(1500, {Feedback::kServed, 0, 0});
  CHECK(host.next_at_ms() >= next);
}

TEST_CASE("politeness: the delay is a multiple of the smoothed latency", "[politeness]") {
  Politeness host = with_delay(1000);
  host.on_end(0, served(4000));
  CHECK(host.delay_ms() == 8000);
  host.on_end(20'000, served(8000));  // 4000 + (8000 - 4000) / 4
  CHECK(host.latency_ms() == 5000);
  CHECK(host.delay_ms() == 10'000);
  for (int i = 0; i < 20; ++i) host.on_end(100'000, served(10));
  CHECK(host.delay_ms() == 1000);
}

TEST_CASE("politeness: the latency's share is capped, and off for a host of ours", "[politeness]") {
  Politeness host = with_delay(1000);
  host.on_end(0, served(4'000'000'000));
  CHECK(host.delay_ms() == 30'000);
  CHECK(host.latency_ms() == 60'000);
  Politeness ours = with_delay(0);
  ours.on_end(0, served(5000));
  CHECK(ours.delay_ms() == 0);
  Politeness::Options options;
  options.delay_factor = 0;
  Politeness off(options, 1);
  off.on_end(0, served(5000));
  CHECK(off.delay_ms() == 1000);
}

TEST_CASE("politeness: a quick refusal does not make a slow host look fast", "[politeness]") {
  Politeness host = with_delay(1000);
  host.on_end(0, served(4000));
  host.on_end(100'000, {Feedback::kStrained, -1, 1});
  CHECK(host.latency_ms() == 4000);
  host.on_end(200'000, {Feedback::kStrained, -1, 30'000});  // a time-out
  CHECK(host.latency_ms() == 10'500);
}

TEST_CASE("politeness: back-off and latency are taken over from an earlier run", "[politeness]") {
  Politeness before = with_delay(1000);
  before.on_end(0, served(1500));
  pauses_of_refusals(before, 3);
  Politeness after = with_delay(1000);
  after.restore(before.backoff_level(), before.latency_ms());
  CHECK(after.delay_ms() == before.delay_ms());
  CHECK(after.delay_ms() == 24'000);
  after.restore(1'000'000, -5);  // a row that nobody sane wrote
  CHECK(after.delay_ms() == 600'000);
}

TEST_CASE("politeness: what is left of a stored pause, whatever the wall clock does",
          "[politeness]") {
  constexpr int64_t kNow = 1'700'000'000'000;
  constexpr int64_t kHourMs = 3'600'000;
  constexpr int64_t kYearMs = 365 * 24 * kHourMs;
  CHECK(rest_of_pause_ms(kNow + 2'000, kNow, 1'000) == 2'000);
  CHECK(rest_of_pause_ms(kNow + kHourMs, kNow, 1'000) == kHourMs);  // a Retry-After
  CHECK(rest_of_pause_ms(kNow - 1, kNow, 1'000) == 0);
  CHECK(rest_of_pause_ms(0, kNow, 1'000) == 0);
  CHECK(rest_of_pause_ms(kNow, kNow + kYearMs, 1'000) == 0);
  CHECK(rest_of_pause_ms(kNow, kNow - kYearMs, 1'000) == 1'000);
  CHECK(rest_of_pause_ms(kNow + kHourMs, kNow - 1, 0) == 0);
  // A delay may be longer than any other pause.
  CHECK(rest_of_pause_ms(kNow + 3 * kHourMs, kNow, 3 * kHourMs) == 3 * kHourMs);
  CHECK(rest_of_pause_ms(kNow + kYearMs, kNow, 3 * kHourMs) == 3 * kHourMs);
}

}  // namespace
}  // namespace crawl
