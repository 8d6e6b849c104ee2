// SPDX-License-Identifier: MIT
// FetcherPool: a fetcher from its fork to Ready, and what it says over its pipe.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "base/escape.h"
#include "crawler/fetcher_pool.h"

namespace crawl {

namespace {

constexpr int64_t kShortageFirstMs = 1000;  // until the next try, then doubled
constexpr int64_t kShortageLaterMs = 30'000;
constexpr int64_t kShortageMaxMs = 15'000;  // without any fetcher
// An honest fetcher says little: a Wake for each part of a result, a line of Log now and then.
constexpr int kIdleTalkMax = 1000;

}  // namespace

Result<void> FetcherPool::start() {
  for (auto& fetcher : fetchers_) {
    auto spawned = spawn(*fetcher);
    if (spawned) continue;
    if (!is_shortage(spawned.error())) return spawned.error();
    postpone(*fetcher, spawned.error());
  }
  arm_watchdog();
  return {};
}

Result<void> FetcherPool::spawn(Fetcher& fetcher) {
  auto queue = SharedQueue::create(options_.queue);
  if (!queue) return queue.error();
  (*queue)->results_reader().set_message_max(options_.result_bytes_max);
  ChildProcess::Options child;
  child.executable_fd = options_.executable_fd;
  child.argv = {"crawl-fetcher"};
  child.extra_fds = {(*queue)->fd()};
  auto spawned = ChildProcess::spawn(loop_, child);
  if (!spawned) return spawned.error();
  const size_t index = fetcher.index;
  const int early_deaths = fetcher.early_deaths;
  const int shortages = fetcher.shortages;
  fetcher = Fetcher();
  fetcher.index = index;
  fetcher.early_deaths = early_deaths;
  fetcher.shortages = shortages;
  fetcher.queue = std::move(*queue);
  fetcher.child = std::move(*spawned);
  fetcher.generation = next_generation_++;
  fetcher.state = State::kGreeting;
  fetcher.born_ms = loop_.clock().monotonic_ms();
  attach(fetcher);
  return {};
}

void FetcherPool::attach(Fetcher& fetcher) {
  fetcher.child->on_message(
      [this, &fetcher](std::string_view message) { on_message(fetcher, message); });
  fetcher.child->on_exit([this, &fetcher](ExitStatus status) { on_exit(fetcher, status); });
  fetcher.child->on_disconnect([this, &fetcher] { on_disconnect(fetcher); });
  fetcher.child->on_error([this, &fetcher](const Error& error) {
    if (error.code != Errc::kClosed) condemn(fetcher, error.message() + ", killed", 0);
  });
}

void FetcherPool::spawn_later(Fetcher& fetcher, int64_t delay_ms) {
  fetcher.respawn = loop_.run_after(delay_ms, [this, &fetcher] {
    fetcher.respawn = 0;
    respawn(fetcher);
  });
}

void FetcherPool::respawn(Fetcher& fetcher) {
  if (shutting_down_) return;
  auto spawned = spawn(fetcher);
  if (spawned) return;
  if (!is_shortage(spawned.error()) && ++failed_starts_ >= kFailedStartsMax && ready_count() == 0) {
    return unusable(spawned.error());
  }
  postpone(fetcher, spawned.error());
}

void FetcherPool::unusable(Error error) {
  error.context = "no fetcher can be started: " + error.context;
  delegate_.on_unusable(error);
}

// Another try later; the crawl goes on with the fetchers that there are. Without any it waits for a
// while.
void FetcherPool::postpone(Fetcher& fetcher, const Error& shortage) {
  const int64_t now = loop_.clock().monotonic_ms();
  if (ready_count() > 0 || !short_since_ms_) short_since_ms_ = now;
  if (now - *short_since_ms_ >= kShortageMaxMs) return unusable(shortage);
  delegate_.on_warning("cannot start a fetcher now: " + shortage.message());
  const int doublings = std::min(fetcher.shortages++, 16);
  spawn_later(fetcher, std::min(kShortageFirstMs << doublings, kShortageLaterMs));
}

void FetcherPool::on_message(Fetcher& fetcher, std::string_view message) {
  static constexpr std::array<Handler, 5> kHandlers = {{
      {MessageType::kHello, State::kGreeting, State::kGreeting, &FetcherPool::on_hello},
      {MessageType::kListener, State::kStarting, State::kStarting, &FetcherPool::on_listener},
      {MessageType::kReady, State::kStarting, State::kAdopted, &FetcherPool::on_ready},
      {MessageType::kWake, State::kReady, State::kReady, &FetcherPool::on_wake},
      {MessageType::kLog, State::kGreeting, State::kReady, &FetcherPool::on_log},
  }};
  if (!fetcher.kill_cause.empty()) return;
  const std::optional<MessageType> type = message_type(message);
  for (const Handler& handler : kHandlers) {
    if (type != handler.type) continue;
    if (fetcher.state < handler.first || fetcher.state > handler.last) break;
    if ((this->*handler.handle)(fetcher, message)) return;
  }
  condemn(fetcher, "sent a control message that makes no sense, killed", 0);
}

bool FetcherPool::on_hello(Fetcher& fetcher, std::string_view bytes) {
  const auto hello = decode_message<Hello>(bytes);
  if (!hello) return false;
  if (hello->protocol_version == kProtocolVersion) {
    version_proved_ = true;
    Configure configure = options_.configure;
    configure.generation = fetcher.generation;
    if (configure.sandbox != SandboxMode::kOff) {
      const auto brokered = broker_for(fetcher);
      if (!brokered) {
        condemn_starting(fetcher, brokered.error());
        return true;
      }
      configure.brokered = *brokered;
    }
    fetcher.state = State::kStarting;
    fetcher.child->send(configure);
    return true;
  }
  if (version_proved_) return false;  // all of them are the same executable
  failed_starts_ = kFailedStartsMax;
  delegate_.on_unusable(Error{Errc::kVersion, 0,
                              "the fetcher executable speaks protocol " +
                                  std::to_string(hello->protocol_version) + ", this crawl speaks " +
                                  std::to_string(kProtocolVersion) +
                                  ": install crawl and crawl-fetcher of one version"});
  return true;
}

void FetcherPool::condemn_starting(Fetcher& fetcher, const Error& error) {
  if (is_shortage(error)) fetcher.shortage = error;
  condemn(fetcher, "its connections cannot be decided: " + error.message() + ", killed", 0);
}

// What this machine does not permit for one fetcher, it permits for none. What it is only short of
// now, or a fetcher that has died meanwhile, is an error: no fetcher is less closed in for that.
Result<bool> FetcherPool::broker_for(const Fetcher& fetcher) {
  if (broker_) return true;
  if (broker_obstacle_) return false;
  if (auto obstacle = ConnectionBroker::obstacle(fetcher.child->pid())) {
    if (is_shortage(*obstacle) || obstacle->code == Errc::kClosed) return *obstacle;
    broker_obstacle_ = std::move(obstacle);
    return false;
  }
  auto broker = ConnectionBroker::start();
  if (!broker) return broker.error();
  const auto watched =
      loop_.watch((*broker)->notify_fd(), EPOLLIN, [this](uint32_t) { judge_refusals(); });
  if (!watched) return watched.error();
  broker_ = std::move(*broker);
  return true;
}

bool FetcherPool::on_listener(Fetcher& fetcher, std::string_view bytes) {
  const auto listener = decode_message<Listener>(bytes);
  if (!listener) return false;
  auto adopted = broker_ ? broker_->adopt(fetcher.index, fetcher.child->pid(), listener->fd)
                         : Result<void>(Error{Errc::kCorrupt, 0, "not asked for"});
  if (!adopted) {
    condemn_starting(fetcher, adopted.error());
    return true;
  }
  fetcher.state = State::kAdopted;
  fetcher.child->send(ListenerTaken{});
  return true;
}

void FetcherPool::permit(size_t index, const FetchJob& job) {
  if (broker_) broker_->permit(index, job.lease, job.url, job.allow_private, job.proxy);
}

bool FetcherPool::on_ready(Fetcher& fetcher, std::string_view bytes) {
  const auto ready = decode_message<Ready>(bytes);
  if (!ready || !is_text(ready->sandbox) || !is_text(ready->missing)) return false;
  fetcher.state = State::kReady;
  fetcher.shortages = 0;
  short_since_ms_.reset();
  std::string missing(ready->missing);
  if (broker_obstacle_) {
    if (!missing.empty()) missing += ", ";
    missing += "connections decided outside (" + broker_obstacle_->message() + ")";
  }
  Ready whole = *ready;
  whole.missing = missing;
  delegate_.on_fetcher_ready(fetcher.index, fetcher.child->pid(), whole);
  return true;
}

// The turn that follows looks at the rings.
bool FetcherPool::on_wake(Fetcher& fetcher, std::string_view bytes) {
  if (!decode_message<Wake>(bytes)) return false;
  if (++fetcher.idle_talk > kIdleTalkMax) condemn(fetcher, "talks without end, killed", 0);
  return true;
}

bool FetcherPool::on_log(Fetcher& fetcher, std::string_view bytes) {
  const auto log = decode_message<Log>(bytes);
  if (!log) return false;
  if (++fetcher.idle_talk > kIdleTalkMax) {
    condemn(fetcher, "talks without end, killed", 0);
  } else {
    delegate_.on_fetcher_log(fetcher.index, log->text);
  }
  return true;
}

}  // namespace crawl
