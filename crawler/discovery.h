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
#include "storage/records.h"

namespace crawl {

// A URL that a page (or a redirect, or a seed) offers.
struct Offer {
  std::string_view href;  // canonical, as the fetcher says
  LinkKind kind = LinkKind::kAnchor;
  bool nofollow = false;
  int64_t depth = 0;
  int64_t hops = 0;  // redirects that led to it
  int64_t seed_id = 0;
  int64_t via_id = 0;
};

struct Found {
  int64_t url_id = 0;
  int64_t host_id = 0;  // of `pending`
  std::string host_name;
  std::optional<PendingUrl> pending;  // to be queued, once the unit has been submitted
};

class Discovery {
 public:
  Discovery(uint64_t fingerprint_seed, ScopePolicy scope);

  // At start, from the database.
  void restore_url(int64_t id, std::string_view url, bool skipped);
  void restore_host(int64_t id, const std::string& name);
  void set_next_ids(int64_t url_id, int64_t host_id);
  ScopePolicy& scope() { return scope_; }
  const ScopePolicy& scope() const { return scope_; }

  // Appends what is new to `unit`. nullopt: `href` is not a canonical URL, whoever sent it is
  // lying.
  std::optional<Found> offer(const Offer& offer, int64_t now_wall_ms, WriteUnit& unit);
  // A seed: always wanted. A URL that was skipped becomes pending.
  Found offer_seed(const Url& url, int64_t seed_id, int64_t now_wall_ms, WriteUnit& unit);

 private:
  struct Decision {
    SkipReason reason = SkipReason::kNone;
    int64_t seed_id = 0;
    int64_t host_id = 0;  // 0 where the URL is nothing of ours
  };
  Decision decide(const Url& url, const Offer& offer, WriteUnit& unit);
  int64_t host_id(const Url& url, WriteUnit& unit);
  Found add(uint64_t fingerprint, const Url& url, const Offer& offer, const Decision& decision,
            int64_t now_wall_ms, WriteUnit& unit);
  Found upgrade(uint64_t fingerprint, int64_t id, const Url& url, const Offer& offer,
                const Decision& decision, WriteUnit& unit);

  SeenTable seen_;
  ScopePolicy scope_;
  std::unordered_map<std::string, int64_t> host_ids_;
  int64_t next_url_id_ = 1;
  int64_t next_host_id_ = 1;
};

}  // namespace crawl
