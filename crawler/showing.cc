// SPDX-License-Identifier: MIT
// What a run shows of itself while it goes on.
#include <algorithm>

#include "crawler/coordinator.h"

namespace crawl {

// A snapshot costs more than a page's share of the loop.
void Coordinator::show(Progress& progress, MetricsFile& metrics) {
  constexpr int64_t kShowMs = 100;
  const int64_t now = clock_.monotonic_ms();
  if (now - shown_ms_ < kShowMs) return;
  shown_ms_ = now;
  ProgressSnapshot now_so_far = snapshot();
  if (progress.tells_fetchers()) now_so_far.at_work = activities();
  progress.update(now_so_far);
  metrics.update(now_so_far);
}

ProgressSnapshot Coordinator::snapshot() const {
  ProgressSnapshot now;
  now.run_id = run_id_;
  now.fetchers_died = fetchers_died_;
  now.elapsed_ms = clock_.monotonic_ms() - started_ms_;
  now.pages = pages_;
  now.bytes = bytes_;
  now.errors = errors_;
  now.pending = pending_;
  now.in_flight = static_cast<int64_t>(leases_.size());
  constexpr size_t kCountMax = 10'000;
  const size_t ready = frontier_.ready_count(clock_.monotonic_ms(), kCountMax);
  now.hosts_ready = static_cast<int64_t>(ready);
  // Some of those in memory may have nothing left to do.
  now.hosts_waiting = static_cast<int64_t>(frontier_.size() - std::min(ready, frontier_.size()));
  if (pending_ == 0) now.hosts_waiting = 0;
  now.fetchers = static_cast<int>(pool_->ready_count());
  return now;
}

namespace {

std::string_view verb(Phase phase) {
  switch (phase) {
    case Phase::kIdle:
    case Phase::kTransfer:
      return "waits";
    case Phase::kDecode:
      return "decodes";
    case Phase::kParse:
      return "parses";
    case Phase::kExtract:
      return "reads";
    case Phase::kSend:
      return "sends";
  }
  return "waits";
}

}  // namespace

// Each fetcher's page of the moment, or the one that it waits for longest.
std::vector<FetcherActivity> Coordinator::activities() const {
  std::vector<FetcherActivity> all(pool_->size());
  std::vector<const Lease*> oldest(pool_->size());
  for (const auto& [number, lease] : leases_) {
    const Lease*& first = oldest[lease.fetcher];
    if (first == nullptr || lease.began_ms < first->began_ms) first = &lease;
  }
  const int64_t now = clock_.monotonic_ms();
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].pid = pool_->pid(i);
    all[i].in_flight = static_cast<int64_t>(pool_->load(i));
    if (oldest[i] == nullptr) continue;
    const Blame blame = pool_->at_work_on(i);
    const auto lease = leases_.find(blame.lease);
    const bool busy = blame.phase > Phase::kTransfer && blame.phase <= Phase::kLast &&
                      lease != leases_.end() && lease->second.fetcher == i;
    all[i].doing = verb(busy ? blame.phase : Phase::kIdle);
    all[i].url = busy ? lease->second.url.url : oldest[i]->url.url;
    if (!busy) all[i].for_ms = now - oldest[i]->began_ms;
  }
  return all;
}

}  // namespace crawl
