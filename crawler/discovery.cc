// SPDX-License-Identifier: MIT
#include "crawler/discovery.h"

#include <utility>

namespace crawl {

namespace {

PendingUrl pending_url(int64_t id, const Url& url, const Offer& offer, int64_t seed_id) {
  PendingUrl pending;
  pending.id = id;
  pending.depth = offer.depth;
  pending.hops = offer.hops;
  pending.seed_id = seed_id;
  pending.url = url.href();
  return pending;
}

}  // namespace

Discovery::Discovery(uint64_t fingerprint_seed, ScopePolicy scope)
    : seen_(fingerprint_seed), scope_(std::move(scope)) {}

void Discovery::restore_url(int64_t id, std::string_view url, bool skipped) {
  seen_.put(seen_.fingerprint(url), {id, skipped});
}

void Discovery::restore_host(int64_t id, const std::string& name) { host_ids_.emplace(name, id); }

void Discovery::set_next_ids(int64_t url_id, int64_t host_id) {
  next_url_id_ = url_id;
  next_host_id_ = host_id;
}

int64_t Discovery::host_id(const Url& url, WriteUnit& unit) {
  const auto [place, added] = host_ids_.try_emplace(url.authority(), next_host_id_);
  if (added) {
    HostRow row;
    row.id = next_host_id_++;
    row.name = place->first;
    unit.new_hosts.push_back(std::move(row));
  }
  return place->second;
}

Discovery::Decision Discovery::decide(const Url& url, const Offer& offer, WriteUnit& unit) {
  const ScopeDecision scope =
      scope_.decide({url, offer.kind, offer.nofollow, offer.depth, offer.seed_id});
  Decision decision{scope.reason, scope.seed_id, 0};
  switch (scope.reason) {
    case SkipReason::kSchemeRefused:
    case SkipReason::kPortRefused:
    case SkipReason::kOutOfScope:
      return decision;  // no row in `hosts`: the crawl has nothing to do with them
    default:
      break;
  }
  decision.host_id = host_id(url, unit);
  return decision;
}

std::optional<Found> Discovery::offer(const Offer& offer, int64_t now_wall_ms, WriteUnit& unit) {
  const uint64_t fingerprint = seen_.fingerprint(offer.href);
  const std::optional<SeenTable::Entry> entry = seen_.find(fingerprint);
  if (entry && !entry->skipped) return Found{entry->id, 0, {}, std::nullopt};

  const Result<Url> url = Url::parse(offer.href);
  if (!url || url->has_fragment() || url->has_credentials() || url->href() != offer.href) {
    return std::nullopt;
  }
  const Decision decision = decide(*url, offer, unit);
  if (!entry) return add(fingerprint, *url, offer, decision, now_wall_ms, unit);
  if (decision.reason != SkipReason::kNone) return Found{entry->id, 0, {}, std::nullopt};
  return upgrade(fingerprint, entry->id, *url, offer, decision, unit);
}

Found Discovery::offer_seed(const Url& url, int64_t seed_id, int64_t now_wall_ms, WriteUnit& unit) {
  Offer offer;
  offer.href = url.href();
  offer.seed_id = seed_id;
  const uint64_t fingerprint = seen_.fingerprint(offer.href);
  const std::optional<SeenTable::Entry> entry = seen_.find(fingerprint);
  if (entry && !entry->skipped) return Found{entry->id, 0, {}, std::nullopt};
  const bool bad_port = is_bad_port(url.effective_port());
  const Decision decision{bad_port ? SkipReason::kPortRefused : SkipReason::kNone, seed_id,
                          host_id(url, unit)};
  if (!entry) return add(fingerprint, url, offer, decision, now_wall_ms, unit);
  if (bad_port) return Found{entry->id, 0, {}, std::nullopt};
  return upgrade(fingerprint, entry->id, url, offer, decision, unit);
}

Found Discovery::add(uint64_t fingerprint, const Url& url, const Offer& offer,
                     const Decision& decision, int64_t now_wall_ms, WriteUnit& unit) {
  NewUrl row;
  row.id = next_url_id_++;
  row.host_id = decision.host_id;
  row.seed_id = decision.seed_id;
  row.via_id = offer.via_id;
  row.depth = offer.depth;
  row.hops = offer.hops;
  row.first_seen_at = now_wall_ms;
  row.reason = decision.reason;
  const bool wanted = decision.reason == SkipReason::kNone;
  row.state = wanted ? UrlState::kPending : UrlState::kSkipped;
  row.url = url.href();
  seen_.put(fingerprint, {row.id, !wanted});
  Found found{row.id, decision.host_id, {}, std::nullopt};
  if (wanted) {
    found.host_name = url.authority();
    found.pending = pending_url(row.id, url, offer, decision.seed_id);
  }
  unit.new_urls.push_back(std::move(row));
  return found;
}

Found Discovery::upgrade(uint64_t fingerprint, int64_t id, const Url& url, const Offer& offer,
                         const Decision& decision, WriteUnit& unit) {
  seen_.put(fingerprint, {id, false});
  UrlUpgrade row;
  row.id = id;
  row.host_id = decision.host_id;
  row.seed_id = decision.seed_id;
  row.via_id = offer.via_id;
  row.depth = offer.depth;
  row.hops = offer.hops;
  unit.upgrades.push_back(row);
  return Found{id, decision.host_id, url.authority(),
               pending_url(id, url, offer, decision.seed_id)};
}

}  // namespace crawl
