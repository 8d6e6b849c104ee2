// SPDX-License-Identifier: MIT
#pragma once

// Is it the host that is silent, or the network that is gone? A silence is *doubtful* while nobody
// has shown a sign of life since its request began, nor since the host was silent first: it says
// nothing of its host then. When the doubtful silences go on, from several hosts in a row, there is
// an *outage*: nobody answers, and only one request now and then is worth while, until somebody
// does. No clock here but what is passed in.

#include <cstdint>
#include <unordered_map>

#include "ipc/messages.h"

namespace crawl {

class NetworkWatch {
 public:
  static constexpr size_t kHostsMin = 3;           // silent in a row make an outage,
  static constexpr int64_t kSilenceMinMs = 3'000;  // when that lasts so long
  static constexpr int64_t kProbeFirstMs = 1'000;  // between two requests during an outage:
  static constexpr int64_t kProbeLastMs = 30'000;  // doubled from the first to the last

  // How a request ended, as far as the network is concerned. Times are monotonic.
  struct Report {
    int64_t host_id = 0;
    Reach reach = Reach::kUnclear;
    bool name_answered = false;
    int64_t began_ms = 0;
    int64_t ended_ms = 0;
    int64_t silent_since_ms = 0;  // when the host's first silence in a row ended; or as began_ms
    bool expected = false;        // it has answered before
  };
  // True when it was a doubtful silence. Signs of life end an outage here: of a host, any; of a
  // name server, one in which no name could be had.
  bool hear(const Report& report);

  // Has anybody shown a sign of life of that kind lately? Where not, it may be asked for one.
  bool quiet(Reach silence, int64_t now_ms) const;
  // Has it been silent since the last sign of life?
  bool suspects(int64_t host_id) const {
    return silent_hosts_.count(host_id) + silent_names_.count(host_id) > 0;
  }
  // Doubtful silences of at least so many hosts in a row, for long enough.
  bool silent_hosts(size_t hosts_min, int64_t now_ms) const;
  // Is one among them that was expected to answer?
  bool expected_silent() const { return expected_ > 0; }

  void begin_outage(int64_t now_ms);
  bool outage() const { return outage_since_ms_ != kNever; }
  int64_t silent_since_ms() const { return silent_since_ms_; }  // while there is an outage
  // The next request of an outage.
  int64_t probe_at_ms() const { return probe_at_ms_; }

 private:
  static constexpr int64_t kNever = -1;

  struct Silent {
    bool doubtful = false;
    bool expected = false;
  };
  using Silences = std::unordered_map<int64_t, Silent>;  // by host id
  void sign_of_life(int64_t at_ms, Reach silence);
  void note(Silences& silences, const Report& report, bool doubtful);
  void clear(Silences& silences);

  // Names are answered by others than pages: each silence is measured by its own kind, and those of
  // a kind end together.
  int64_t name_alive_ms_ = kNever;
  int64_t host_alive_ms_ = kNever;
  Silences silent_hosts_, silent_names_;  // since the last sign of life
  size_t doubtful_ = 0, expected_ = 0;    // among both
  int64_t silent_since_ms_ = kNever;
  int64_t outage_since_ms_ = kNever;
  int64_t probe_wait_ms_ = 0;
  int64_t probe_at_ms_ = 0;
};

}  // namespace crawl
