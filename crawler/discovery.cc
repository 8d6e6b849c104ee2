// SPDX-License-Identifier: MIT
#include "crawler/discovery.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "web/host.h"

namespace crawl {

namespace {

constexpr int64_t kRanksPerDepth = 1000;

PendingUrl pending_url(int64_t id, const Url& url, const Offer& offer, int64_t seed_id) {
  PendingUrl pending;
  pending.id = id;
  pending.rank = queue_rank(offer.role, offer.depth, offer.priority);
  pending.depth = offer.depth;
  pending.hops = offer.hops;
  pending.seed_id = seed_id;
  pending.role = offer.role;
  pending.url = url.href();
  return pending;
}

bool is_canonical(const Url& url, std::string_view href) {
  return !url.has_fragment() && !url.has_credentials() && url.href() == href &&
         href.size() <= kUrlBytesMax;
}

// A shortened URL begins as the long one did, and that was canonical.
bool is_stand_in(std::string_view shortened) {
  const std::string_view prefix = shortened.substr(0, shortened.rfind('#'));
  const auto is_graphic = [](char c) { return c > ' ' && c <= '~'; };
  return prefix.size() > kShortenedBytes - 4 &&
         std::all_of(prefix.begin(), prefix.end(), is_graphic) && Url::parse(prefix);
}

}  // namespace

bool is_link_target(std::string_view href) {
  if (is_shortened_url(href)) return is_stand_in(href);
  const Result<Url> url = Url::parse(href);
  return url && is_canonical(*url, href);
}

UrlRole role_of(LinkKind kind) {
  if (kind == LinkKind::kSitemapFile) return UrlRole::kSitemap;
  return is_page_link(kind) ? UrlRole::kPage : UrlRole::kAsset;
}

int64_t queue_rank(UrlRole role, int64_t depth, uint8_t priority) {
  int64_t place = 0;
  if (role == UrlRole::kPage) {
    place = 500 - 4 * (std::min<int64_t>(priority, 100) - kPriorityNormal);
  } else if (role == UrlRole::kAsset) {
    place = kRanksPerDepth - 1;
  }
  return depth * kRanksPerDepth + place;
}

Discovery::Discovery(uint64_t fingerprint_seed, ScopePolicy scope, const Options& options)
    : options_(options), seen_(fingerprint_seed), scope_(std::move(scope)), traps_(options.traps) {}

void Discovery::restore_url(int64_t id, int64_t host_id, std::string_view url, bool skipped) {
  seen_.put(seen_.fingerprint(url), {id, skipped});
  if (skipped || !options_.traps.enabled) return;
  const Result<Url> parsed = Url::parse(url);
  if (parsed) traps_.count(host_id, *parsed);
}

std::optional<int64_t> Discovery::id_of(std::string_view href) const {
  const std::optional<SeenTable::Entry> entry = seen_.find(seen_.fingerprint(href));
  return entry && !entry->skipped ? std::optional(entry->id) : std::nullopt;
}

void Discovery::restore_host(int64_t id, const std::string& name) {
  host_ids_.emplace(name, id);
  ++domain_hosts_[registrable_domain(name.substr(0, name.rfind(':')))];
}

// Wildcard names make hosts without end.
bool Discovery::has_room_for_host(const Url& url) {
  if (!options_.traps.enabled || host_ids_.count(url.authority()) > 0) return true;
  const auto known = domain_hosts_.find(registrable_domain(url.host()));
  return known == domain_hosts_.end() || known->second < options_.traps.domain_hosts_max;
}

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
    ++domain_hosts_[registrable_domain(url.host())];
    unit.new_hosts.push_back(std::move(row));
  }
  return place->second;
}

Discovery::Decision Discovery::decide(const Url& url, const Offer& offer, int64_t now_wall_ms,
                                      WriteUnit& unit) {
  const ScopeDecision scope =
      scope_.decide({url, offer.role, offer.nofollow, offer.depth, offer.hops, offer.seed_id});
  Decision decision{scope.reason, scope.seed_id, 0, scope.rule};
  switch (scope.reason) {
    case SkipReason::kSchemeRefused:
    case SkipReason::kPortRefused:
    case SkipReason::kOutOfScope:
      return decision;  // no row in `hosts`: the crawl has nothing to do with them
    default:
      break;
  }
  if (!has_room_for_host(url)) return {SkipReason::kBudget, scope.seed_id, 0, kDomainBudget};
  decision.host_id = host_id(url, unit);
  if (offer.recorded_only) {
    decision.reason = SkipReason::kAsset;
    decision.rule = "form";
  } else if (scope.reason == SkipReason::kNone) {
    const TrapVerdict trap = offer.role == UrlRole::kPage
                                 ? traps_.check(decision.host_id, url, now_wall_ms)
                                 : traps_.check_budget(decision.host_id, url);
    decision.reason = trap.reason;
    decision.rule = trap.rule;
  }
  return decision;
}

std::optional<Found> Discovery::offer(const Offer& offer, int64_t now_wall_ms, WriteUnit& unit) {
  if (!options_.canonicalize.any()) {
    // Most links lead to what is known: no need to look at them twice.
    const std::optional<SeenTable::Entry> entry = seen_.find(seen_.fingerprint(offer.href));
    if (entry && !entry->skipped) return known(entry->id, offer, now_wall_ms, unit);
  }
  if (is_shortened_url(offer.href)) {
    if (!is_stand_in(offer.href)) return std::nullopt;
    return offer_too_long(offer, now_wall_ms, unit);
  }
  const Result<Url> url = Url::parse(offer.href);
  if (!url || !is_canonical(*url, offer.href)) return std::nullopt;
  if (!options_.canonicalize.any()) return offer_canonical(*url, offer, now_wall_ms, unit);
  return offer_canonical(canonicalize(*url, options_.canonicalize), offer, now_wall_ms, unit);
}

std::optional<Found> Discovery::offer_canonical(const Url& url, const Offer& offer,
                                                int64_t now_wall_ms, WriteUnit& unit) {
  const uint64_t fingerprint = seen_.fingerprint(url.href());
  const std::optional<SeenTable::Entry> entry = seen_.find(fingerprint);
  if (entry && !entry->skipped) return known(entry->id, offer, now_wall_ms, unit);
  const Decision decision = decide(url, offer, now_wall_ms, unit);
  if (!entry) return add(fingerprint, url, offer, decision, now_wall_ms, unit);
  if (decision.reason != SkipReason::kNone) return Found{entry->id, 0, {}, std::nullopt};
  return upgrade(fingerprint, entry->id, url, offer, decision, unit);
}

Found Discovery::known(int64_t id, const Offer& offer, int64_t now_wall_ms, WriteUnit& unit) const {
  if (offer.modified_at > 0 && offer.modified_at <= now_wall_ms) {
    unit.listed.push_back({id, offer.modified_at});
  }
  return Found{id, 0, {}, std::nullopt};
}

// Nobody fetches it: its row says that it was seen.
Found Discovery::offer_too_long(const Offer& offer, int64_t now_wall_ms, WriteUnit& unit) {
  const uint64_t fingerprint = seen_.fingerprint(offer.href);
  if (const auto entry = seen_.find(fingerprint)) return Found{entry->id, 0, {}, std::nullopt};
  NewUrl row = new_row(offer, {SkipReason::kUrlTooLong, offer.seed_id, 0, {}}, now_wall_ms);
  row.url = offer.href;
  seen_.put(fingerprint, {row.id, true});
  const Found found{row.id, 0, {}, std::nullopt};
  unit.new_urls.push_back(std::move(row));
  return found;
}

Found Discovery::offer_seed(const Url& url, int64_t seed_id, int64_t now_wall_ms, WriteUnit& unit) {
  Offer offer;
  offer.href = url.href();
  offer.role = UrlRole::kSeed;
  offer.seed_id = seed_id;
  const uint64_t fingerprint = seen_.fingerprint(offer.href);
  const std::optional<SeenTable::Entry> entry = seen_.find(fingerprint);
  if (entry && !entry->skipped) return Found{entry->id, 0, {}, std::nullopt};
  const Decision decision{SkipReason::kNone, seed_id, host_id(url, unit), {}};
  if (!entry) return add(fingerprint, url, offer, decision, now_wall_ms, unit);
  return upgrade(fingerprint, entry->id, url, offer, decision, unit);
}

int64_t Discovery::offer_fetched(const Url& url, int64_t at_wall_ms, WriteUnit& unit) {
  Offer offer;
  offer.href = url.href();
  const uint64_t fingerprint = seen_.fingerprint(offer.href);
  const std::optional<SeenTable::Entry> entry = seen_.find(fingerprint);
  if (entry && !entry->skipped) return entry->id;
  const Decision decision{SkipReason::kNone, 0, host_id(url, unit), {}};
  if (!entry) return add(fingerprint, url, offer, decision, at_wall_ms, unit).url_id;
  upgrade(fingerprint, entry->id, url, offer, decision, unit);
  unit.upgrades.back().keeps_parents = true;
  return entry->id;
}

NewUrl Discovery::new_row(const Offer& offer, const Decision& decision, int64_t now_wall_ms) {
  NewUrl row;
  row.id = next_url_id_++;
  row.host_id = decision.host_id;
  row.seed_id = decision.seed_id;
  row.via_id = offer.via_id;
  row.depth = offer.depth;
  row.hops = offer.hops;
  row.rank = queue_rank(offer.role, offer.depth, offer.priority);
  row.role = offer.role;
  row.first_seen_at = now_wall_ms;
  row.reason = decision.reason;
  row.rule = decision.rule;
  row.state = decision.reason == SkipReason::kNone ? UrlState::kPending : UrlState::kSkipped;
  return row;
}

Found Discovery::add(uint64_t fingerprint, const Url& url, const Offer& offer,
                     const Decision& decision, int64_t now_wall_ms, WriteUnit& unit) {
  NewUrl row = new_row(offer, decision, now_wall_ms);
  row.url = url.href();
  const bool wanted = row.state == UrlState::kPending;
  seen_.put(fingerprint, {row.id, !wanted});
  Found found{row.id, decision.host_id, {}, std::nullopt};
  if (wanted) {
    traps_.count(decision.host_id, url);
    found.host_name = url.authority();
    found.pending = pending_url(row.id, url, offer, decision.seed_id);
  }
  if (offer.modified_at > 0 && offer.modified_at <= now_wall_ms) {
    unit.listed.push_back({row.id, offer.modified_at});
  }
  unit.new_urls.push_back(std::move(row));
  return found;
}

Found Discovery::upgrade(uint64_t fingerprint, int64_t id, const Url& url, const Offer& offer,
                         const Decision& decision, WriteUnit& unit) {
  seen_.put(fingerprint, {id, false});
  traps_.count(decision.host_id, url);
  UrlUpgrade row;
  row.id = id;
  row.host_id = decision.host_id;
  row.seed_id = decision.seed_id;
  row.via_id = offer.via_id;
  row.depth = offer.depth;
  row.hops = offer.hops;
  row.rank = queue_rank(offer.role, offer.depth, offer.priority);
  row.role = offer.role;
  unit.upgrades.push_back(row);
  return Found{id, decision.host_id, url.authority(),
               pending_url(id, url, offer, decision.seed_id)};
}

}  // namespace crawl
