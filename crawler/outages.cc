// SPDX-License-Identifier: MIT
// Coordinator: when nobody answers any more, the network is gone, not the hosts. All are left in
// peace but for one request now and then, and no URL is the worse for it.

#include <utility>

#include "base/units.h"
#include "crawler/coordinator.h"

namespace crawl {

namespace {

// Between two questions to those who can tell whether the network is there.
constexpr int64_t kControlPauseMs = 10'000;

}  // namespace

// True when the request's silence is doubtful. Begins and ends outages.
bool Coordinator::watch_network(const Lease& lease, Host& asked, const Transfer& transfer) {
  const int64_t now = clock_.monotonic_ms();
  const bool silent = transfer.reach == Reach::kSilent || transfer.reach == Reach::kNameSilent;
  if (!silent && transfer.reach != Reach::kUnclear) asked.silent_since_ms = kHeard;
  const bool again = asked.silent_since_ms != kHeard;
  const int64_t silent_since = again ? asked.silent_since_ms : lease.began_ms;
  if (silent && !again) asked.silent_since_ms = now;
  const bool outage = network_.outage();
  const int64_t since = network_.silent_since_ms();
  const bool doubtful = network_.hear(
      {asked.id, transfer.reach, transfer.name_answered, lease.began_ms, now, silent_since});
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
  // Between two controls another has its turn.
  if (doubtful && !lease.errand.control) ask_control(asked, transfer.reach);
  return doubtful;
}

void Coordinator::remember_answer(const Host& asked, std::string_view url) {
  if (answerers_[0].host_id != asked.id) std::swap(answerers_[0], answerers_[1]);
  answerers_[0] = {asked.id, asked.name, scheme_index(url), 0};
}

// Nobody has been heard of for a while, perhaps because nobody else is left to ask: one that
// answered is asked once more, so that the next silence is known to be the host's, or the
// network's.
void Coordinator::ask_control(const Host& silent, Reach silence) {
  const int64_t now = clock_.monotonic_ms();
  if (now < control_at_ms_ || !network_.quiet(silence, now)) return;
  const bool newest_first = answerers_[0].asked_ms <= answerers_[1].asked_ms;
  for (const size_t index : {newest_first ? 0U : 1U, newest_first ? 1U : 0U}) {
    Answerer& one = answerers_[index];
    if (one.host_id == 0 || one.host_id == silent.id) continue;
    Host& control = host(one.host_id, one.name);
    if (control.silence.given_up || !control.errands.empty()) continue;
    one.asked_ms = now;
    control_at_ms_ = now + kControlPauseMs;
    control.errands.push_back({control.id, one.scheme, true});
    return changed(control);
  }
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

// All those with work that have ever answered, and those that answered last. So one alone is the
// network only if no other has answered in this run: the last that is left of many may well have
// gone by itself.
bool Coordinator::expected_hosts_silent() const {
  bool any = false;
  for (const Answerer& one : answerers_) {
    if (one.host_id == 0) continue;
    if (!network_.suspects(one.host_id)) return false;
    any = true;
  }
  const bool other = frontier_.any_of([&](const Host& host) {
    if (!host.answered || !frontier_.busy(host)) return false;
    any = true;
    return !network_.suspects(host.id);
  });
  return any && !other;
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
