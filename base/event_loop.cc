// SPDX-License-Identifier: MIT
#include "base/event_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace crawl {

Result<std::unique_ptr<EventLoop>> EventLoop::create(const Clock& clock) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return errno_error("epoll_create1");
  return std::unique_ptr<EventLoop>(new EventLoop(clock, std::move(epoll)));
}

Result<void> EventLoop::watch(int fd, uint32_t epoll_events, FdHandler handler) {
  CRAWL_CHECK(watch_by_fd_.count(fd) == 0);
  const uint64_t id = next_id_++;
  epoll_event event{};
  event.events = epoll_events;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0) return errno_error("epoll_ctl add");
  watches_.emplace(id, std::make_shared<Watch>(Watch{fd, std::move(handler)}));
  watch_by_fd_.emplace(fd, id);
  return {};
}

Result<void> EventLoop::modify(int fd, uint32_t epoll_events) {
  const auto found = watch_by_fd_.find(fd);
  CRAWL_CHECK(found != watch_by_fd_.end());
  epoll_event event{};
  event.events = epoll_events;
  event.data.u64 = found->second;
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, fd, &event) != 0) return errno_error("epoll_ctl mod");
  return {};
}

void EventLoop::unwatch(int fd) {
  const auto found = watch_by_fd_.find(fd);
  if (found == watch_by_fd_.end()) return;
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, nullptr);
  watches_.erase(found->second);
  watch_by_fd_.erase(found);
}

EventLoop::TimerId EventLoop::run_at(int64_t monotonic_ms, TimerHandler handler) {
  const TimerId id = next_id_++;
  timers_.emplace(std::make_pair(monotonic_ms, id), std::move(handler));
  timer_due_.emplace(id, monotonic_ms);
  return id;
}

EventLoop::TimerId EventLoop::run_after(int64_t delay_ms, TimerHandler handler) {
  return run_at(clock_.monotonic_ms() + delay_ms, std::move(handler));
}

void EventLoop::cancel(TimerId id) {
  const auto found = timer_due_.find(id);
  if (found == timer_due_.end()) return;
  timers_.erase({found->second, id});
  timer_due_.erase(found);
}

int EventLoop::wait_ms(int timeout_ms) const {
  if (timers_.empty()) return timeout_ms;
  const int64_t until = std::max<int64_t>(0, timers_.begin()->first.first - clock_.monotonic_ms());
  const int64_t bounded = std::min<int64_t>(until, std::numeric_limits<int>::max());
  return timeout_ms < 0 ? static_cast<int>(bounded)
                        : static_cast<int>(std::min<int64_t>(bounded, timeout_ms));
}

int EventLoop::run_due_timers() {
  // Timers added by a handler wait for the next round, or a handler that re-arms itself at once
  // would never let the descriptors be read.
  const int64_t now = clock_.monotonic_ms();
  const TimerId first_new = next_id_;
  int called = 0;
  auto next = timers_.begin();
  while (next != timers_.end() && next->first.first <= now) {
    const TimerId id = next->first.second;
    if (id >= first_new) {
      ++next;
      continue;
    }
    TimerHandler handler = std::move(next->second);
    timers_.erase(next);
    timer_due_.erase(id);
    handler();
    ++called;
    next = timers_.begin();
  }
  return called;
}

Result<int> EventLoop::run_once(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int n = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()),
                             wait_ms(timeout_ms));
  if (n < 0 && errno != EINTR) return errno_error("epoll_wait");
  int called = 0;
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    const uint64_t id = event.data.u64;  // no reference to it: the struct is packed
    const auto found = watches_.find(id);
    if (found == watches_.end()) continue;  // unwatched by an earlier handler of this batch
    const std::shared_ptr<Watch> watch = found->second;
    watch->handler(event.events);
    ++called;
  }
  return called + run_due_timers();
}

Result<void> EventLoop::run() {
  while (!stopped_) {
    auto called = run_once(-1);
    if (!called) return called.error();
  }
  stopped_ = false;
  return {};
}

}  // namespace crawl
