// SPDX-License-Identifier: MIT
// Coordinator: when nobody answers any more, the network is gone, not the hosts. All are left in
// peace but for one request now and then, and no URL is the worse for it.

#include <utility>

#include "base/units.h"
#include "crawler/coordinator.h"

namespace crawl {

// True when the request's silence is doubtful. Begins and ends outages.
bool Coordinator::watch_network(const Lease& lease, const Host& asked, const Transfer& transfer) {
  const int64_t now = clock_.monotonic_ms();
  const bool outage = network_.outage();
  const int64_t since = network_.silent_since_ms();
  const bool doubtful =
      network_.hear({asked.id, transfer.reach, transfer.name_answered, lease.began_ms, now});
  if (outage && !network_.outage()) {
    const std::string text =
        asked.name + " answers again, after " + format_duration_ms(now - since);
    log_.warning(text);
    write_outage("outage_ended", text);
  }
  if (doubtful && !outage && network_is_gone(now)) {
    network_.begin_outage(now);
    const std::string text =
        "nobody answers any more, last " + asked.name + ": " + std::string(transfer.detail);
    log_.warning(text + "; one request now and then until somebody does");
    write_outage("outage_began", text);
  }
  return doubtful;
}

// Hosts that nobody has heard of may all be dead: where anybody answers at all, it takes one that
// was expected to.
bool Coordinator::network_is_gone(int64_t now) const {
  if (network_.enough(now, false)) {
    const bool expected = frontier_.any_of(
        [this](const Host& host) { return host.answered && network_.suspects(host.id); });
    if (expected || answers_ == 0) return true;
  }
  return network_.enough(now, true) && expected_hosts_silent();
}

// All those with work that have ever answered. One alone is the network only if no other has
// answered in this run: the last that is left of many may well have gone by itself.
bool Coordinator::expected_hosts_silent() const {
  size_t silent = 0;
  const bool other = frontier_.any_of([&](const Host& host) {
    if (!host.answered || !frontier_.busy(host)) return false;
    if (!network_.suspects(host.id)) return true;
    ++silent;
    return false;
  });
  return !other && silent > (several_answered_ ? 1 : 0);
}

bool Coordinator::expected_host_waits() const {
  return frontier_.any_of(
      [this](const Host& host) { return host.answered && frontier_.busy(host); });
}

void Coordinator::write_outage(const std::string& kind, std::string text) {
  WriteUnit unit;
  unit.events.push_back(event(kind, {}, std::move(text)));
  writer_->submit(std::move(unit));
}

void Coordinator::end_long_outage() {
  const int64_t silent_ms = clock_.monotonic_ms() - network_.silent_since_ms();
  if (silent_ms < options_.outage_patience_ms) return;
  log_.error("nobody has answered for " + format_duration_ms(silent_ms) +
             " (--outage-patience); what is pending is left to the next run");
  stop("network_gone", ExitCode::kUnreachable);
}

}  // namespace crawl
