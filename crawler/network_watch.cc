// SPDX-License-Identifier: MIT
#include "crawler/network_watch.h"

#include <algorithm>

namespace crawl {

bool NetworkWatch::hear(const Report& report) {
  // A name server answers after the request has begun; nothing tells how long after.
  if (report.name_answered) sign_of_life(report.began_ms, name_alive_ms_);
  if (report.reach == Reach::kConnected) sign_of_life(report.began_ms, host_alive_ms_);
  if (report.reach == Reach::kAnswered) sign_of_life(report.ended_ms, host_alive_ms_);

  const bool name_silent = report.reach == Reach::kNameSilent;
  if (!name_silent && report.reach != Reach::kSilent) return false;
  if (report.began_ms <= (name_silent ? name_alive_ms_ : host_alive_ms_)) return false;
  if (silent_hosts_.empty()) silent_since_ms_ = report.ended_ms;
  silent_hosts_.insert(report.host_id);
  if (outage()) {
    probe_wait_ms_ = std::min(2 * probe_wait_ms_, kProbeLastMs);
    probe_at_ms_ = report.ended_ms + probe_wait_ms_;
  }
  return true;
}

// What is older than the silence says nothing about it.
void NetworkWatch::sign_of_life(int64_t at_ms, int64_t& alive_ms) {
  alive_ms = std::max(alive_ms, at_ms);
  if (silent_hosts_.empty() || at_ms < std::max(silent_since_ms_, outage_since_ms_)) return;
  silent_hosts_.clear();
  outage_since_ms_ = kNever;
}

bool NetworkWatch::enough(int64_t now_ms, bool all) const {
  return !silent_hosts_.empty() && (all || silent_hosts_.size() >= kHostsMin) &&
         now_ms - silent_since_ms_ >= kSilenceMinMs;
}

void NetworkWatch::begin_outage(int64_t now_ms) {
  outage_since_ms_ = now_ms;
  probe_wait_ms_ = kProbeFirstMs;
  probe_at_ms_ = now_ms + probe_wait_ms_;
}

}  // namespace crawl
