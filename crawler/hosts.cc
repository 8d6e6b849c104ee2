// SPDX-License-Identifier: MIT
// Coordinator: a host comes to memory and is written back; a request to it begins and ends.

#include <algorithm>
#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

namespace {

Politeness::Feedback feedback_of(const Transfer& transfer) {
  using Feedback = Politeness::Feedback;
  if (transfer.status == 429 || transfer.status == 503 || transfer.outcome == Outcome::kTimeout ||
      transfer.outcome == Outcome::kConnectFailed) {
    return Feedback::kStrained;
  }
  return transfer.status == 0 || transfer.status >= 500 ? Feedback::kFailed : Feedback::kServed;
}

}  // namespace

// A host that is not in memory is new, or comes back: then its row was written before it left.
Host& Coordinator::host(int64_t id, const std::string& name) {
  return frontier_.host(id, [&](Host& fresh) {
    HostRow row;
    row.name = name;
    auto stored = load_host(*reader_, id);
    // Without its row it would be a stranger, to whom nothing is known of its pauses and rules.
    if (!stored) fail("cannot read " + options_.database + ": " + stored.error().message());
    if (stored && *stored) row = std::move(**stored);
    apply_host_row(fresh, row);
  });
}

void Coordinator::apply_host_row(Host& target, const HostRow& row) {
  target.name = row.name;
  target.politeness.set_floor(requests_.delay_ms(row.name));
  const int64_t delay = std::max(row.delay_ms, target.politeness.delay_ms());
  target.allow_private = private_hosts_.allowed(row.name);
  // Behind a proxy all addresses are the proxy's.
  if (!requests_.has_proxy(row.name)) target.address = address_key(row.name);
  for (const RobotsRow& robots : row.robots) target.answered |= robots.fetched_at > 0;
  target.politeness.restore(row.backoff_level, row.latency_ms);
  // A pause that is over leaves none: who asks for the host just now may ask it.
  const int64_t rest = rest_of_pause_ms(row.next_at, clock_.wall_ms(), delay);
  if (rest > 0) target.politeness.not_before(clock_.monotonic_ms() + rest);
  // What was under way when the last run was killed is not in the row; a host may be read again
  // and again in this one.
  if (previous_died_) target.politeness.not_before(started_ms_ + delay);
  for (size_t scheme = 0; scheme < target.robots.size(); ++scheme) {
    RobotsGate& robots = target.robots[scheme];
    if (options_.robots == RobotsPolicy::kIgnore) {
      robots.state = RobotsState::kIgnored;
      robots.failing_since = row.robots[scheme].failing_since;
    } else {
      robots.restore(row.robots[scheme], robots_now(options_.retries));
    }
  }
  use_crawl_delay(target);
  count_robots(target);
}

// Its robots.txt rows are written when they change.
HostRow Coordinator::host_row(const Host& source) const {
  HostRow row;
  row.id = source.id;
  row.name = source.name;
  row.robots_unchanged = true;
  row.delay_ms = source.politeness.delay_ms();
  row.backoff_level = source.politeness.backoff_level();
  row.latency_ms = source.politeness.latency_ms();
  const int64_t wait = std::max<int64_t>(0, source.politeness.next_at_ms() - clock_.monotonic_ms());
  row.next_at = clock_.wall_ms() + wait;
  return row;
}

// The request counts, and its lease is out.
uint64_t Coordinator::begin_request(Host& asked, size_t fetcher) {
  const uint64_t id = next_lease_++;
  Lease& lease = leases_[id];
  lease.host_id = asked.id;
  lease.fetcher = fetcher;
  lease.began_ms = clock_.monotonic_ms();
  lease.address = asked.address;
  addresses_.start(asked.address);
  ++asked.in_flight;
  asked.politeness.on_start(clock_.monotonic_ms());
  asked.dirty = true;
  return id;
}

Host& Coordinator::count_out(const Lease& lease) {
  Host& asked = *frontier_.find(lease.host_id);
  --asked.in_flight;
  addresses_.end(lease.address);
  asked.dirty = true;
  return asked;
}

Coordinator::Ended Coordinator::end_request(const Lease& lease, const Transfer& transfer) {
  using Feedback = Politeness::Feedback;
  Host& asked = count_out(lease);
  ++(transfer.status > 0 ? answers_ : unreached_);
  if (transfer.status > 0) {
    asked.answered = true;
    const AddressKey address = address_key(transfer.address);
    if (address != kAddressUnknown && !lease.by_proxy) asked.address = address;
    remember_answer(asked, lease.url.url);
  }
  const bool doubtful = watch_network(lease, asked, transfer);
  Feedback feedback = feedback_of(transfer);
  const bool control = lease.control != Control::kNo;
  if (doubtful || (control && feedback == Feedback::kServed)) feedback = Feedback::kFailed;
  const bool rose = asked.politeness.on_end(
      clock_.monotonic_ms(), {feedback, transfer.retry_after_ms, transfer.elapsed_ms});
  const bool waits = network_.outage() && (answers_ > 0 || expected_host_waits());
  if (!control && (!doubtful || !waits)) listen(asked, transfer);
  // A long pause of the host must not keep a fetcher reserved for one of its suspects.
  constexpr int64_t kLongPauseMs = 5000;
  if (asked.politeness.next_at_ms() > clock_.monotonic_ms() + kLongPauseMs) unreserve(asked.id);
  // Whatever dies now, this pause is kept.
  if (rose || transfer.retry_after_ms > 0) write_pause(asked, transfer, rose);
  // Where nobody has ever answered, nobody knows better.
  return {asked, !doubtful || !(network_.outage() || asked.answered || answers_ > 0)};
}

void Coordinator::listen(Host& asked, const Transfer& transfer) {
  const bool silent = transfer.status == 0 && (transfer.outcome == Outcome::kDnsFailed ||
                                               transfer.outcome == Outcome::kConnectFailed ||
                                               transfer.outcome == Outcome::kTimeout);
  // "Not now" to every request is no answer either.
  const bool refusing = transfer.status == 429 || transfer.status == 503;
  Silence& silence = asked.silence;
  if (!silent && !refusing) {
    silence = Silence();
    return;
  }
  const int64_t now = clock_.monotonic_ms();
  if (silence.requests++ == 0) silence.since_ms = now;
  silence.outcome = transfer.outcome;
  const bool too_long = now - silence.since_ms >= options_.host_patience_ms;
  if (silence.given_up || silence.requests < Silence::kRequestsMin || !too_long) return;
  silence.given_up = true;
  unreserve(asked.id);
  WriteUnit unit;
  unit.events.push_back(event("host_given_up", asked.name,
                              std::string(name(transfer.outcome)) + ", " +
                                  std::to_string(silence.requests) + " requests in a row"));
  writer_->submit(std::move(unit));
}

void Coordinator::write_pause(const Host& asked, const Transfer& transfer, bool rose) {
  WriteUnit unit;
  unit.host_updates.push_back(host_row(asked));
  if (rose) {
    std::string text = transfer.status > 0 ? "HTTP status " + std::to_string(transfer.status)
                                           : std::string(name(transfer.outcome));
    text += ", back-off level " + std::to_string(asked.politeness.backoff_level()) + ", " +
            std::to_string(asked.politeness.delay_ms()) + " ms between requests";
    if (transfer.retry_after_ms >= 0) {
      text += ", Retry-After " + std::to_string(transfer.retry_after_ms) + " ms";
    }
    unit.events.push_back(event("host_backoff", asked.name, std::move(text)));
  }
  writer_->submit(std::move(unit));
}

// The host has seen a request, whatever became of it: it gets its pause.
Host& Coordinator::abandon_request(const Lease& lease) {
  Host& asked = count_out(lease);
  asked.politeness.not_before(clock_.monotonic_ms() + asked.politeness.delay_ms());
  return asked;
}

}  // namespace crawl
