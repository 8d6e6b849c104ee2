// SPDX-License-Identifier: MIT
#include "crawler/network_watch.h"

#include <algorithm>

namespace crawl {

bool NetworkWatch::hear(const Report& report) {
  // A name server answers after the request has begun; nothing tells how long after.
  if (report.name_answered) sign_of_life(report.began_ms, Reach::kNameSilent);
  if (report.reach == Reach::kConnected) sign_of_life(report.began_ms, Reach::kSilent);
  if (report.reach == Reach::kAnswered) sign_of_life(report.ended_ms, Reach::kSilent);

  const bool name_silent = report.reach == Reach::kNameSilent;
  if (!name_silent && report.reach != Reach::kSilent) return false;
  const int64_t alive_ms = name_silent ? name_alive_ms_ : host_alive_ms_;
  if (report.began_ms <= alive_ms) return outage();
  if (silent_hosts_.empty()) silent_since_ms_ = report.ended_ms;
  Silent& silent = silent_hosts_[report.host_id];
  if (!name_silent) silent.reach = Reach::kSilent;
  silent.doubtful = outage() || report.silent_since_ms > alive_ms;
  if (outage()) {
    probe_wait_ms_ = std::min(2 * probe_wait_ms_, kProbeLastMs);
    probe_at_ms_ = report.ended_ms + probe_wait_ms_;
  }
  return silent.doubtful;
}

// `silence`: the kind that it ends. What is older than the silence says nothing about it. A name
// server that answers may be next door, out of a cache, and all the rest out of reach.
void NetworkWatch::sign_of_life(int64_t at_ms, Reach silence) {
  const bool name = silence == Reach::kNameSilent;
  int64_t& alive_ms = name ? name_alive_ms_ : host_alive_ms_;
  alive_ms = std::max(alive_ms, at_ms);
  if (silent_hosts_.empty() || at_ms < std::max(silent_since_ms_, outage_since_ms_)) return;
  std::erase_if(silent_hosts_, [name](const auto& host) {
    return !name || host.second.reach == Reach::kNameSilent;
  });
  if (silent_hosts_.empty()) outage_since_ms_ = kNever;
}

bool NetworkWatch::quiet(Reach silence, int64_t now_ms) const {
  const int64_t alive_ms = silence == Reach::kNameSilent ? name_alive_ms_ : host_alive_ms_;
  return now_ms - alive_ms >= kSilenceMinMs;
}

bool NetworkWatch::enough(int64_t now_ms, bool all) const {
  const auto doubtful =
      static_cast<size_t>(std::count_if(silent_hosts_.begin(), silent_hosts_.end(),
                                        [](const auto& host) { return host.second.doubtful; }));
  return doubtful >= (all ? 1 : kHostsMin) && now_ms - silent_since_ms_ >= kSilenceMinMs;
}

void NetworkWatch::begin_outage(int64_t now_ms) {
  outage_since_ms_ = now_ms;
  probe_wait_ms_ = kProbeFirstMs;
  probe_at_ms_ = now_ms + probe_wait_ms_;
}

}  // namespace crawl
