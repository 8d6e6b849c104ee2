// SPDX-License-Identifier: MIT
#include "crawler/frontier.h"

#include <algorithm>

namespace crawl {

Host& Frontier::host(int64_t id, const std::function<void(Host&)>& make) {
  std::unique_ptr<Host>& slot = hosts_[id];
  if (!slot) {
    slot = std::make_unique<Host>(options_.politeness, id);
    make(*slot);
  }
  return *slot;
}

Host* Frontier::find(int64_t id) {
  const auto found = hosts_.find(id);
  return found == hosts_.end() ? nullptr : found->second.get();
}

std::optional<int64_t> Frontier::ready_ms(const Host& host) const {
  if (host.silence.given_up) return host.errands.empty() ? host.queue.ready_ms() : 0;
  if (host.in_flight >= options_.host_concurrency) return std::nullopt;
  int64_t at = host.politeness.next_at_ms();
  if (!host.errands.empty()) return at;
  const std::optional<int64_t> queued = host.queue.ready_ms();
  if (!queued) return std::nullopt;
  // What ends without a request need not wait for one's turn.
  if (gate(host, host.queue.peek(*queued)->url).state == RobotsState::kUnreachable) return queued;
  at = std::max(at, *queued);
  // While one robots.txt is waited for, a URL that another decides about may come first.
  for (;;) {
    const RobotsGate& robots = gate(host, host.queue.peek(at)->url);
    if (robots.in_flight) return std::nullopt;  // nothing before its robots.txt is known
    if (robots.state != RobotsState::kUnknown || robots.retry_at_ms <= at) return at;
    at = robots.retry_at_ms;
  }
}

bool Frontier::has_work(const Host& host) {
  return !host.queue.finished() || !host.errands.empty() || host.in_flight > 0 ||
         host.robots[0].in_flight || host.robots[1].in_flight;
}

void Frontier::reschedule(Host& host) {
  const bool busy = has_work(host);
  if (busy != host.busy_) {
    host.busy_ = busy;
    busy_ += busy ? 1 : static_cast<size_t>(-1);
  }
  const std::optional<int64_t> at = ready_ms(host);
  if (host.ready_) {
    if (at && std::get<0>(*host.ready_) == *at) return;  // keeps its turn
    ready_.erase(*host.ready_);
    host.ready_.reset();
  }
  if (!at) return;
  host.ready_ = Host::ReadyKey{*at, next_turn_++, host.id};
  ready_.insert(*host.ready_);
}

Host* Frontier::take_ready(int64_t now_ms) {
  if (ready_.empty()) return nullptr;
  Host* host = find(std::get<2>(*ready_.begin()));
  return take(*host, now_ms) ? host : nullptr;
}

bool Frontier::take(Host& host, int64_t now_ms) {
  if (!host.ready_ || std::get<0>(*host.ready_) > now_ms) return false;
  host.turn_ms = std::get<0>(*host.ready_);
  ready_.erase(*host.ready_);
  host.ready_.reset();
  return true;
}

std::optional<int64_t> Frontier::next_ready_ms() const {
  if (ready_.empty()) return std::nullopt;
  return std::get<0>(*ready_.begin());
}

bool Frontier::idle(const Host& host, int64_t now_ms) const {
  return !has_work(host) && host.politeness.next_at_ms() <= now_ms;
}

size_t Frontier::ready_count(int64_t now_ms, size_t count_max) const {
  size_t count = 0;
  for (const Host::ReadyKey& key : ready_) {
    if (std::get<0>(key) > now_ms || count == count_max) break;
    ++count;
  }
  return count;
}

bool Frontier::any_of(const std::function<bool(const Host&)>& wanted) const {
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const auto& entry) { return wanted(*entry.second); });
}

void Frontier::for_each(const std::function<void(Host&)>& visit) {
  for (auto& [id, host] : hosts_) visit(*host);
}

}  // namespace crawl
