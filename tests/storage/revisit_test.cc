// SPDX-License-Identifier: MIT
#include "storage/revisit.h"

#include "tests/support/catch.h"

using namespace crawl;

namespace {

constexpr int64_t kBase = 20 * kHourMs;
constexpr int64_t kNow = 1'700'000'000'000;

FetchHistory copy_with(int64_t interval_ms) {
  FetchHistory history;
  history.has_copy = true;
  history.interval_ms = interval_ms;
  return history;
}

FetchFinding finding(FindingKind found, Outcome outcome = Outcome::kOk, int64_t at = kNow,
                     int64_t run_id = 1) {
  FetchFinding result;
  result.found = found;
  result.outcome = outcome;
  result.at = at;
  result.run_id = run_id;
  return result;
}

// What is stored after a settlement, as the next one finds it.
FetchHistory after(const Settlement& settled) {
  FetchHistory history;
  history.has_copy = true;
  history.gone = settled.outcome == Outcome::kGone;
  history.interval_ms = settled.interval_ms;
  history.failures = settled.failures;
  history.failing_since = settled.failing_since;
  history.missing_run = settled.missing_run;
  return history;
}

int64_t interval(const FetchHistory& history, const FetchFinding& found, int64_t base = kBase) {
  const Settlement settled = settle(history, found, base);
  CHECK(settled.due_at == found.at + settled.interval_ms);
  return settled.interval_ms;
}

}  // namespace

TEST_CASE("revisit: the first good content has the base interval, within its bounds", "[revisit]") {
  CHECK(interval({}, finding(FindingKind::kNew)) == kBase);
  CHECK(interval({}, finding(FindingKind::kNew), 0) == kHourMs);
  CHECK(interval({}, finding(FindingKind::kNew), -5) == kHourMs);
  CHECK(interval({}, finding(FindingKind::kNew), 400 * kDayMs) == 30 * kDayMs);
}

TEST_CASE("revisit: a change halves the interval, none doubles it", "[revisit]") {
  CHECK(interval(copy_with(kBase), finding(FindingKind::kChanged)) == kBase / 2);
  CHECK(interval(copy_with(kBase), finding(FindingKind::kSame)) == kBase * 2);
  CHECK(interval(copy_with(kHourMs), finding(FindingKind::kChanged)) == kHourMs);
  CHECK(interval(copy_with(29 * kDayMs), finding(FindingKind::kSame)) == 30 * kDayMs);
  CHECK(interval(copy_with(30 * kDayMs), finding(FindingKind::kSame)) == 30 * kDayMs);
}

TEST_CASE("revisit: content that is new begins again, whatever was before", "[revisit]") {
  CHECK(interval(copy_with(30 * kDayMs), finding(FindingKind::kNew)) == kBase);
}

TEST_CASE("revisit: a permanent redirect rests, a temporary one does not", "[revisit]") {
  CHECK(interval({}, finding(FindingKind::kMovedForGood, Outcome::kRedirect)) == 30 * kDayMs);
  CHECK(interval(copy_with(kHourMs), finding(FindingKind::kMoved, Outcome::kRedirect)) == kBase);
}

TEST_CASE("revisit: a page whose canonical URL is another one rests", "[revisit]") {
  FetchFinding duplicate =
      finding(GENERATE(FindingKind::kNew, FindingKind::kChanged, FindingKind::kSame));
  duplicate.canonical_elsewhere = true;
  CHECK(interval(copy_with(kBase), duplicate) == 30 * kDayMs);
  FetchHistory was_duplicate = copy_with(30 * kDayMs);
  was_duplicate.canonical_elsewhere = true;
  CHECK(interval(was_duplicate, finding(FindingKind::kChanged)) == kBase);
}

TEST_CASE("revisit: after a failure the next run asks again, and the interval stays", "[revisit]") {
  const Settlement settled =
      settle(copy_with(8 * kDayMs), finding(FindingKind::kFailed, Outcome::kTimeout), kBase);
  CHECK(settled.outcome == Outcome::kTimeout);
  CHECK(settled.interval_ms == 8 * kDayMs);
  CHECK(settled.due_at == kNow);
  CHECK(settled.failures == 1);
  CHECK(settled.failing_since == kNow);
  const Settlement first = settle({}, finding(FindingKind::kFailed, Outcome::kDnsFailed), kBase);
  CHECK(first.interval_ms == 0);
  CHECK(first.due_at == kNow);
}

TEST_CASE("revisit: failures in a row are counted from the first, and a success forgets them",
          "[revisit]") {
  const Settlement first = settle(copy_with(kBase), finding(FindingKind::kFailed), kBase);
  const Settlement second = settle(
      after(first), finding(FindingKind::kFailed, Outcome::kTimeout, kNow + kDayMs, 2), kBase);
  CHECK(second.failures == 2);
  CHECK(second.failing_since == kNow);
  FetchHistory failing = after(second);
  failing.missing_run = 2;
  const Settlement good =
      settle(failing,
             finding(GENERATE(FindingKind::kSame, FindingKind::kChanged, FindingKind::kMoved),
                     Outcome::kOk),
             kBase);
  CHECK(good.failures == 0);
  CHECK(good.failing_since == 0);
  CHECK(good.missing_run == 0);
}

TEST_CASE("revisit: a good copy is gone when a later run finds it missing again", "[revisit]") {
  const Outcome said = GENERATE(Outcome::kHttpError, Outcome::kGone);
  const Settlement first =
      settle(copy_with(kBase), finding(FindingKind::kMissing, said, kNow, 3), kBase);
  CHECK(first.outcome == Outcome::kHttpError);
  CHECK(first.due_at == kNow + kHourMs);
  CHECK(first.interval_ms == kBase);

  const Settlement same_run =
      settle(after(first), finding(FindingKind::kMissing, said, kNow + 5, 3), kBase);
  CHECK(same_run.outcome == Outcome::kHttpError);

  const Settlement second =
      settle(after(same_run), finding(FindingKind::kMissing, said, kNow + kDayMs, 4), kBase);
  CHECK(second.outcome == Outcome::kGone);
  CHECK(second.gone_because == GoneBecause::kMissingTwice);
  CHECK(second.interval_ms == 2 * kBase);
  CHECK(second.due_at == kNow + kDayMs + 2 * kBase);

  const Settlement third =
      settle(after(second), finding(FindingKind::kMissing, said, kNow + 3 * kDayMs, 5), kBase);
  CHECK(third.outcome == Outcome::kGone);
  CHECK(third.gone_because == GoneBecause::kNot);
  CHECK(third.interval_ms == 4 * kBase);
}

TEST_CASE("revisit: missing, failing, missing again is gone; missing, found, missing is not",
          "[revisit]") {
  const Settlement missing =
      settle(copy_with(kBase), finding(FindingKind::kMissing, Outcome::kHttpError, kNow, 1), kBase);
  const Settlement failed =
      settle(after(missing), finding(FindingKind::kFailed, Outcome::kTimeout, kNow, 2), kBase);
  CHECK(failed.outcome == Outcome::kTimeout);
  const FetchFinding again = finding(FindingKind::kMissing, Outcome::kHttpError, kNow, 3);
  CHECK(settle(after(failed), again, kBase).outcome == Outcome::kGone);
  const Settlement found = settle(after(missing), finding(FindingKind::kSame), kBase);
  CHECK(settle(after(found), again, kBase).outcome == Outcome::kHttpError);
}

TEST_CASE("revisit: a month of failures is enough, a day less is not", "[revisit]") {
  FetchHistory failing = copy_with(kBase);
  failing.failures = 30;
  failing.fetched_at = kNow + 30 * kDayMs - 1;
  failing.failing_since = kNow;
  const Settlement early =
      settle(failing, finding(FindingKind::kFailed, Outcome::kTimeout, kNow + 31 * kDayMs), kBase);
  CHECK(early.outcome == Outcome::kTimeout);
  failing.fetched_at = kNow + 30 * kDayMs;
  const Settlement late =
      settle(failing, finding(FindingKind::kFailed, Outcome::kTimeout, kNow + 31 * kDayMs), kBase);
  CHECK(late.outcome == Outcome::kGone);
  CHECK(late.gone_because == GoneBecause::kFailingForLong);
  CHECK(late.failing_since == kNow);
  // A timeout says no more of what is gone already.
  const Settlement still = settle(
      after(late), finding(FindingKind::kFailed, Outcome::kTimeout, kNow + 40 * kDayMs, 9), kBase);
  CHECK(still.outcome == Outcome::kGone);
  CHECK(still.gone_because == GoneBecause::kNot);
}

TEST_CASE("revisit: a clock that jumps makes no month of failures", "[revisit]") {
  FetchHistory failing = copy_with(kBase);
  failing.failures = 7;
  failing.failing_since = kNow;
  failing.fetched_at = kNow + 7 * kDayMs;
  SECTION("forwards") {
    constexpr int64_t kLater = kNow + 365 * kDayMs;
    const FetchFinding again = finding(FindingKind::kFailed, Outcome::kTimeout, kLater);
    CHECK(settle(failing, again, kBase).outcome == Outcome::kTimeout);
    failing.fetched_at = kLater - kDayMs;  // the failure before agrees
    CHECK(settle(failing, again, kBase).outcome == Outcome::kGone);
  }
  SECTION("backwards: the days are counted from the failure after it") {
    constexpr int64_t kBefore = kNow - 365 * kDayMs;
    const FetchFinding again = finding(FindingKind::kFailed, Outcome::kTimeout, kBefore);
    const Settlement settled = settle(failing, again, kBase);
    CHECK(settled.failing_since == kBefore);
    CHECK(settled.failures == 8);
  }
}

TEST_CASE("revisit: an outage of ours counts for nothing", "[revisit]") {
  FetchHistory failing = copy_with(kBase);
  failing.failures = 1;
  failing.failing_since = kNow - 40 * kDayMs;
  failing.missing_run = 1;
  FetchFinding ours =
      finding(GENERATE(FindingKind::kFailed, FindingKind::kMissing), Outcome::kHttpError, kNow, 2);
  ours.counts_as_failure = false;
  const Settlement settled = settle(failing, ours, kBase);
  CHECK(settled.outcome == Outcome::kHttpError);
  CHECK(settled.failures == 1);
  CHECK(settled.failing_since == failing.failing_since);
  CHECK(settled.missing_run == 1);
  CHECK(settled.due_at == (ours.found == FindingKind::kMissing ? kNow + kHourMs : kNow));
  const Settlement first = settle(copy_with(kBase), ours, kBase);
  CHECK(first.failing_since == 0);
  CHECK(first.missing_run == 0);
}

TEST_CASE("revisit: a page that never had a copy is what the server says of it", "[revisit]") {
  const Settlement gone = settle({}, finding(FindingKind::kMissing, Outcome::kGone), kBase);
  CHECK(gone.outcome == Outcome::kGone);
  CHECK(gone.interval_ms == kBase);
  FetchHistory before;
  before.interval_ms = kBase;
  before.failing_since = kNow - 40 * kDayMs;
  const Settlement missing =
      settle(before, finding(FindingKind::kMissing, Outcome::kHttpError, kNow, 9), kBase);
  CHECK(missing.outcome == Outcome::kHttpError);
  CHECK(missing.interval_ms == 2 * kBase);
  CHECK(missing.failures == 0);
  const Settlement failed =
      settle(before, finding(FindingKind::kFailed, Outcome::kTimeout, kNow, 9), kBase);
  CHECK(failed.outcome == Outcome::kTimeout);
}
