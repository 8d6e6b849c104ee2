// SPDX-License-Identifier: MIT
// FetcherPool: which fetchers are to be killed, what is known of the dead, and the end of all.
#include <algorithm>
#include <csignal>
#include <utility>

#include "crawler/fetcher_pool.h"

namespace crawl {

namespace {

constexpr int64_t kWatchdogRoundMs = 1000;
constexpr int64_t kRespawnFirstMs = 50;
constexpr int64_t kRespawnMaxMs = 30'000;
constexpr int64_t kYoungMs = 10'000;
constexpr int64_t kFarewellMs = 1000;  // for a fetcher that hung up, or that is told to, to be gone
constexpr size_t kResultBytesPerRound = size_t{16} << 20;  // the least, of a long result

}  // namespace

void FetcherPool::condemn(size_t index, const std::string& cause, uint64_t guilty_lease) {
  condemn(*fetchers_[index], cause, guilty_lease);
}

void FetcherPool::condemn(Fetcher& fetcher, std::string cause, uint64_t guilty_lease) {
  if (!fetcher.child || !fetcher.kill_cause.empty()) return;
  fetcher.kill_cause = std::move(cause);
  fetcher.guilty = guilty_lease;
  if (fetcher.child->running()) fetcher.child->kill(SIGKILL);
}

// A fetcher that has died is disconnected first, and its exit says why. One that lives on is of no
// use without its control channel.
void FetcherPool::on_disconnect(Fetcher& fetcher) {
  if (shutting_down_) return;
  fetcher.farewell = loop_.run_after(kFarewellMs, [this, &fetcher] {
    fetcher.farewell = 0;
    condemn(fetcher, "closed its control channel, killed", 0);
  });
}

FetcherPool::Loss FetcherPool::loss_of(Fetcher& fetcher, const ExitStatus& status) const {
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
  return loss;
}

void FetcherPool::on_exit(Fetcher& fetcher, const ExitStatus& status) {
  // What it published before it died is whole and counts.
  if (fetcher.state == State::kReady && fetcher.kill_cause.empty()) {
    size_t all = options_.result_bytes_max;
    receive_results(fetcher, static_cast<size_t>(-1), all);
  }
  const Loss loss = loss_of(fetcher, status);
  if (broker_) broker_->drop(fetcher.index);
  if (long_result_ == &fetcher) long_result_ = nullptr;
  loop_.cancel(std::exchange(fetcher.farewell, 0));
  // One that is born and dies at once, again and again, is never there when there is work.
  const bool died_starting = fetcher.state != State::kReady;
  const bool died_idle =
      !fetcher.worked && loop_.clock().monotonic_ms() - fetcher.born_ms < kYoungMs;
  fetcher.early_deaths = fetcher.answered ? 0 : fetcher.early_deaths + 1;
  fetcher.leases.clear();
  fetcher.outbox.clear();
  fetcher.outbox_sent = 0;
  fetcher.queue.reset();
  fetcher.child.reset();
  fetcher.state = State::kEmpty;
  delegate_.on_fetcher_lost(loss);

  if (shutting_down_) return;
  if (const auto shortage = std::exchange(fetcher.shortage, std::nullopt)) {
    return postpone(fetcher, *shortage);
  }
  if ((died_starting || died_idle) && ++failed_starts_ >= kFailedStartsMax && ready_count() == 0) {
    return unusable(Error{Errc::kIo, 0, "the last one " + loss.cause});
  }
  const int doublings = std::min(fetcher.early_deaths, 16);
  const int64_t delay = fetcher.early_deaths == 0 ? 0 : kRespawnFirstMs << (doublings - 1);
  spawn_later(fetcher, std::min(delay, kRespawnMaxMs));
}

void FetcherPool::arm_watchdog() {
  watchdog_ = loop_.run_after(kWatchdogRoundMs, [this] {
    check_heartbeats();
    arm_watchdog();
  });
}

int FetcherPool::watchdog_rounds() const {
  return static_cast<int>(std::max<int64_t>(1, options_.watchdog_ms / kWatchdogRoundMs));
}

// Counts rounds, not time: after this process itself was stopped for an hour, one round has passed.
void FetcherPool::check_heartbeats() {
  if (broker_) broker_->nudge();
  for (auto& fetcher : fetchers_) {
    if (fetcher->state == State::kEmpty) continue;
    check_heartbeat(*fetcher);
    check_start(*fetcher);
    check_result(*fetcher);
  }
}

void FetcherPool::check_heartbeat(Fetcher& fetcher) {
  const uint64_t heartbeat = fetcher.queue->read_blame().heartbeat;
  if (heartbeat != fetcher.heartbeat) {
    fetcher.heartbeat = heartbeat;
    fetcher.stale_checks = 0;
  } else if (++fetcher.stale_checks >= watchdog_rounds()) {
    condemn(fetcher,
            "no heartbeat for " + std::to_string(options_.watchdog_ms / 1000) + " s, killed", 0);
  }
}

void FetcherPool::check_start(Fetcher& fetcher) {
  if (fetcher.state == State::kReady || ++fetcher.start_checks < 2 * watchdog_rounds()) return;
  condemn(fetcher, "was not ready after " + std::to_string(fetcher.start_checks) + " s, killed", 0);
}

// A long result keeps others waiting. It has the watchdog's time, and a second for every 16 MiB.
void FetcherPool::check_result(Fetcher& fetcher) {
  const size_t partial = fetcher.queue->results_reader().partial_bytes();
  const bool could_come = std::exchange(fetcher.read_lately, false);
  if (partial == 0) fetcher.result_checks = 0;
  if (partial == 0 || !could_come) return;
  const int rounds = watchdog_rounds() + static_cast<int>(partial / kResultBytesPerRound);
  if (++fetcher.result_checks <= rounds) return;
  condemn(fetcher, "began a result and did not finish it, killed", 0);
}

// An honest fetcher knows where it may not connect to, and does not try.
void FetcherPool::judge_refusals() {
  for (const ConnectionBroker::Refusal& refusal : broker_->take_refusals()) {
    Fetcher& fetcher = *fetchers_[refusal.index];
    if (refusal.target.empty()) {
      condemn(fetcher, "answers its own connections, killed", 0);
    } else if (refusal.insistent) {
      condemn(fetcher, "insisted on connecting to " + refusal.target + ", killed", 0);
    } else if (fetcher.child) {
      delegate_.on_warning("fetcher " + std::to_string(fetcher.child->pid()) +
                           " tried to connect to " + refusal.target + ", refused");
    }
  }
}

void FetcherPool::shut_down() {
  shutting_down_ = true;
  loop_.cancel(watchdog_);
  watchdog_ = 0;
  for (auto& fetcher : fetchers_) {
    loop_.cancel(std::exchange(fetcher->respawn, 0));
    loop_.cancel(std::exchange(fetcher->farewell, 0));
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
