// SPDX-License-Identifier: MIT
#include "storage/apply_change.h"

#include <algorithm>

#include "base/clock.h"

namespace crawl {

namespace {

bool says_missing(const PageRow& page) {
  return page.outcome == Outcome::kGone || page.status == 404 || page.status == 410;
}

// The word for a change that a usable answer is; "" for none.
std::string_view change_word(const FetchHistory& before, const PageRow& page, bool confirms,
                             bool same_content) {
  if (confirms) return before.gone ? "new" : "";
  if (brings_copy(page)) {
    if (!before.has_copy || before.gone) return "new";
    return same_content ? "" : "changed";
  }
  // The page became something without content, a redirect for one.
  return before.has_copy && page.body_store == BodyStore::kReplace ? "changed" : "";
}

FindingKind found_by(const FetchHistory& before, const PageRow& page, bool confirms,
                     std::string_view word) {
  if (page.outcome == Outcome::kRedirect) {
    return page.status == 301 || page.status == 308 ? FindingKind::kMovedForGood
                                                    : FindingKind::kMoved;
  }
  const bool settled_without_copy =
      page.body_store == BodyStore::kReplace &&
      (page.outcome == Outcome::kUnsupportedType || page.outcome == Outcome::kTooLarge);
  if (!confirms && !brings_copy(page) && !settled_without_copy) {
    return says_missing(page) ? FindingKind::kMissing : FindingKind::kFailed;
  }
  if (word == "new") return FindingKind::kNew;
  if (word == "changed") return FindingKind::kChanged;
  return before.interval_ms == 0 ? FindingKind::kNew : FindingKind::kSame;
}

}  // namespace

void UnitApplier::settle_page(const PageRow& page, const StoredPage& stored, Change& change) const {
  const FetchHistory& before = stored.history;
  change.confirms = page.outcome == Outcome::kNotModified && before.has_copy;
  change.content_hash = change.confirms ? stored.content_hash : stored_hash(page.content_hash);
  change.content_id = stored.content_id;
  change.word =
      change_word(before, page, change.confirms, change.content_hash == stored.content_hash);

  FetchFinding finding;
  finding.found = found_by(before, page, change.confirms, change.word);
  finding.outcome = page.outcome;
  finding.run_id = run_id_;
  finding.at = page.fetched_at;
  finding.canonical_elsewhere =
      change.confirms ? before.canonical_elsewhere : page.canonical_id != 0;
  // What kills fetchers, and a 304 that nobody asked for, say nothing about the page.
  finding.counts_as_failure = page.counts_as_failure && page.outcome != Outcome::kCrashedFetcher &&
                              page.outcome != Outcome::kNotModified;
  change.settled = settle(before, finding, options_.revisit_ms);
  change.visit_outcome =
      finding.found == FindingKind::kMissing ? change.settled.outcome : page.outcome;

  if (before.has_copy && !before.gone && change.settled.outcome == Outcome::kGone) {
    change.word = "gone";
  }
  const int64_t text_hash = change.confirms ? stored.text_hash : stored_hash(page.text_hash);
  change.text_changed =
      change.word == "new" || (change.word == "changed" && text_hash != stored.text_hash);
  const bool other_version = change.word == "new" || change.word == "changed";
  change.changed_at = other_version ? page.fetched_at : stored.changed_at;
}

void UnitApplier::settle_url(const PageRow& page, Change& change) {
  settled_.url_id = page.url_id;
  settled_.due_at = change.settled.due_at;
  if (page.unavailable_after > page.fetched_at) {
    settled_.due_at = std::min(settled_.due_at, page.unavailable_after);
  }
  settled_.outcome = change.settled.outcome;
  settled_.overrides = change.settled.outcome != page.outcome;
  settled_.detail = page.detail;
  if (change.settled.gone_because == GoneBecause::kFailingForLong) {
    settled_.detail = "no good answer since " + iso8601_utc(change.settled.failing_since);
    if (!page.detail.empty()) settled_.detail.append(": ").append(page.detail);
  }
  change.detail = settled_.detail;
}

}  // namespace crawl
