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
  // Pages under way count: --max-pages is never exceeded.
  return options_.max_pages == 0 || pages_ + page_leases_ < options_.max_pages;
}

void Coordinator::hand_out() {
  while (may_hand_out() && any_fetcher_free()) {
    Host* next = frontier_.take_ready(clock_.monotonic_ms());
    if (next == nullptr) return;
    if (hand_out_from(*next)) changed(*next);
  }
}

// True when the host goes back on the list; false when it waits for a fetcher.
bool Coordinator::hand_out_from(Host& target) {
  const PendingUrl* next = target.queue.peek(clock_.monotonic_ms());
  if (next != nullptr && robots_known(target) && suspects_.count(next->id) > 0) {
    return hand_out_alone(target);
  }
  unreserve(target.id);
  const std::optional<size_t> fetcher = choose_fetcher(target);
  if (!fetcher) {
    const size_t awaited = target.fetcher == kNoFetcher ? 0 : target.fetcher;
    waiting_for_fetcher_[awaited].push_back(target.id);
    return false;
  }
  target.fetcher = *fetcher;
  if (!robots_known(target)) {
    lease_robots(target, *fetcher);
    return true;
  }
  std::optional<PendingUrl> url = target.queue.pop(clock_.monotonic_ms());
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
  if (!fetcher) {
    waiting_for_fetcher_[target.fetcher == kNoFetcher ? 0 : target.fetcher].push_back(target.id);
    return false;
  }
  target.fetcher = *fetcher;
  reserved_for_[*fetcher] = target.id;
  if (pool_->load(*fetcher) > 0 || !pool_->ready(*fetcher)) {
    waiting_for_fetcher_[*fetcher].push_back(target.id);
    return false;
  }
  PendingUrl url = *target.queue.pop(clock_.monotonic_ms());
  if (settle_without_fetch(target, url)) {
    suspects_.erase(url.id);
    unreserve(target.id);
  } else {
    lease_page(target, *fetcher, std::move(url));
  }
  return true;
}

// A URL that robots.txt forbids, or whose host cannot be asked for its robots.txt, ends here.
bool Coordinator::settle_without_fetch(Host& target, const PendingUrl& url) {
  UrlUpdate update;
  update.id = url.id;
  update.attempts = url.attempts;
  update.strikes = url.strikes;
  if (target.robots.state == RobotsState::kUnreachable) {
    update.outcome = target.robots.outcome;
    update.reason = target.robots.detail;
    ++errors_;
  } else if (target.robots.state == RobotsState::kOk) {
    const Result<Url> parsed = Url::parse(url.url);
    CRAWL_CHECK(parsed.has_value());
    std::string path(parsed->path());
    if (parsed->has_query()) path.append("?").append(parsed->query());
    if (target.robots.rules.decide(path).allowed) return false;
    update.state = UrlState::kSkipped;
    update.reason = name(SkipReason::kRobotsDenied);
    discovery_->mark_skipped(url.url, url.id);
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
  const uint64_t id = next_lease_++;
  Lease& lease = leases_[id];
  lease.host_id = target.id;
  lease.fetcher = fetcher;
  lease.started_ms = clock_.monotonic_ms();
  lease.url = std::move(url);
  FetchJob job;
  job.lease = id;
  job.url = lease.url.url;
  job.allow_private = target.allow_private;
  job.etag = lease.url.etag;
  job.last_modified = lease.url.last_modified;
  pool_->submit(fetcher, job);
  ++target.in_flight;
  ++page_leases_;
  target.politeness.on_start(lease.started_ms);
}

}  // namespace crawl
