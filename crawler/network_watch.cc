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
  if (silent_hosts_.empty() && silent_names_.empty()) silent_since_ms_ = report.ended_ms;
  const bool doubtful = outage() || report.silent_since_ms > alive_ms;
  note(name_silent ? silent_names_ : silent_hosts_, report, doubtful);
  if (outage()) {
    const bool probe = report.began_ms >= outage_since_ms_;
    if (probe) probe_wait_ms_ = std::min(2 * probe_wait_ms_, kProbeLastMs);
    probe_at_ms_ = report.ended_ms + probe_wait_ms_;
  }
  return doubtful;
}

void NetworkWatch::note(Silences& silences, const Report& report, bool doubtful) {
  Silent& silent = silences[report.host_id];
  if (doubtful && !silent.doubtful) ++doubtful_;
  if (report.expected && !silent.expected) ++expected_;
  silent.doubtful |= doubtful;
  silent.expected |= report.expected;
}

void NetworkWatch::clear(Silences& silences) {
  for (const auto& [host, silent] : silences) {
    doubtful_ -= silent.doubtful ? 1 : 0;
    expected_ -= silent.expected ? 1 : 0;
  }
  Silences().swap(silences);
}

// `silence`: the kind that it ends. What is older than the silence says nothing about it. A name
// server that answers may be next door, out of a cache, and all the rest out of reach.
void NetworkWatch::sign_of_life(int64_t at_ms, Reach silence) {
  const bool name = silence == Reach::kNameSilent;
  int64_t& alive_ms = name ? name_alive_ms_ : host_alive_ms_;
  alive_ms = std::max(alive_ms, at_ms);
  if (at_ms < std::max(silent_since_ms_, outage_since_ms_)) return;
  if (!silent_names_.empty()) clear(silent_names_);
  if (!name && !silent_hosts_.empty()) clear(silent_hosts_);
  if (silent_hosts_.empty() && silent_names_.empty()) outage_since_ms_ = kNever;
}

bool NetworkWatch::quiet(Reach silence, int64_t now_ms) const {
  const int64_t alive_ms = silence == Reach::kNameSilent ? name_alive_ms_ : host_alive_ms_;
  return now_ms - alive_ms >= kSilenceMinMs;
}

bool NetworkWatch::silent_hosts(size_t hosts_min, int64_t now_ms) const {
  return doubtful_ >= hosts_min && now_ms - silent_since_ms_ >= kSilenceMinMs;
}

void NetworkWatch::begin_outage(int64_t now_ms) {
  outage_since_ms_ = now_ms;
  probe_wait_ms_ = kProbeFirstMs;
  probe_at_ms_ = now_ms + probe_wait_ms_;
}

}  // namespace crawl
