// SPDX-License-Identifier: MIT
#include "crawler/fetcher_pool.h"

#include <sys/epoll.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace crawl {

namespace {

constexpr int64_t kWatchdogRoundMs = 1000;
constexpr int64_t kRespawnFirstMs = 50;
constexpr int64_t kRespawnMaxMs = 30'000;
constexpr int64_t kForkBusyMs = 1000;
constexpr int kFailedStartsMax = 8;
constexpr int64_t kFarewellMs = 1000;  // for a fetcher to leave by itself, when the run ends

// Results begin with their Transfer, whose first field is the lease: it can be known, and blamed,
// even where the rest of the message is nonsense.
uint64_t lease_of(std::string_view message) {
  Decoder decoder(message.substr(1));
  uint64_t lease = 0;
  decoder.number(lease);
  return lease;
}

}  // namespace

FetcherPool::FetcherPool(EventLoop& loop, const Options& options, Delegate& delegate)
    : loop_(loop), options_(options), delegate_(delegate) {
  for (size_t i = 0; i < static_cast<size_t>(options.fetchers); ++i) {
    fetchers_.push_back(std::make_unique<Fetcher>());
    fetchers_.back()->index = i;
  }
}

FetcherPool::~FetcherPool() {
  if (broker_) loop_.unwatch(broker_->notify_fd());
  loop_.cancel(watchdog_);
  for (auto& fetcher : fetchers_) loop_.cancel(fetcher->respawn);
}

Result<void> FetcherPool::start() {
  for (auto& fetcher : fetchers_) {
    auto spawned = spawn(*fetcher);
    if (spawned) continue;
    if (spawned.error().code != Errc::kBusy || fetcher->index == 0) return spawned.error();
    delegate_.on_warning("cannot fork another fetcher now, going on with " +
                         std::to_string(fetcher->index));
    spawn_later(*fetcher, kForkBusyMs);
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
  fetcher.queue = std::move(*queue);
  fetcher.child = std::move(*spawned);
  fetcher.generation = next_generation_++;
  fetcher.state = State::kStarting;
  fetcher.heartbeat = 0;
  fetcher.stale_checks = 0;
  fetcher.answered = false;
  fetcher.guilty = 0;
  fetcher.kill_cause.clear();
  fetcher.child->on_message(
      [this, &fetcher](std::string_view message) { on_message(fetcher, message); });
  fetcher.child->on_exit([this, &fetcher](ExitStatus status) { on_exit(fetcher, status); });
  // A fetcher without its control channel is of no use. If it has died anyway, this changes
  // nothing.
  fetcher.child->on_disconnect([this, &fetcher] {
    if (!shutting_down_) fetcher.child->kill(SIGKILL);
  });
  fetcher.child->on_error([this, &fetcher](const Error& error) {
    if (error.code != Errc::kClosed) condemn(fetcher, error.message() + ", killed", 0);
  });
  return {};
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
  if (spawned.error().code != Errc::kBusy && ++failed_starts_ >= kFailedStartsMax &&
      ready_count() == 0) {
    return delegate_.on_unusable(spawned.error());
  }
  delegate_.on_warning("cannot start a fetcher now: " + spawned.error().message());
  spawn_later(fetcher, kForkBusyMs);
}

void FetcherPool::on_message(Fetcher& fetcher, std::string_view message) {
  const std::optional<MessageType> type = message_type(message);
  if (type == MessageType::kWake) return;  // the turn that follows looks at the rings
  if (type == MessageType::kHello && fetcher.state == State::kStarting) {
    const auto hello = decode_message<Hello>(message);
    if (hello) return on_hello(fetcher, *hello);
  }
  if (type == MessageType::kReady && fetcher.state == State::kStarting) {
    const auto ready = decode_message<Ready>(message);
    if (ready) return on_ready(fetcher, *ready);
  }
  if (type == MessageType::kListener && fetcher.state == State::kStarting) {
    const auto listener = decode_message<Listener>(message);
    if (listener) return on_listener(fetcher, *listener);
  }
  if (type == MessageType::kLog) {
    const auto log = decode_message<Log>(message);
    if (log) return delegate_.on_fetcher_log(fetcher.index, log->text);
  }
  condemn(fetcher, "sent a control message that makes no sense, killed", 0);
}

void FetcherPool::on_ready(Fetcher& fetcher, const Ready& ready) {
  fetcher.state = State::kReady;
  failed_starts_ = 0;
  std::string missing(ready.missing);
  if (broker_obstacle_) {
    if (!missing.empty()) missing += ", ";
    missing += "connections decided outside (" + broker_obstacle_->message() + ")";
  }
  Ready whole = ready;
  whole.missing = missing;
  delegate_.on_fetcher_ready(fetcher.index, fetcher.child->pid(), whole);
}

void FetcherPool::on_hello(Fetcher& fetcher, const Hello& hello) {
  if (hello.protocol_version != kProtocolVersion) {
    failed_starts_ = kFailedStartsMax;
    delegate_.on_unusable(Error{Errc::kVersion, 0,
                                "the fetcher executable speaks protocol " +
                                    std::to_string(hello.protocol_version) +
                                    ", this crawl speaks " + std::to_string(kProtocolVersion) +
                                    ": install crawl and crawl-fetcher of one version"});
    return;
  }
  Configure configure = options_.configure;
  configure.generation = fetcher.generation;
  configure.brokered = configure.sandbox != SandboxMode::kOff && broker_for(fetcher);
  fetcher.child->send(configure);
}

// What this machine does not permit for one fetcher, it permits for none.
bool FetcherPool::broker_for(const Fetcher& fetcher) {
  if (broker_) return true;
  if (broker_obstacle_) return false;
  broker_obstacle_ = ConnectionBroker::obstacle(fetcher.child->pid());
  if (broker_obstacle_) return false;
  auto broker = ConnectionBroker::start(options_.configure.proxy);
  if (!broker) {
    broker_obstacle_ = broker.error();
    return false;
  }
  const auto watched =
      loop_.watch((*broker)->notify_fd(), EPOLLIN, [this](uint32_t) { judge_refusals(); });
  if (!watched) {
    broker_obstacle_ = watched.error();
    return false;
  }
  broker_ = std::move(*broker);
  return true;
}

void FetcherPool::on_listener(Fetcher& fetcher, const Listener& listener) {
  auto adopted = broker_ ? broker_->adopt(fetcher.index, fetcher.child->pid(), listener.fd)
                         : Result<void>(Error{Errc::kCorrupt, 0, "not asked for"});
  if (!adopted) {
    return condemn(fetcher, "its connections cannot be decided: " + adopted.error().message(), 0);
  }
  fetcher.child->send(ListenerTaken{});
}

void FetcherPool::permit(size_t index, const FetchJob& job) {
  if (broker_) broker_->permit(index, job.lease, job.url, job.allow_private);
}

void FetcherPool::condemn(size_t index, const std::string& cause, uint64_t guilty_lease) {
  condemn(*fetchers_[index], cause, guilty_lease);
}

void FetcherPool::condemn(Fetcher& fetcher, std::string cause, uint64_t guilty_lease) {
  if (!fetcher.child || !fetcher.kill_cause.empty()) return;
  fetcher.kill_cause = std::move(cause);
  fetcher.guilty = guilty_lease;
  fetcher.child->kill(SIGKILL);
}

void FetcherPool::on_exit(Fetcher& fetcher, const ExitStatus& status) {
  // What it published before it died is whole and counts.
  if (fetcher.kill_cause.empty()) receive_results(fetcher, static_cast<size_t>(-1));

  Loss loss;
  loss.index = fetcher.index;
  loss.pid = fetcher.child->pid();
  loss.status = status;
  loss.expected = shutting_down_;
  loss.cause = fetcher.kill_cause.empty() ? status.text() : fetcher.kill_cause;
  loss.condemned = !fetcher.kill_cause.empty();
  const Blame blame = fetcher.queue->read_blame();
  // A lease it does not hold is no answer, whoever names it: a page must not hide behind nonsense.
  uint64_t suspect = fetcher.guilty;
  if (fetcher.leases.count(suspect) == 0) suspect = blame.lease;
  if (fetcher.leases.count(suspect) == 0 && fetcher.leases.size() == 1) {
    suspect = *fetcher.leases.begin();
  }
  if (!shutting_down_ && fetcher.leases.erase(suspect) == 1) {
    loss.blamed = suspect;
    loss.phase = blame.phase;
  }
  loss.leases.assign(fetcher.leases.begin(), fetcher.leases.end());

  if (broker_) broker_->drop(fetcher.index);
  const bool died_starting = fetcher.state == State::kStarting;
  fetcher.early_deaths = fetcher.answered ? 0 : fetcher.early_deaths + 1;
  fetcher.leases.clear();
  fetcher.outbox.clear();
  fetcher.outbox_sent = 0;
  fetcher.queue.reset();
  fetcher.child.reset();
  fetcher.state = State::kEmpty;
  delegate_.on_fetcher_lost(loss);

  if (shutting_down_) return;
  if (died_starting && ++failed_starts_ >= kFailedStartsMax && ready_count() == 0) {
    return delegate_.on_unusable(Error{Errc::kIo, 0, "no fetcher can be started: " + loss.cause});
  }
  const int doublings = std::min(fetcher.early_deaths, 16);
  const int64_t delay = fetcher.early_deaths == 0 ? 0 : kRespawnFirstMs << (doublings - 1);
  spawn_later(fetcher, std::min(delay, kRespawnMaxMs));
}

void FetcherPool::submit_bytes(size_t index, uint64_t lease, std::string bytes) {
  Fetcher& fetcher = *fetchers_[index];
  CRAWL_CHECK(fetcher.state == State::kReady);
  fetcher.leases.insert(lease);
  fetcher.outbox.push_back(std::move(bytes));
}

void FetcherPool::send_jobs(Fetcher& fetcher) {
  while (!fetcher.outbox.empty()) {
    auto written = fetcher.queue->jobs_writer().write(fetcher.outbox.front(), fetcher.outbox_sent);
    if (!written) return condemn(fetcher, written.error().message() + ", killed", 0);
    if (!*written) return;
    fetcher.outbox.pop_front();
    fetcher.outbox_sent = 0;
  }
}

size_t FetcherPool::receive_results(Fetcher& fetcher, size_t results_max) {
  size_t count = 0;
  while (count < results_max) {
    auto bytes = std::make_shared<std::string>();
    auto read = fetcher.queue->results_reader().read(*bytes);
    if (!read) {
      condemn(fetcher, read.error().message() + ", killed", 0);
      return count;
    }
    if (*read == RingReader::Read::kEmpty) return count;
    ++count;
    const uint64_t lease = bytes->empty() ? 0 : lease_of(*bytes);
    if (!accept_result(fetcher, std::move(bytes))) {
      condemn(fetcher, "sent a result that breaks the rules, killed", lease);
      return count;
    }
  }
  return count;
}

bool FetcherPool::accept_result(Fetcher& fetcher, std::shared_ptr<std::string> bytes) {
  const std::optional<MessageType> type = message_type(*bytes);
  if (type != MessageType::kPageResult && type != MessageType::kRobotsResult) return false;
  const uint64_t lease = lease_of(*bytes);
  if (fetcher.leases.count(lease) == 0) return false;
  if (!delegate_.on_result(fetcher.index, *type, lease, std::move(bytes))) return false;
  fetcher.leases.erase(lease);
  if (broker_) broker_->withdraw(fetcher.index, lease);
  fetcher.answered = true;
  return true;
}

void FetcherPool::wake_peer(Fetcher& fetcher) {
  // Both are asked: each clears its own flag.
  const bool jobs = fetcher.queue->jobs_writer().consumer_needs_wake();
  const bool space = fetcher.queue->results_reader().producer_needs_wake();
  if (jobs || space) fetcher.child->send(Wake{});
}

size_t FetcherPool::turn(size_t results_max) {
  size_t count = 0;
  for (auto& fetcher : fetchers_) {
    if (fetcher->state != State::kReady || !fetcher->kill_cause.empty()) continue;
    send_jobs(*fetcher);
    count += receive_results(*fetcher, results_max);
    wake_peer(*fetcher);
  }
  return count;
}

bool FetcherPool::prepare_to_sleep() {
  bool may_sleep = true;
  for (auto& fetcher : fetchers_) {
    if (fetcher->state != State::kReady || !fetcher->kill_cause.empty()) continue;
    auto empty = fetcher->queue->results_reader().prepare_to_sleep();
    if (!empty) {
      condemn(*fetcher, empty.error().message() + ", killed", 0);
    } else if (!*empty) {
      may_sleep = false;
    }
    if (!fetcher->outbox.empty()) {
      auto full = fetcher->queue->jobs_writer().prepare_to_sleep();
      if (full && !*full) may_sleep = false;
    }
  }
  return may_sleep;
}

void FetcherPool::arm_watchdog() {
  watchdog_ = loop_.run_after(kWatchdogRoundMs, [this] {
    check_heartbeats();
    arm_watchdog();
  });
}

// Counts rounds, not time: after this process itself was stopped for an hour, one round has passed.
void FetcherPool::check_heartbeats() {
  const int64_t rounds_max = std::max<int64_t>(1, options_.watchdog_ms / kWatchdogRoundMs);
  for (auto& fetcher : fetchers_) {
    if (fetcher->state == State::kEmpty) continue;
    const uint64_t heartbeat = fetcher->queue->read_blame().heartbeat;
    if (heartbeat != fetcher->heartbeat) {
      fetcher->heartbeat = heartbeat;
      fetcher->stale_checks = 0;
    } else if (++fetcher->stale_checks >= rounds_max) {
      condemn(*fetcher,
              "no heartbeat for " + std::to_string(options_.watchdog_ms / 1000) + " s, killed", 0);
    }
  }
}

// An honest fetcher knows where it may not connect to, and does not try.
void FetcherPool::judge_refusals() {
  for (const ConnectionBroker::Refusal& refusal : broker_->take_refusals()) {
    Fetcher& fetcher = *fetchers_[refusal.index];
    if (refusal.insistent) {
      condemn(fetcher, "insisted on connecting to " + refusal.target + ", killed", 0);
    } else if (fetcher.child) {
      delegate_.on_warning("fetcher " + std::to_string(fetcher.child->pid()) +
                           " tried to connect to " + refusal.target + ", refused");
    }
  }
}

size_t FetcherPool::ready_count() const {
  size_t count = 0;
  for (const auto& fetcher : fetchers_) count += fetcher->state == State::kReady ? 1 : 0;
  return count;
}

bool FetcherPool::ready(size_t index) const {
  return fetchers_[index]->state == State::kReady && fetchers_[index]->kill_cause.empty();
}

size_t FetcherPool::load(size_t index) const { return fetchers_[index]->leases.size(); }

pid_t FetcherPool::pid(size_t index) const {
  return fetchers_[index]->child ? fetchers_[index]->child->pid() : 0;
}

void FetcherPool::shut_down() {
  shutting_down_ = true;
  loop_.cancel(watchdog_);
  watchdog_ = 0;
  for (auto& fetcher : fetchers_) {
    loop_.cancel(fetcher->respawn);
    fetcher->respawn = 0;
    if (fetcher->child) fetcher->child->disconnect();  // to a fetcher: the end
  }
  const auto any_left = [this] {
    return std::any_of(fetchers_.begin(), fetchers_.end(),
                       [](const auto& f) { return f->child != nullptr; });
  };
  const int64_t patience = loop_.clock().monotonic_ms() + kFarewellMs;
  bool killed = false;
  while (any_left()) {
    if (!loop_.run_once(100)) return;
    if (killed || loop_.clock().monotonic_ms() < patience) continue;
    killed = true;
    for (auto& fetcher : fetchers_) {
      if (fetcher->child) fetcher->child->kill(SIGKILL);
    }
  }
}

}  // namespace crawl
