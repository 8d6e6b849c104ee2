// SPDX-License-Identifier: MIT
#pragma once

// When a URL is due again, and when a page that does not answer any more is gone: pure functions of
// what the database holds of it and of what a fetch found. All times are wall clock, in
// milliseconds.

#include <cstdint>

#include "base/vocabulary.h"

namespace crawl {

inline constexpr int64_t kHourMs = 3'600'000;
inline constexpr int64_t kDayMs = 24 * kHourMs;
inline constexpr int64_t kIntervalMinMs = kHourMs;
inline constexpr int64_t kIntervalMaxMs = 30 * kDayMs;
inline constexpr int64_t kAfterMissingMs = kHourMs;  // 404, 410: the next nightly run asks again
inline constexpr int64_t kFailuresGoneMs = 30 * kDayMs;

// What a fetch found, as far as that matters here.
enum class FindingKind : uint8_t {
  kNew,           // content where there was none, or where it was gone
  kChanged,       // other content than before, or none any more
  kSame,          // the content, or the lack of any, that was there before
  kMoved,         // a redirect that may end
  kMovedForGood,  // a permanent one: 301, 308
  kMissing,       // 404, 410: the server knows no such page
  kFailed,        // no usable answer
};

// What is known from the fetches before; all 0 and false for a URL that has none.
struct FetchHistory {
  bool has_copy = false;
  bool gone = false;
  bool canonical_elsewhere = false;
  int64_t fetched_at = 0;
  int64_t interval_ms = 0;
  int64_t failures = 0;
  int64_t failing_since = 0;
  int64_t missing_run = 0;  // the run in which a good copy first answered 404 or 410
};

struct FetchFinding {
  FindingKind found = FindingKind::kFailed;
  Outcome outcome = Outcome::kNone;  // as the fetcher said
  int64_t run_id = 0;
  int64_t at = 0;
  bool canonical_elsewhere = false;
  bool counts_as_failure = true;  // false: the trouble may be on this side
};

enum class GoneBecause : uint8_t { kNot, kMissingTwice, kFailingForLong };

struct Settlement {
  Outcome outcome = Outcome::kNone;  // what is stored: a page is gone only when that is settled
  GoneBecause gone_because = GoneBecause::kNot;
  int64_t interval_ms = 0;  // 0: not known yet
  int64_t due_at = 0;
  int64_t failures = 0;
  int64_t failing_since = 0;
  int64_t missing_run = 0;
};

// The interval starts with `base_ms`, is halved by a change and doubled without one, within an hour
// and 30 days; permanent redirects and pages whose canonical URL is another one wait the longest. A
// failure keeps it and is followed by another try in the next run, 404 and 410 after an hour. A
// page with a good copy is gone when a run after the first that got 404 or 410 gets one again, or
// when it has failed for 30 days, by the times of two failures: a clock that jumps makes a month of
// nothing.
Settlement settle(const FetchHistory& history, const FetchFinding& finding, int64_t base_ms);

}  // namespace crawl
