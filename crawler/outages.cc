// SPDX-License-Identifier: MIT
// Coordinator: when nobody answers any more, the network is gone, not the hosts. All are left in
// peace but for one request now and then, and no URL is the worse for it.

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/units.h"
#include "crawler/coordinator.h"
#include "web/host.h"

namespace crawl {

namespace {

constexpr size_t kAnswerersMax = 8;
constexpr int64_t kControlPauseMs = 3'000;  // between two controls
constexpr int64_t kSameHostMs = 15'000;     // between two of one host
constexpr int64_t kLookAgainMs = 1'000;

// As of a first silence, if it is one.
NetworkWatch::Report report_of(int64_t host_id, const Transfer& transfer, int64_t began_ms,
                               int64_t ended_ms) {
  NetworkWatch::Report report;
  report.host_id = host_id;
  report.reach = transfer.reach;
  report.name_answered = transfer.name_answered;
  report.began_ms = report.silent_since_ms = began_ms;
  report.ended_ms = ended_ms;
  return report;
}

}  // namespace

// True when the request's silence is doubtful. Begins and ends outages.
bool Coordinator::watch_network(const Lease& lease, Host& asked, const Transfer& transfer) {
  NetworkWatch::Report report =
      report_of(asked.id, transfer, lease.began_ms, clock_.monotonic_ms());
  report.expected = asked.answered;
  if (transfer.reach == Reach::kSilent || transfer.reach == Reach::kNameSilent) {
    const bool again = asked.silent_since_ms != kHeard;
    if (again) report.silent_since_ms = asked.silent_since_ms;
    if (!again) asked.silent_since_ms = report.ended_ms;
  } else if (transfer.reach != Reach::kUnclear) {
    asked.silent_since_ms = kHeard;
  }
  return heed(report, asked.name, transfer.detail);
}

bool Coordinator::heed(const NetworkWatch::Report& report, const std::string& name,
                       std::string_view detail) {
  const int64_t now = report.ended_ms;
  const bool outage = network_.outage();
  const int64_t since = network_.silent_since_ms();
  const bool doubtful = network_.hear(report);
  if (outage && !network_.outage()) {
    const std::string text = name + " answers again, after " + format_duration_ms(now - since);
    log_.warning(text);
    write_outage("outage_ended", text);
  }
  if (doubtful && !outage && network_is_gone(now)) {
    network_.begin_outage(now);
    const std::string text = "nobody answers any more, last " + name + ": " + std::string(detail);
    log_.warning(text + "; one request now and then until somebody does");
    write_outage("outage_began", text);
  }
  if (doubtful) doubt_ = report.reach;
  return doubtful;
}

// --- whom to ask whether the network is there

void Coordinator::remember_answer(const Host& asked, std::string_view url) {
  const size_t scheme = scheme_index(url);
  if (!answerers_.empty() && answerers_.front().host_id == asked.id) {
    answerers_.front().scheme = scheme;
    answerers_.front().asked_ms = 0;
    return;
  }
  std::erase_if(answerers_, [&asked](const Answerer& one) {
    return one.host_id == asked.id ||
           (one.address == asked.address && one.address != kAddressUnknown);
  });
  answerers_.insert(answerers_.begin(), {asked.id, asked.name, scheme, asked.address, 0});
  if (answerers_.size() > kAnswerersMax) answerers_.pop_back();
}

// Those of earlier runs, until some of this one are known.
Result<void> Coordinator::restore_answerers(Database& database) {
  auto hosts = hosts_that_answered(database, kAnswerersMax);
  if (!hosts) return hosts.error();
  for (AnsweringHost& host : *hosts) {
    answerers_.push_back(
        {host.id, std::move(host.name), scheme_index(host.scheme), kAddressUnknown, 0});
  }
  return {};
}

// Who has not been asked for longest is first, and of those who have not been asked the newest.
std::vector<size_t> Coordinator::answerers_in_turn() const {
  std::vector<size_t> turn(answerers_.size());
  std::iota(turn.begin(), turn.end(), size_t{0});
  std::stable_sort(turn.begin(), turn.end(), [this](size_t a, size_t b) {
    return answerers_[a].asked_ms < answerers_[b].asked_ms;
  });
  return turn;
}

// Nobody has been heard of for a while, perhaps because nobody else is left to ask: one that
// answered is asked once more, so that the next silence is known to be the host's, or the
// network's. In an outage, every other request is one of these.
void Coordinator::hand_out_control() {
  const int64_t now = clock_.monotonic_ms();
  const bool outage = network_.outage();
  if (stops_ > 0 || !any_fetcher_free()) return;
  if (outage && !(control_turn_ && may_hand_out())) return;
  if (!outage && (doubt_ == Reach::kUnclear || now < control_at_ms_)) return;
  const bool name = !outage && doubt_ == Reach::kNameSilent;
  if (!outage && !network_.quiet(doubt_, now)) return;
  for (const size_t index : answerers_in_turn()) {
    Answerer& one = answerers_[index];
    if (one.asked_ms > 0 && now - one.asked_ms < kSameHostMs) continue;
    if (!outage && network_.suspects(one.host_id)) continue;
    if (!(name ? ask_name(one) : ask_host(one))) continue;
    one.asked_ms = now;
    control_at_ms_ = now + kControlPauseMs;
    doubt_ = Reach::kUnclear;
    control_turn_ = false;
    return;
  }
  if (!outage) control_at_ms_ = now + kLookAgainMs;
}

// Its own work comes first, and tells as much: only in an outage is it taken out of turn.
bool Coordinator::ask_host(Answerer& one) {
  const int64_t now = clock_.monotonic_ms();
  Host& target = host(one.host_id, one.name);
  if (frontier_.busy(target)) {
    if (!network_.outage() || !frontier_.take(target, now)) return false;
    if (hand_out_from(target)) changed(target);
    return true;
  }
  if (target.address == kAddressUnknown) target.address = one.address;
  if (target.silence.given_up || target.politeness.next_at_ms() > now) return false;
  return !addresses_.full(target.address) && lease_control(Control::kHost, one);
}

// A literal address, or localhost, needs no name server.
bool Coordinator::ask_name(Answerer& one) {
  const Result<Url> url = Url::parse("http://" + one.name + "/");
  if (!url || IpAddress::parse(url->host()) || is_localhost(url->host())) return false;
  return lease_control(Control::kName, one);
}

bool Coordinator::lease_control(Control control, Answerer& one) {
  std::optional<size_t> fetcher;
  for (size_t i = 0; i < pool_->size(); ++i) {
    if (fetcher_free(i) && (!fetcher || pool_->load(i) < pool_->load(*fetcher))) fetcher = i;
  }
  if (!fetcher) return false;
  uint64_t id = next_lease_;
  if (control == Control::kHost) {
    id = begin_request(host(one.host_id, one.name), *fetcher);
  } else {
    ++next_lease_;
    leases_[id].host_id = one.host_id;
    leases_[id].fetcher = *fetcher;
    leases_[id].began_ms = clock_.monotonic_ms();
  }
  Lease& lease = leases_.at(id);
  lease.robots = true;
  lease.control = control;
  lease.url.url = std::string(kRobotsSchemes[one.scheme]) + "://" + one.name + "/robots.txt";
  ++control_leases_;
  FetchJob job;
  job.lease = id;
  job.kind = control == Control::kHost ? JobKind::kRobots : JobKind::kLookUp;
  job.url = lease.url.url;
  job.allow_private = private_hosts_.allowed(one.name);
  submit_job(*fetcher, job);
  return true;
}

// Nothing but life or silence is learnt of it: the host's robots.txt, and its back-off, are as they
// were.
void Coordinator::end_control(const Lease& lease, const Transfer& transfer) {
  if (lease.control == Control::kHost) {
    const Ended ended = end_request(lease, transfer);
    return changed(ended.asked);
  }
  NetworkWatch::Report report =
      report_of(lease.host_id, transfer, lease.began_ms, clock_.monotonic_ms());
  report.expected = true;
  heed(report, "the name server", transfer.detail);
}

// --- is it gone?

// Hosts that nobody has heard of may all be dead: where anybody answers at all, it takes one that
// was expected to.
bool Coordinator::network_is_gone(int64_t now) {
  const bool expected = network_.expected_silent() || answers_ == 0;
  if (network_.silent_hosts(NetworkWatch::kHostsMin, now) && expected) return true;
  if (!network_.silent_hosts(1, now) || !network_.expected_silent()) return false;
  if (now - looked_at_ms_ < kLookAgainMs) return false;
  looked_at_ms_ = now;
  return expected_hosts_silent();
}

// All those with work that have ever answered, and those that answered last. So one alone is the
// network only if no other has answered: the last that is left of many may well have gone by
// itself.
bool Coordinator::expected_hosts_silent() const {
  const bool answerer =
      std::any_of(answerers_.begin(), answerers_.end(),
                  [this](const Answerer& one) { return !network_.suspects(one.host_id); });
  return !answerer && !frontier_.any_of([&](const Host& host) {
    return host.answered && frontier_.busy(host) && !network_.suspects(host.id);
  });
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
