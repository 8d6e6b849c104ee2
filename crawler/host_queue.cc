// SPDX-License-Identifier: MIT
#include "crawler/host_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace crawl {

HostQueue HostQueue::unloaded() {
  HostQueue queue;
  queue.tail_ = true;
  return queue;
}

void HostQueue::push(PendingUrl url) {
  held_.erase(url.id);
  const Key key{url.rank, url.id};
  if (tail_ && key > watermark_) {
    if (loading_) arrived_.push_back(std::move(url));
    return;  // its row is in the database, behind the watermark
  }
  insert(std::move(url));
}

void HostQueue::insert(PendingUrl url) {
  const Key key{url.rank, url.id};
  front_.insert_or_assign(key, std::move(url));
  if (front_.size() <= kFrontMax) return;
  // The last one goes back to the tail: its row is there. The watermark moves in front of it.
  const auto last = std::prev(front_.end());
  if (loading_) arrived_.push_back(std::move(last->second));
  front_.erase(last);
  watermark_ = front_.rbegin()->first;
  tail_ = true;
}

void HostQueue::delay(PendingUrl url, int64_t ready_ms) {
  held_.insert(url.id);
  delayed_.emplace(ready_ms, std::move(url));
}

std::optional<PendingUrl> HostQueue::pop(int64_t now_ms) {
  std::optional<PendingUrl> url;
  if (!delayed_.empty() && delayed_.begin()->first <= now_ms) {
    url = std::move(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
  } else if (!front_.empty()) {
    url = std::move(front_.begin()->second);
    front_.erase(front_.begin());
  }
  if (url) held_.insert(url->id);
  return url;
}

void HostQueue::release(int64_t url_id) {
  held_.erase(url_id);
  if (loading_) released_.insert(url_id);
}

std::optional<int64_t> HostQueue::ready_ms() const {
  if (!front_.empty()) return 0;
  if (!delayed_.empty()) return delayed_.begin()->first;
  return std::nullopt;
}

const PendingUrl* HostQueue::peek(int64_t now_ms) const {
  if (!delayed_.empty() && delayed_.begin()->first <= now_ms) return &delayed_.begin()->second;
  return front_.empty() ? nullptr : &front_.begin()->second;
}

HostQueue::Key HostQueue::begin_load() {
  CRAWL_CHECK(tail_ && !loading_);
  loading_ = true;
  return watermark_;
}

void HostQueue::finish_load(std::vector<PendingUrl> urls, bool more) {
  CRAWL_CHECK(loading_);
  loading_ = false;
  // Where the front overflowed while loading, the watermark lies before the place read from; the
  // rows between are in `arrived_`, so the batch still continues without a gap.
  tail_ = more;
  if (more) watermark_ = {urls.back().rank, urls.back().id};
  std::vector<PendingUrl> arrived = std::move(arrived_);
  arrived_.clear();
  const std::unordered_set<int64_t> released = std::exchange(released_, {});
  for (PendingUrl& url : urls) {
    if (held_.count(url.id) == 0 && released.count(url.id) == 0) push(std::move(url));
  }
  for (PendingUrl& url : arrived) {
    if (held_.count(url.id) == 0) push(std::move(url));
  }
}

}  // namespace crawl
