// SPDX-License-Identifier: MIT
// Coordinator: robots.txt before the first page of a host (RFC 9309 §2.3).

#include <algorithm>
#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

namespace {

constexpr int kRobotsHopsMax = 5;  // RFC 9309 §2.3.1.2

// Failures that say the host itself cannot be had: its pages end the same way.
bool host_is_out_of_reach(Outcome outcome) {
  return outcome == Outcome::kDnsFailed || outcome == Outcome::kConnectFailed ||
         outcome == Outcome::kTlsFailed || outcome == Outcome::kTimeout ||
         outcome == Outcome::kPrivateAddress || outcome == Outcome::kPortRefused;
}

bool worth_another_try(Outcome outcome) {
  return outcome != Outcome::kPrivateAddress && outcome != Outcome::kPortRefused &&
         outcome != Outcome::kTlsFailed;
}

}  // namespace

bool Coordinator::robots_known(Host& asked) {
  RobotsGate& robots = asked.robots;
  const bool fetched =
      robots.state == RobotsState::kOk || robots.state == RobotsState::kUnavailable;
  if (fetched && clock_.wall_ms() - robots.fetched_at >= kRobotsFreshMs) robots = RobotsGate();
  return robots.state != RobotsState::kUnknown;
}

void Coordinator::lease_robots(Host& asked, size_t fetcher) {
  const uint64_t id = next_lease_++;
  Lease& lease = leases_[id];
  lease.host_id = asked.id;
  lease.fetcher = fetcher;
  lease.robots = true;

  std::string url = asked.robots.redirect_url;
  if (url.empty()) {
    const Result<Url> first = Url::parse(asked.queue.peek(clock_.monotonic_ms())->url);
    CRAWL_CHECK(first.has_value());
    url = first->origin() + "/robots.txt";
  }
  const Result<Url> target = Url::parse(url);
  CRAWL_CHECK(target.has_value());
  FetchJob job;
  job.lease = id;
  job.kind = JobKind::kRobots;
  job.url = url;
  job.allow_private = private_hosts_.allowed(target->authority());
  job.with_credentials = may_have_credentials(url);
  pool_->submit(fetcher, job);
  ++asked.in_flight;
  asked.robots.in_flight = true;
  asked.politeness.on_start(clock_.monotonic_ms());
  asked.dirty = true;
}

bool Coordinator::on_robots_result(uint64_t lease_id, std::string_view bytes) {
  const std::optional<RobotsResult> result = decode_message<RobotsResult>(bytes);
  if (!result || !valid(result->transfer, leases_.at(lease_id))) return false;
  const Transfer& transfer = result->transfer;
  std::optional<RobotsRules> rules;
  if (transfer.outcome == Outcome::kOk) {
    auto parsed = RobotsRules::deserialize(result->rules);
    if (!parsed) return false;
    rules = std::move(*parsed);
  }
  const Lease lease = take_lease(lease_id);
  Host& asked = end_request(lease, transfer);
  asked.robots.in_flight = false;
  settle_robots(asked, transfer, std::move(rules));
  changed(asked);
  return true;
}

void Coordinator::settle_robots(Host& asked, const Transfer& transfer,
                                std::optional<RobotsRules> rules) {
  RobotsGate& robots = asked.robots;
  const bool client_error =
      transfer.status >= 400 && transfer.status < 500 && transfer.status != 429;
  if (rules) {
    robots.rules = std::move(*rules);
    robots.state = RobotsState::kOk;
    asked.politeness.set_crawl_delay(robots.rules.crawl_delay_ms());
    asked.politeness.not_before(clock_.monotonic_ms() + asked.politeness.delay_ms());
  } else if (transfer.outcome == Outcome::kRedirect) {
    if (follow_robots_redirect(asked, transfer)) return;
    robots.state = RobotsState::kUnavailable;
  } else if (client_error) {
    robots.state = RobotsState::kUnavailable;
  } else if (robots.attempts < options_.retries && worth_another_try(transfer.outcome)) {
    const int64_t wait = options_.retry_wait_ms << std::min(robots.attempts, 6);
    robots.retry_at_ms = clock_.monotonic_ms() + wait;
    ++robots.attempts;
    return;
  } else {
    robots_failed(asked, transfer);
  }
  robots.redirect_url.clear();
  if (robots.state != RobotsState::kUnreachable) robots.fetched_at = clock_.wall_ms();
  robots_event(asked, transfer);
}

// RFC 9309 §2.3.1.4: complete disallow. What the URLs end as says why.
void Coordinator::robots_failed(Host& asked, const Transfer& transfer) {
  RobotsGate& robots = asked.robots;
  robots.state = RobotsState::kUnreachable;
  robots.outcome = transfer.status == 0 && host_is_out_of_reach(transfer.outcome)
                       ? transfer.outcome
                       : Outcome::kRobotsUnreachable;
  robots.detail = "robots.txt: ";
  robots.detail += transfer.status > 0 ? "HTTP status " + std::to_string(transfer.status)
                                       : std::string(transfer.detail);
}

bool Coordinator::follow_robots_redirect(Host& asked, const Transfer& transfer) {
  RobotsGate& robots = asked.robots;
  const Result<Url> target = Url::parse(transfer.location);
  if (!target || !target->is_http() || target->has_credentials() || target->has_fragment() ||
      is_bad_port(target->effective_port()) || robots.hops >= kRobotsHopsMax) {
    return false;
  }
  ++robots.hops;
  robots.redirect_url = target->href();
  return true;
}

void Coordinator::robots_event(const Host& asked, const Transfer& transfer) {
  std::string text(name(asked.robots.state));
  if (asked.robots.state == RobotsState::kOk) {
    text += ", " + std::to_string(asked.robots.rules.rules().size()) + " rules";
    if (const auto delay = asked.robots.rules.crawl_delay_ms()) {
      text += ", Crawl-delay " + std::to_string(*delay) + " ms";
    }
  } else if (asked.robots.state == RobotsState::kUnreachable) {
    text += ", " + asked.robots.detail;
  } else if (transfer.status > 0) {
    text += ", HTTP status " + std::to_string(transfer.status);
  }
  WriteUnit unit;
  unit.host_updates.push_back(host_row(asked));
  unit.events.push_back(event("robots", asked.name, std::move(text)));
  writer_->submit(std::move(unit));
}

}  // namespace crawl
