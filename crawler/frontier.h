// SPDX-License-Identifier: MIT
#pragma once

// The hosts that have work, and whose turn it is. A host is *ready* when it may be asked something:
// its delay is over, fewer than host_concurrency requests are under way, and it has a URL in memory
// (or its robots.txt is still to be fetched). Hosts are ordered by the time they become ready, and
// among those due by who waited longest: round robin, so that no host fills all slots. Cost of each
// operation is logarithmic in the number of hosts with work and does not depend on how many URLs
// wait.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "crawler/host_queue.h"
#include "crawler/politeness.h"
#include "storage/records.h"
#include "web/robots.h"

namespace crawl {

inline constexpr size_t kNoFetcher = static_cast<size_t>(-1);

// robots.txt of a host, as far as this run knows.
struct RobotsGate {
  RobotsState state = RobotsState::kUnknown;
  RobotsRules rules;
  int64_t fetched_at = 0;  // wall ms
  bool in_flight = false;
  int hops = 0;              // redirects followed so far
  std::string redirect_url;  // where the last hop pointed; "" : /robots.txt itself
  int attempts = 0;
  int strikes = 0;
  int64_t retry_at_ms = 0;  // monotonic
  // kUnreachable: what the host's URLs end as, and why.
  Outcome outcome = Outcome::kNone;
  std::string detail;
};

struct Host {
  explicit Host(const Politeness::Options& options) : politeness(options) {}

  int64_t id = 0;
  std::string name;
  bool allow_private = false;
  Politeness politeness;
  RobotsGate robots;
  HostQueue queue;
  int in_flight = 0;               // robots included
  size_t fetcher = kNoFetcher;     // affinity: whose connection is warm
  bool dirty = false;              // differs from its row
  bool tail_wanted = false;        // in line for a reading of its tail
  bool waits_for_fetcher = false;  // in line for room in its fetcher

 private:
  friend class Frontier;
  using ReadyKey = std::tuple<int64_t, uint64_t, int64_t>;  // ready_ms, turn, host id
  std::optional<ReadyKey> ready_;
  bool busy_ = false;  // counted in Frontier::busy_
};

class Frontier {
 public:
  struct Options {
    int host_concurrency = 1;
    Politeness::Options politeness;
  };
  explicit Frontier(const Options& options) : options_(options) {}

  // A host that is not in memory is made by `make`.
  Host& host(int64_t id, const std::function<void(Host&)>& make);
  Host* find(int64_t id);
  // To be called after anything about the host changed: puts it where it belongs.
  void reschedule(Host& host);

  // The host whose turn it is, or nullptr. It is taken off the list until reschedule().
  Host* take_ready(int64_t now_ms);
  // When the next host becomes ready; nullopt: none will without outside help.
  std::optional<int64_t> next_ready_ms() const;

  // True when the host has no work, nothing in flight, and its delay has passed: it may be
  // forgotten.
  bool idle(const Host& host, int64_t now_ms) const;
  void forget(int64_t id) { hosts_.erase(id); }

  size_t size() const { return hosts_.size(); }
  size_t ready_count(int64_t now_ms, size_t count_max) const;
  bool finished() const { return busy_ == 0; }  // nothing pending, nothing in flight
  void for_each(const std::function<void(Host&)>& visit);

 private:
  std::optional<int64_t> ready_ms(const Host& host) const;

  Options options_;
  uint64_t next_turn_ = 1;
  std::unordered_map<int64_t, std::unique_ptr<Host>> hosts_;
  std::set<Host::ReadyKey> ready_;
  size_t busy_ = 0;  // hosts with anything pending or in flight; kept by reschedule()
};

}  // namespace crawl
