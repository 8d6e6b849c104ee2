// SPDX-License-Identifier: MIT
#include "storage/revisit.h"

#include <algorithm>

namespace crawl {

namespace {

int64_t clamped(int64_t interval_ms) {
  return std::clamp(interval_ms, kIntervalMinMs, kIntervalMaxMs);
}

int64_t interval_after(const FetchHistory& history, const FetchFinding& finding, int64_t base_ms) {
  const int64_t base = clamped(base_ms);
  const int64_t before = history.interval_ms > 0 ? clamped(history.interval_ms) : 0;
  switch (finding.found) {
    case FindingKind::kNew:
    case FindingKind::kChanged:
    case FindingKind::kSame:
      break;
    case FindingKind::kMoved:
      return base;
    case FindingKind::kMovedForGood:
      return kIntervalMaxMs;
    case FindingKind::kMissing:
      return before == 0 ? base : clamped(before * 2);
    case FindingKind::kFailed:
      return history.interval_ms;
  }
  if (finding.canonical_elsewhere) return kIntervalMaxMs;
  // The interval of a duplicate says nothing of a page that stands for itself.
  if (finding.found == FindingKind::kNew || before == 0 || history.canonical_elsewhere) return base;
  return clamped(finding.found == FindingKind::kChanged ? before / 2 : before * 2);
}

// A good copy is there, and this fetch did not get one.
void settle_failure(const FetchHistory& history, const FetchFinding& finding, Settlement& settled) {
  const bool missing = finding.found == FindingKind::kMissing;
  if (missing) settled.outcome = Outcome::kHttpError;
  if (history.gone) settled.outcome = Outcome::kGone;
  if (!finding.counts_as_failure) return;
  if (missing && settled.missing_run == 0) settled.missing_run = finding.run_id;
  if (history.gone) return;
  if (missing && settled.missing_run != finding.run_id) {
    settled.gone_because = GoneBecause::kMissingTwice;
  } else if (std::min(finding.at, history.fetched_at) - settled.failing_since >= kFailuresGoneMs) {
    settled.gone_because = GoneBecause::kFailingForLong;
  }
  if (settled.gone_because != GoneBecause::kNot) settled.outcome = Outcome::kGone;
}

}  // namespace

Settlement settle(const FetchHistory& history, const FetchFinding& finding, int64_t base_ms) {
  Settlement settled;
  settled.outcome = finding.outcome;
  settled.interval_ms = interval_after(history, finding, base_ms);
  settled.due_at = finding.at + settled.interval_ms;
  const bool answered = finding.found != FindingKind::kFailed &&
                        (finding.found != FindingKind::kMissing || !history.has_copy);
  if (answered) return settled;

  settled.failures = history.failures;
  settled.failing_since = history.failing_since;
  settled.missing_run = history.missing_run;
  if (finding.counts_as_failure) {
    ++settled.failures;
    // A wall clock that was set back must not make the 30 days longer.
    if (settled.failing_since == 0 || settled.failing_since > finding.at) {
      settled.failing_since = finding.at;
    }
  }
  if (history.has_copy) settle_failure(history, finding, settled);
  if (settled.outcome == Outcome::kGone) {
    const int64_t before = history.interval_ms > 0 ? history.interval_ms : base_ms;
    settled.interval_ms = clamped(clamped(before) * 2);
    settled.due_at = finding.at + settled.interval_ms;
  } else {
    settled.interval_ms = history.interval_ms;
    // Failures pass: the next run asks again, however soon it is.
    settled.due_at = finding.at + (finding.found == FindingKind::kMissing ? kAfterMissingMs : 0);
  }
  return settled;
}

}  // namespace crawl
