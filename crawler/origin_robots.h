// SPDX-License-Identifier: MIT
#pragma once

// robots.txt of one origin, as far as this run knows (RFC 9309 §2.3): what each answer makes of it,
// and what of it a later run may go on with. No time here but what is passed in.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/messages.h"
#include "storage/records.h"
#include "web/robots.h"
#include "web/url.h"

namespace crawl {

inline constexpr int64_t kRobotsFreshMs = int64_t{24} * 3'600'000;        // RFC 9309 §2.4
inline constexpr int64_t kRobotsGiveUpMs = int64_t{30} * 24 * 3'600'000;  // RFC 9309 §2.3.1.4
inline constexpr int kRobotsHopsMax = 5;                                  // RFC 9309 §2.3.1.2

// Index of a scheme ("https"), or of a URL's, in kRobotsSchemes.
inline size_t scheme_index(std::string_view url) {
  return url.substr(0, kRobotsSchemes[1].size()) == kRobotsSchemes[1] ? 1 : 0;
}

struct RobotsGate {
  // Both clocks' readings, and the options that matter here.
  struct Now {
    int64_t monotonic_ms = 0;
    int64_t wall_ms = 0;
    int retries = 0;
    int64_t retry_wait_ms = 0;
    int64_t previous_run_ms = 0;  // wall; when the run before this one began; 0: there was none
  };

  RobotsState state = RobotsState::kUnknown;
  RobotsRules rules;
  int64_t fetched_at = 0;      // wall ms
  int64_t fresh_until_ms = 0;  // monotonic: within a run the wall clock may jump
  int64_t failing_since = 0;   // wall ms, in whichever run; 0: it does not fail
  size_t rules_bytes = 0;      // what the rules take in memory
  int64_t used_ms = 0;         // monotonic; when they were last asked
  bool shelved = false;        // state is kUnknown, and the rules are in the host's row alone
  bool in_flight = false;      // or waiting for another host's turn to be asked
  int hops = 0;                // redirects followed so far
  std::string redirect_url;    // where the last hop pointed; "" : /robots.txt itself
  int attempts = 0;
  int strikes = 0;
  int64_t retry_at_ms = 0;  // monotonic
  // kUnreachable: what the origin's URLs end as, and why. Given up after 30 days: why.
  Outcome outcome = Outcome::kNone;
  std::string detail;

  // What is known for longer than a day is to be asked for again (§2.4).
  void expire(int64_t now_monotonic_ms);
  // An answer came. False: it is not settled yet; a redirect is to be followed, or it is to be
  // asked for again at retry_at_ms. `rules`: of an answer that was ok.
  bool settle(const Transfer& transfer, std::optional<RobotsRules> rules_read, const Now& now);
  // It cannot be had, for a reason of ours.
  void refuse(std::string why);
  std::optional<int64_t> crawl_delay_ms() const;
  // The rules leave memory; restore() brings them back.
  void shelve();

  // For the event that tells of it: "ok, 3 rules", "unreachable, robots.txt: HTTP status 503".
  std::string summary(int64_t crawl_delay_max_ms) const;

  RobotsRow row() const;
  void restore(const RobotsRow& row, const Now& now);

 private:
  bool follow_redirect(const Transfer& transfer);
  bool fail(const Transfer& transfer, const Now& now);
};

}  // namespace crawl
