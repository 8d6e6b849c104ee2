// SPDX-License-Identifier: MIT
#pragma once

// The epoll loop and the timers of one process. Single-threaded: every call comes from the thread
// that runs the loop. Handlers may watch, unwatch, add and cancel from within a handler.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

class EventLoop {
 public:
  using FdHandler = std::function<void(uint32_t epoll_events)>;
  using TimerHandler = std::function<void()>;
  using TimerId = uint64_t;  // 0 is never used

  // `clock` must outlive the loop.
  static Result<std::unique_ptr<EventLoop>> create(const Clock& clock);

  // Calls `handler` whenever `fd` has any of `epoll_events` (EPOLLIN, EPOLLOUT, …; EPOLLERR and
  // EPOLLHUP always). One handler per fd; the caller keeps ownership of the fd and must unwatch it
  // before closing it.
  Result<void> watch(int fd, uint32_t epoll_events, FdHandler handler);
  Result<void> modify(int fd, uint32_t epoll_events);
  void unwatch(int fd);

  TimerId run_at(int64_t monotonic_ms, TimerHandler handler);
  TimerId run_after(int64_t delay_ms, TimerHandler handler);
  void cancel(TimerId id);

  // Waits for events at most `timeout_ms` (-1: no bound but the next timer), dispatches what is
  // ready and the timers that are due, and returns the number of handlers called.
  Result<int> run_once(int timeout_ms);

  // Runs until stop() is called; one that came before counts.
  Result<void> run();
  void stop() { stopped_ = true; }

  const Clock& clock() const { return clock_; }

 private:
  struct Watch {
    int fd;
    FdHandler handler;
  };

  EventLoop(const Clock& clock, UniqueFd epoll) : clock_(clock), epoll_(std::move(epoll)) {}
  int wait_ms(int timeout_ms) const;
  int run_due_timers();

  const Clock& clock_;
  UniqueFd epoll_;
  bool stopped_ = false;
  uint64_t next_id_ = 1;
  // An event names its watch by id, not by fd: an fd closed and reopened within one batch of events
  // must not receive its predecessor's events.
  std::unordered_map<uint64_t, std::shared_ptr<Watch>> watches_;
  std::unordered_map<int, uint64_t> watch_by_fd_;
  std::map<std::pair<int64_t, TimerId>, TimerHandler> timers_;  // by due time
  std::unordered_map<TimerId, int64_t> timer_due_;
};

}  // namespace crawl
