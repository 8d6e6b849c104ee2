// SPDX-License-Identifier: MIT
#pragma once

// What becomes of a URL when it is seen: known already, or a new row with exactly one decision.
// Gives out the ids of URLs and hosts. Nothing a fetcher says becomes a row before it has passed
// here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "crawler/scope.h"
#include "crawler/seen_table.h"
#include "crawler/traps.h"
#include "storage/records.h"
#include "web/canonical.h"

namespace crawl {

// A URL that a page (or a redirect, a sitemap, a robots.txt, a seed) offers.
struct Offer {
  std::string_view href;  // canonical or shortened, as the fetcher says
  UrlRole role = UrlRole::kPage;
  bool nofollow = false;
  bool recorded_only = false;  // a form's action: nobody sends forms
  int64_t depth = 0;
  int64_t hops = 0;  // redirects, or sitemap indexes, that led to it
  int64_t seed_id = 0;
  int64_t via_id = 0;
  uint8_t priority = kPriorityNormal;
  int64_t modified_at = 0;  // as a sitemap or feed says; wall ms; 0: unknown
};

// A canonical URL, of whatever scheme, or what stands for one that is too long: all that a fetcher
// may name as the target of a link.
bool is_link_target(std::string_view href);

// What a link of this kind wants its target for.
UrlRole role_of(LinkKind kind);

// Place in a host's queue: breadth first; in one depth seeds and sitemaps, pages by priority,
// assets.
int64_t queue_rank(UrlRole role, int64_t depth, uint8_t priority);

struct Found {
  int64_t url_id = 0;
  int64_t host_id = 0;  // of `pending`
  std::string host_name;
  std::optional<PendingUrl> pending;  // to be queued, once the unit has been submitted
};

class Discovery {
 public:
  struct Options {
    CanonicalOptions canonicalize;
    TrapGuard::Options traps;
  };
  Discovery(uint64_t fingerprint_seed, ScopePolicy scope, const Options& options);

  // At start, from the database: the hosts first.
  void restore_url(int64_t id, int64_t host_id, std::string_view url, bool skipped);
  void restore_host(int64_t id, const std::string& name);
  void set_next_ids(int64_t url_id, int64_t host_id);
  // The host that a request of ours goes to; it has a row from now on.
  int64_t host_of(const Url& url, WriteUnit& unit) { return host_id(url, unit); }
  ScopePolicy& scope() { return scope_; }
  const ScopePolicy& scope() const { return scope_; }

  TrapGuard& traps() { return traps_; }
  // The row of a URL that was not skipped; nullopt: none.
  std::optional<int64_t> id_of(std::string_view href) const;

  // Appends what is new to `unit`. nullopt: `href` is neither a canonical nor a shortened URL,
  // whoever sent it is lying.
  std::optional<Found> offer(const Offer& offer, int64_t now_wall_ms, WriteUnit& unit);
  // A URL that was fetched already, by whom an archive comes from; returns its id.
  int64_t offer_fetched(const Url& url, int64_t at_wall_ms, WriteUnit& unit);
  // A seed: always wanted. A URL that was skipped becomes pending.
  Found offer_seed(const Url& url, int64_t seed_id, int64_t now_wall_ms, WriteUnit& unit);

 private:
  struct Decision {
    SkipReason reason = SkipReason::kNone;
    int64_t seed_id = 0;
    int64_t host_id = 0;  // 0 where the URL is nothing of ours
    std::string_view rule;
  };
  Decision decide(const Url& url, const Offer& offer, int64_t now_wall_ms, WriteUnit& unit);
  std::optional<Found> offer_canonical(const Url& url, const Offer& offer, int64_t now_wall_ms,
                                       WriteUnit& unit);
  Found offer_too_long(const Offer& offer, int64_t now_wall_ms, WriteUnit& unit);
  Found known(int64_t id, const Offer& offer, int64_t now_wall_ms, WriteUnit& unit) const;
  int64_t host_id(const Url& url, WriteUnit& unit);
  bool has_room_for_host(const Url& url);
  Found add(uint64_t fingerprint, const Url& url, const Offer& offer, const Decision& decision,
            int64_t now_wall_ms, WriteUnit& unit);
  NewUrl new_row(const Offer& offer, const Decision& decision, int64_t now_wall_ms);
  Found upgrade(uint64_t fingerprint, int64_t id, const Url& url, const Offer& offer,
                const Decision& decision, WriteUnit& unit);

  const Options options_;
  SeenTable seen_;
  ScopePolicy scope_;
  TrapGuard traps_;
  std::unordered_map<std::string, int64_t> host_ids_;
  std::unordered_map<std::string, int64_t> domain_hosts_;  // hosts by registrable domain
  int64_t next_url_id_ = 1;
  int64_t next_host_id_ = 1;
};

}  // namespace crawl
