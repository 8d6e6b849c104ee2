// SPDX-License-Identifier: MIT
// Coordinator: what an earlier run decided against, and this one may want: its options or its seeds
// are others, or a robots.txt has changed.

#include <map>
#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

namespace {

constexpr size_t kOffersPerUnit = 1'000;

bool is(const SkippedUrl& url, SkipReason reason) { return url.reason == name(reason); }

}  // namespace

// All that decides about a URL but its robots.txt, as text: what differs from the last run's makes
// every decision worth another look.
Result<std::string> Coordinator::decider(Database& database, const std::vector<Seed>& seeds) const {
  std::map<std::string, std::string> scopes;
  auto listed = for_each_seed(database, [&](const SeedRow& row) {
    scopes[row.url] = std::to_string(row.depth.value_or(-1)) + " " + row.scope;
  });
  if (!listed) return listed.error();
  for (const Seed& seed : seeds) {
    scopes[seed.url.href()] = std::to_string(seed.depth.value_or(-1)) + " " +
                              std::string(seed.scope ? name(*seed.scope) : "");
  }
  std::string text = options_.deciding_json();
  for (const auto& [url, scope] : scopes) text.append("\n").append(url).append(" ").append(scope);
  return text;
}

bool Coordinator::worth_another_look(const SkippedUrl& url, bool other_decider,
                                     bool revisiting) const {
  if (is(url, SkipReason::kRobotsDenied)) return other_decider || revisiting;
  if (!other_decider) return false;
  if (is(url, SkipReason::kNofollow)) return options_.follow_nofollow;
  return !is(url, SkipReason::kSchemeRefused) && !is(url, SkipReason::kPortRefused) &&
         !is(url, SkipReason::kUrlTooLong) && url.rule != "form";
}

Result<Coordinator::Reconsidered> Coordinator::reconsider(Database& database,
                                                          const std::vector<Seed>& seeds,
                                                          bool revisiting) const {
  Reconsidered found;
  auto decided_by = decider(database, seeds);
  if (!decided_by) return decided_by.error();
  auto before = recall_decider(database);
  if (!before) return before.error();
  const bool other = *decided_by != *before;
  if (other || revisiting) found.decided_by = std::move(*decided_by);
  if (!other && !revisiting) return found;
  auto listed = for_each_skipped(database, [&](const SkippedUrl& skipped) {
    if (!worth_another_look(skipped, other, revisiting)) return;
    const Result<Url> url = Url::parse(skipped.url);
    if (!url) return;
    const ScopeDecision scope = discovery_->scope().decide(
        {*url, skipped.role, false, skipped.depth, skipped.hops, skipped.seed_id});
    if (scope.reason == SkipReason::kNone) {
      found.urls.push_back({std::string(skipped.url), skipped.role, skipped.depth, skipped.hops,
                            skipped.seed_id, skipped.via_id});
    }
  });
  if (!listed) return listed.error();
  return found;
}

// The last unit says by what has been decided, which a revisit has forgotten with its first
// transaction: a crash in between, and the next run looks at everything again.
void Coordinator::offer_again(const Reconsidered& reconsidered) {
  WriteUnit unit;
  std::vector<Found> found;
  for (const Reconsidered::Url& each : reconsidered.urls) {
    Offer offer;
    offer.href = each.href;
    offer.role = each.role;
    offer.depth = each.depth;
    offer.hops = each.hops;
    offer.seed_id = each.seed_id;
    offer.via_id = each.via_id;
    std::optional<Found> seen = discovery_->offer(offer, clock_.wall_ms(), unit);
    if (seen && seen->pending) found.push_back(std::move(*seen));
    if (unit.upgrades.size() < kOffersPerUnit) continue;
    submit(std::exchange(unit, {}), std::exchange(found, {}));
  }
  unit.decided_by = reconsidered.decided_by;
  submit(std::move(unit), found);
}

}  // namespace crawl
