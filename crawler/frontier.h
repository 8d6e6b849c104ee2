// SPDX-License-Identifier: MIT
#pragma once

// The hosts that have work, and whose turn it is. A host is *ready* when it may be asked something:
// its delay is over, fewer than host_concurrency requests are under way, and it has an errand, or a
// URL in memory whose robots.txt is known or may be asked for. Hosts are ordered by the time they
// become ready, and among those due by who waited longest: round robin, so that no host fills all
// slots. Cost of each operation is logarithmic in the number of hosts with work and does not depend
// on how many URLs wait.

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "crawler/address_limits.h"
#include "crawler/host_queue.h"
#include "crawler/origin_robots.h"
#include "crawler/politeness.h"

namespace crawl {

inline constexpr size_t kNoFetcher = static_cast<size_t>(-1);
inline constexpr int64_t kHeard = -1;

// A robots.txt that a host is to be asked for: its own, or one that redirects to it.
struct Errand {
  int64_t host_id = 0;  // whose robots.txt it is
  size_t scheme = 0;    // which of its gates waits
};

// Requests in a row to which nobody answered, or with 429 or 503 only. A host that has been silent
// for too long is given up for this run: its URLs end with what became of the latest request, and
// are due in the next run.
struct Silence {
  static constexpr int kRequestsMin = 3;

  int requests = 0;
  int64_t since_ms = 0;  // monotonic; when the first of them ended
  bool given_up = false;
  Outcome outcome = Outcome::kNone;
};

struct Host {
  Host(const Politeness::Options& options, int64_t host_id)
      : id(host_id), politeness(options, host_id) {}

  int64_t id = 0;
  std::string name;
  bool allow_private = false;
  Politeness politeness;
  std::array<RobotsGate, 2> robots;  // in the order of kRobotsSchemes
  HostQueue queue;
  std::deque<Errand> errands;  // before what is in the queue
  int64_t turn_ms = 0;         // its latest turn: what peek() and pop() are to be asked for
  int in_flight = 0;           // robots.txt included
  Silence silence;
  int64_t silent_since_ms = kHeard;      // when the first of its silences in a row ended
  AddressKey address = kAddressUnknown;  // it answered from last
  size_t fetcher = kNoFetcher;           // affinity: whose connection is warm
  bool answered = false;                 // ever, in whichever run
  bool dirty = false;                    // differs from its row
  bool tail_wanted = false;              // in line for a reading of its tail
  bool waits_for_fetcher = false;        // in line for room in its fetcher
  bool waits_for_address = false;        // in line for room at its address

 private:
  friend class Frontier;
  using ReadyKey = std::tuple<int64_t, uint64_t, int64_t>;  // ready_ms, turn, host id
  std::optional<ReadyKey> ready_;
  bool busy_ = false;  // counted in Frontier::busy_
};

// The robots.txt that decides about a URL of the host. A scheme alone will do.
inline RobotsGate& gate(Host& host, std::string_view url) { return host.robots[scheme_index(url)]; }
inline const RobotsGate& gate(const Host& host, std::string_view url) {
  return host.robots[scheme_index(url)];
}

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

  // The host whose turn it is, or nullptr; its turn_ms says since when. It is taken off the list
  // until reschedule().
  Host* take_ready(int64_t now_ms);
  // The same for this one, if it may be asked.
  bool take(Host& host, int64_t now_ms);
  // When the next host becomes ready; nullopt: none will without outside help.
  std::optional<int64_t> next_ready_ms() const;

  // True when the host has no work, nothing in flight, and its delay has passed: it may be
  // forgotten.
  bool idle(const Host& host, int64_t now_ms) const;
  void forget(int64_t id) { hosts_.erase(id); }

  size_t size() const { return hosts_.size(); }
  size_t ready_count(int64_t now_ms, size_t count_max) const;
  bool busy(const Host& host) const { return host.busy_; }  // anything pending or in flight
  bool finished() const { return busy_ == 0; }              // nothing pending, nothing in flight
  void for_each(const std::function<void(Host&)>& visit);
  bool any_of(const std::function<bool(const Host&)>& wanted) const;

 private:
  std::optional<int64_t> ready_ms(const Host& host) const;
  static bool has_work(const Host& host);

  Options options_;
  uint64_t next_turn_ = 1;
  std::unordered_map<int64_t, std::unique_ptr<Host>> hosts_;
  std::set<Host::ReadyKey> ready_;
  size_t busy_ = 0;  // hosts with anything pending or in flight; kept by reschedule()
};

}  // namespace crawl
