// SPDX-License-Identifier: MIT
// Coordinator: whose turn it is, and which fetcher gets it.

#include <algorithm>
#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

size_t Coordinator::fetcher_capacity() const {
  const size_t all = static_cast<size_t>(std::max(1, options_.concurrency));
  return std::max<size_t>(1, (all + pool_->size() - 1) / pool_->size());
}

bool Coordinator::fetcher_free(size_t index) const {
  return pool_->ready(index) && reserved_for_[index] == 0 &&
         pool_->load(index) < fetcher_capacity();
}

bool Coordinator::any_fetcher_free() const {
  for (size_t i = 0; i < pool_->size(); ++i) {
    const bool reserved_and_drained =
        pool_->ready(i) && reserved_for_[i] != 0 && pool_->load(i) == 0;
    if (reserved_and_drained || fetcher_free(i)) return true;
  }
  return false;
}

// One connection per host: it stays with the fetcher whose connection is warm. With more, the
// host's requests are spread over all fetchers.
std::optional<size_t> Coordinator::choose_fetcher(const Host& target) const {
  const bool sticky = options_.host_concurrency == 1 && target.fetcher != kNoFetcher;
  if (sticky && pool_->ready(target.fetcher)) {
    return fetcher_free(target.fetcher) ? std::optional(target.fetcher) : std::nullopt;
  }
  std::optional<size_t> best;
  for (size_t i = 0; i < pool_->size(); ++i) {
    if (!fetcher_free(i)) continue;
    if (!best || pool_->load(i) < pool_->load(*best)) best = i;
  }
  return best;
}

bool Coordinator::may_hand_out() const {
  if (stops_ > 0 || leases_.size() >= static_cast<size_t>(std::max(1, options_.concurrency)))
    return false;
  const bool probe = leases_.empty() && clock_.monotonic_ms() >= network_.probe_at_ms();
  if (network_.outage() && !probe) return false;
  // Pages under way count: --max-pages is never exceeded.
  return options_.max_pages == 0 || pages_ + page_leases_ < options_.max_pages;
}

void Coordinator::hand_out() {
  hand_out_control();
  hand_out_ready();
  // Where nobody else can be asked, whoever is left may end the outage.
  if (network_.outage() && !std::exchange(control_turn_, true)) hand_out_control();
}

void Coordinator::hand_out_ready() {
  // Deciding can cost time (patterns of a robots.txt): results and signals get their turn in
  // between.
  constexpr int64_t kTurnMs = 10;
  constexpr int kRefusalsMax = 16;
  const int64_t until = clock_.monotonic_ms() + kTurnMs;
  int refusals = 0;
  while (may_hand_out() && any_fetcher_free() && clock_.monotonic_ms() <= until) {
    const bool released = release_one_waiting();
    Host* next = frontier_.take_ready(clock_.monotonic_ms());
    if (next == nullptr && released) continue;
    if (next == nullptr) return;
    if (hand_out_from(*next)) {
      changed(*next);
    } else if (++refusals >= kRefusalsMax) {
      return;
    }
  }
}

// Of the hosts that wait for a fetcher with room, the first gets its turn; one for each fetcher. Of
// those that wait for an address with room, one: true when there was one.
bool Coordinator::release_one_waiting() {
  for (size_t i = 0; i < waiting_for_fetcher_.size(); ++i) {
    std::deque<int64_t>& waiting = waiting_for_fetcher_[i];
    auto next = waiting.begin();
    if (reserved_for_[i] != 0) {
      // Any other host would only get in line again, ahead of the one that is meant.
      if (pool_->load(i) > 0) continue;
      next = std::find(waiting.begin(), waiting.end(), reserved_for_[i]);
    } else if (pool_->ready(i) && !fetcher_free(i)) {
      continue;
    }
    if (next == waiting.end()) continue;
    const int64_t id = *next;
    waiting.erase(next);
    release(id);
  }
  const std::optional<int64_t> id = addresses_.release_one();
  Host* waiting = id ? frontier_.find(*id) : nullptr;
  if (waiting != nullptr) {
    waiting->waits_for_address = false;
    changed(*waiting);
  }
  return id.has_value();
}

void Coordinator::release(int64_t host_id) {
  Host* waiting = frontier_.find(host_id);
  if (waiting == nullptr) return;
  waiting->waits_for_fetcher = false;
  changed(*waiting);
}

void Coordinator::release_waiting(size_t fetcher) {
  for (const int64_t id : std::exchange(waiting_for_fetcher_[fetcher], {})) release(id);
}

// Always false: the host does not go back on the list yet.
bool Coordinator::wait_for_fetcher(Host& target, size_t fetcher) {
  if (!std::exchange(target.waits_for_fetcher, true)) {
    waiting_for_fetcher_[fetcher].push_back(target.id);
  }
  return false;
}

bool Coordinator::wait_for_address(Host& target) {
  if (!std::exchange(target.waits_for_address, true)) addresses_.wait(target.address, target.id);
  return false;
}

// True when the host goes back on the list; false when it waits for a fetcher or its address.
bool Coordinator::hand_out_from(Host& target) {
  if (target.silence.given_up) {
    if (!target.errands.empty()) {
      give_up_errand(target);
      return true;
    }
    const std::optional<PendingUrl> url = target.queue.pop(target.turn_ms);
    if (url) CRAWL_CHECK(settle_without_fetch(target, *url));
    return true;
  }
  if (addresses_.full(target.address)) return wait_for_address(target);
  const bool errand = !target.errands.empty();
  const PendingUrl* next = errand ? nullptr : target.queue.peek(target.turn_ms);
  if (next != nullptr && !robots_known(target, next->url)) {
    ask_for_robots(target, next->url);
    return true;
  }
  if (next != nullptr && suspects_.count(next->id) > 0) return hand_out_alone(target);
  unreserve(target.id);
  const std::optional<size_t> fetcher = choose_fetcher(target);
  if (!fetcher) return wait_for_fetcher(target, target.fetcher == kNoFetcher ? 0 : target.fetcher);
  target.fetcher = *fetcher;
  if (errand) {
    lease_robots(target, *fetcher);
    return true;
  }
  std::optional<PendingUrl> url = target.queue.pop(target.turn_ms);
  if (url && !settle_without_fetch(target, *url)) lease_page(target, *fetcher, std::move(*url));
  return true;
}

void Coordinator::unreserve(int64_t host_id) {
  for (size_t i = 0; i < reserved_for_.size(); ++i) {
    if (reserved_for_[i] != host_id) continue;
    reserved_for_[i] = 0;
    release_waiting(i);
  }
}

bool Coordinator::hand_out_alone(Host& target) {
  const auto reserved = std::find(reserved_for_.begin(), reserved_for_.end(), target.id);
  std::optional<size_t> fetcher;
  if (reserved != reserved_for_.end()) {
    fetcher = static_cast<size_t>(reserved - reserved_for_.begin());
  } else {
    fetcher = choose_fetcher(target);
  }
  if (!fetcher) return wait_for_fetcher(target, target.fetcher == kNoFetcher ? 0 : target.fetcher);
  target.fetcher = *fetcher;
  reserved_for_[*fetcher] = target.id;
  if (pool_->load(*fetcher) > 0 || !pool_->ready(*fetcher)) {
    return wait_for_fetcher(target, *fetcher);
  }
  PendingUrl url = *target.queue.pop(target.turn_ms);
  if (settle_without_fetch(target, url)) {
    suspects_.erase(url.id);
    unreserve(target.id);
  } else {
    lease_page(target, *fetcher, std::move(url));
  }
  return true;
}

// Why a URL that was pending is not wanted after all: the options may be others than when it was
// found, and its robots.txt was not known then.
ScopeDecision Coordinator::reason_to_skip(const Host& target, const PendingUrl& url,
                                          const Url& parsed) const {
  if (url.role != UrlRole::kSeed) {
    const ScopeDecision scope =
        discovery_->scope().decide({parsed, url.role, false, url.depth, url.hops, url.seed_id});
    if (scope.reason != SkipReason::kNone) return scope;
  }
  const RobotsGate& robots_txt = gate(target, url.url);
  if (robots_txt.state != RobotsState::kOk) return {};
  std::string path(parsed.path());
  if (parsed.has_query()) path.append("?").append(parsed.query());
  const RobotsDecision robots = robots_txt.rules.decide(path);
  if (robots.allowed) return {};
  return {SkipReason::kRobotsDenied, url.seed_id,
          robots.rule == nullptr ? std::string_view("(too many patterns)") : robots.rule->pattern};
}

// A URL that is not wanted, or whose host cannot be asked for its robots.txt, ends here.
bool Coordinator::settle_without_fetch(Host& target, const PendingUrl& url) {
  const Result<Url> parsed = Url::parse(url.url);
  UrlUpdate update = url_update(url, UrlState::kDone);
  // A row may be of a version that read URLs otherwise.
  const ScopeDecision skip =
      parsed ? reason_to_skip(target, url, *parsed)
             : ScopeDecision{SkipReason::kSchemeRefused, url.seed_id, "not a URL any more"};
  if (skip.reason != SkipReason::kNone) {
    update.state = UrlState::kSkipped;
    update.reason = name(skip.reason);
    if (skip.reason == SkipReason::kRobotsDenied) update.rule = "Disallow: ";
    update.rule += skip.rule;
  } else if (target.silence.given_up) {
    update.outcome = target.silence.outcome;
    update.reason = "the host has served none of the latest " +
                    std::to_string(target.silence.requests) + " requests; the next run asks again";
    ++errors_;
  } else if (gate(target, url.url).state == RobotsState::kUnreachable) {
    update.outcome = gate(target, url.url).outcome;
    update.reason = gate(target, url.url).detail;
    ++errors_;
  } else {
    return false;
  }
  --pending_;
  target.queue.release(url.id);
  WriteUnit unit;
  unit.url_updates.push_back(std::move(update));
  writer_->submit(std::move(unit));
  return true;
}

void Coordinator::lease_page(Host& target, size_t fetcher, PendingUrl url) {
  const uint64_t id = begin_request(target, fetcher);
  Lease& lease = leases_.at(id);
  lease.url = std::move(url);
  FetchJob job;
  job.lease = id;
  if (lease.url.role == UrlRole::kSitemap) job.kind = JobKind::kSitemap;
  job.url = lease.url.url;
  job.allow_private = target.allow_private;
  job.etag = lease.url.etag;
  job.last_modified = lease.url.last_modified;
  submit_job(fetcher, job);
  ++page_leases_;
}

// The fetcher gets what this request needs, secrets included, and nothing for any other. A redirect
// comes back as a result: where it leads is a job of its own.
void Coordinator::submit_job(size_t fetcher, FetchJob job) {
  const size_t authority = job.url.find("://") + 3;
  const std::string origin(job.url.substr(0, job.url.find('/', authority)));
  const RequestExtras extras =
      requests_.extras(job.url, seed_origins_.count(origin) > 0, clock_.wall_ms() / 1000);
  job.proxy = extras.proxy;
  if (job.kind != JobKind::kLookUp) {
    for (const std::string& line : extras.headers) job.headers.push_back({line});
  }
  if (extras.withheld) tell_of_withheld(std::string_view(origin).substr(authority));
  leases_.at(job.lease).by_proxy = !extras.proxy.empty();
  pool_->submit(fetcher, job);
}

// Once for each host, of as many as fit a terminal.
void Coordinator::tell_of_withheld(std::string_view authority) {
  constexpr size_t kTold = 20;
  if (told_withheld_.size() >= kTold || !told_withheld_.emplace(authority).second) return;
  log_.warning("the secrets of " + std::string(authority) +
               " are not sent to http URLs (over-http in its table would send them)");
}

}  // namespace crawl
