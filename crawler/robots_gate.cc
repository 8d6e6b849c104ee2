// SPDX-License-Identifier: MIT
// Coordinator: robots.txt before the first page of an origin (RFC 9309 §2.3).

#include <algorithm>
#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

namespace {

// Of all hosts' rules in memory; one host's may be 2 MB. Beyond it those that have not been asked
// for longest go, until half is left.
constexpr size_t kRobotsMemoryMax = size_t{64} << 20;

}  // namespace

bool Coordinator::robots_known(Host& asking, std::string_view url) {
  RobotsGate& robots = gate(asking, url);
  robots.used_ms = clock_.monotonic_ms();
  if (robots.shelved) {
    recall_robots(asking);
    count_robots(asking);
  }
  robots.expire(clock_.monotonic_ms());
  return robots.state != RobotsState::kUnknown;
}

// Where the row has not been written yet, they are unknown, and asked for again.
void Coordinator::recall_robots(Host& target) {
  auto stored = load_host(*reader_, target.id);
  const HostRow row = stored && *stored ? std::move(**stored) : HostRow();
  for (size_t scheme = 0; scheme < target.robots.size(); ++scheme) {
    RobotsGate& robots = target.robots[scheme];
    if (!robots.shelved) continue;
    robots.restore(row.robots[scheme], robots_now(options_.retries));
  }
}

void Coordinator::count_robots(const Host& target) {
  for (const RobotsGate& robots : target.robots) robots_bytes_ += robots.rules_bytes;
  if (robots_bytes_ > kRobotsMemoryMax) shelve_robots();
}

void Coordinator::shelve_robots() {
  std::vector<RobotsGate*> all;
  robots_bytes_ = 0;
  frontier_.for_each([&](Host& each) {
    for (RobotsGate& robots : each.robots) {
      if (robots.rules_bytes > 0) all.push_back(&robots);
      robots_bytes_ += robots.rules_bytes;
    }
  });
  if (robots_bytes_ <= kRobotsMemoryMax) return;
  std::sort(all.begin(), all.end(),
            [](const RobotsGate* a, const RobotsGate* b) { return a->used_ms < b->used_ms; });
  for (RobotsGate* oldest : all) {
    if (robots_bytes_ <= kRobotsMemoryMax / 2) break;
    robots_bytes_ -= oldest->rules_bytes;
    oldest->shelve();
  }
}

RobotsGate::Now Coordinator::robots_now(int retries) const {
  return {clock_.monotonic_ms(), clock_.wall_ms(), retries, options_.retry_wait_ms,
          previous_run_ms_};
}

// Who is to be asked gets an errand: the host itself, or the one it redirects to, whose politeness
// counts then.
void Coordinator::ask_for_robots(Host& asking, std::string_view url) {
  RobotsGate& robots = gate(asking, url);
  Host* asked = &asking;
  if (!robots.redirect_url.empty()) {
    const Result<Url> target = Url::parse(robots.redirect_url);
    CRAWL_CHECK(target.has_value());
    if (target->authority() != asking.name) asked = &host_of(*target);
  }
  robots.in_flight = true;
  asked->errands.push_back({asking.id, scheme_index(url)});
  if (asked != &asking) changed(*asked);
}

Host& Coordinator::host_of(const Url& url) {
  WriteUnit unit;
  const int64_t id = discovery_->host_of(url, unit);
  if (!unit.new_hosts.empty()) writer_->submit(std::move(unit));
  return host(id, url.authority());
}

void Coordinator::lease_robots(Host& asked, size_t fetcher) {
  const Errand errand = asked.errands.front();
  asked.errands.pop_front();
  const Host& asking = *frontier_.find(errand.host_id);
  const std::string& redirected = asking.robots[errand.scheme].redirect_url;
  const uint64_t id = begin_request(asked, fetcher);
  Lease& lease = leases_.at(id);
  lease.robots = true;
  lease.errand = errand;
  lease.url.url = !redirected.empty() ? redirected
                                      : std::string(kRobotsSchemes[errand.scheme]) + "://" +
                                            asking.name + "/robots.txt";
  FetchJob job;
  job.lease = id;
  job.kind = JobKind::kRobots;
  job.url = lease.url.url;
  job.allow_private = asked.allow_private;
  submit_job(fetcher, job);
}

Host& Coordinator::asking_host(const Lease& lease) { return *frontier_.find(lease.errand.host_id); }

// The robots.txt of the lease may be asked for again.
void Coordinator::end_errand(const Lease& lease) {
  asking_host(lease).robots[lease.errand.scheme].in_flight = false;
}

// A host that is given up is not asked for anybody's robots.txt either.
void Coordinator::give_up_errand(Host& asked) {
  const Errand errand = asked.errands.front();
  asked.errands.pop_front();
  Host& asking = *frontier_.find(errand.host_id);
  RobotsGate& robots = asking.robots[errand.scheme];
  robots.in_flight = false;
  const std::string why = asked.name + " has answered none of the latest " +
                          std::to_string(asked.silence.requests) + " requests";
  Transfer transfer;
  transfer.outcome = asked.silence.outcome;
  transfer.detail = why;
  // No further try in this run.
  robots.settle(transfer, std::nullopt, robots_now(0));
  robots_settled(asking, errand.scheme);
  if (&asking != &asked) changed(asking);
}

bool Coordinator::on_robots_result(uint64_t lease_id, std::string_view bytes) {
  const std::optional<RobotsResult> result = decode_message<RobotsResult>(bytes);
  if (!result || !valid(result->transfer, leases_.at(lease_id))) return false;
  const Transfer& transfer = result->transfer;
  const bool redirected = transfer.outcome == Outcome::kRedirect && !transfer.location.empty();
  if (redirected && !is_link_target(transfer.location)) return false;
  std::optional<RobotsRules> rules;
  if (transfer.outcome == Outcome::kOk) {
    auto parsed = RobotsRules::deserialize(result->rules);
    if (!parsed) return false;
    rules = std::move(*parsed);
  }
  const Lease lease = take_lease(lease_id);
  if (lease.control != Control::kNo) {
    end_control(lease, transfer);
    return true;
  }
  const Ended ended = end_request(lease, transfer);
  Host& asked = ended.asked;
  end_errand(lease);
  Host& asking = asking_host(lease);
  RobotsGate& robots = asking.robots[lease.errand.scheme];
  if (ended.counts && robots.settle(transfer, std::move(rules), robots_now(options_.retries))) {
    robots_settled(asking, lease.errand.scheme);
  }
  changed(asking);
  if (&asked != &asking) changed(asked);
  return true;
}

// The delay is the host's, whichever of its schemes asks for it.
void Coordinator::use_crawl_delay(Host& target) const {
  std::optional<int64_t> longest;
  for (const RobotsGate& robots : target.robots) {
    longest = std::max(longest, robots.crawl_delay_ms());
  }
  target.politeness.set_crawl_delay(longest);
}

void Coordinator::robots_settled(Host& target, size_t scheme) {
  RobotsGate& robots = target.robots[scheme];
  robots.used_ms = clock_.monotonic_ms();
  // Its row is about to be written, the other scheme's rules with it.
  if (target.robots[0].shelved || target.robots[1].shelved) recall_robots(target);
  use_crawl_delay(target);
  if (robots.crawl_delay_ms()) {
    target.politeness.not_before(clock_.monotonic_ms() + target.politeness.delay_ms());
  }
  const std::string origin = std::string(kRobotsSchemes[scheme]) + "://" + target.name;
  WriteUnit unit;
  std::vector<Found> found;
  HostRow& row = unit.host_updates.emplace_back(host_row(target));
  row.robots_unchanged = false;
  for (size_t i = 0; i < row.robots.size(); ++i) row.robots[i] = target.robots[i].row();
  unit.events.push_back(
      event("robots", origin, robots.summary(Politeness::Options().crawl_delay_max_ms)));
  if (robots.state != RobotsState::kUnreachable) {
    collect_sitemaps(target, kRobotsSchemes[scheme], robots.rules.sitemaps(), unit, found);
  }
  submit(std::move(unit), found);
  count_robots(target);
}

}  // namespace crawl
