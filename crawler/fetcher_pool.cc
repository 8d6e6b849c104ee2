// SPDX-License-Identifier: MIT
// FetcherPool: jobs out and results in.
#include "crawler/fetcher_pool.h"

#include <algorithm>
#include <utility>

namespace crawl {

namespace {

constexpr size_t kTurnBytesMax = size_t{16} << 20;  // of results: then the writer gets its turn

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
  for (auto& fetcher : fetchers_) {
    loop_.cancel(fetcher->respawn);
    loop_.cancel(fetcher->farewell);
  }
}

Blame FetcherPool::at_work_on(size_t index) const {
  const Fetcher& fetcher = *fetchers_[index];
  return fetcher.queue ? fetcher.queue->read_blame() : Blame{};
}

void FetcherPool::submit_bytes(size_t index, uint64_t lease, std::string bytes) {
  Fetcher& fetcher = *fetchers_[index];
  CRAWL_CHECK(fetcher.state == State::kReady);
  fetcher.leases.insert(lease);
  fetcher.outbox.push_back(std::move(bytes));
  fetcher.worked = true;
  failed_starts_ = 0;
}

bool FetcherPool::at_work(const Fetcher& fetcher) const {
  return fetcher.state == State::kReady && fetcher.kill_cause.empty();
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

// What is long waits in its ring until what is long elsewhere has come whole.
bool FetcherPool::may_read(const Fetcher& fetcher) const {
  if (!fetcher.queue || long_result_ == nullptr || long_result_ == &fetcher) return true;
  return fetcher.queue->results_reader().partial_bytes() <= kLongResultBytes;
}

void FetcherPool::hold_or_release(const Fetcher& fetcher) {
  const size_t partial = fetcher.queue->results_reader().partial_bytes();
  if (partial > kLongResultBytes && long_result_ == nullptr) long_result_ = &fetcher;
  if (partial == 0 && long_result_ == &fetcher) long_result_ = nullptr;
}

size_t FetcherPool::receive_results(Fetcher& fetcher, size_t results_max, size_t& bytes_left) {
  size_t count = 0;
  while (count < results_max && bytes_left > 0 && may_read(fetcher)) {
    auto bytes = std::make_shared<std::string>();
    fetcher.read_lately = true;
    auto read = fetcher.queue->results_reader().read(*bytes);
    hold_or_release(fetcher);
    if (!read) {
      condemn(fetcher, read.error().message() + ", killed", 0);
      return count;
    }
    if (*read == RingReader::Read::kEmpty) return count;
    ++count;
    bytes_left -= std::min(bytes_left, bytes->size());
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
  fetcher.idle_talk = 0;
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
  size_t bytes_left = kTurnBytesMax;
  for (size_t i = 0; i < fetchers_.size(); ++i) {
    Fetcher& fetcher = *fetchers_[(first_of_turn_ + i) % fetchers_.size()];
    if (!at_work(fetcher)) continue;
    send_jobs(fetcher);
    count += receive_results(fetcher, results_max, bytes_left);
    wake_peer(fetcher);
  }
  if (results_max > 0) ++first_of_turn_;
  return count;
}

bool FetcherPool::prepare_to_sleep() {
  bool may_sleep = true;
  for (auto& fetcher : fetchers_) {
    if (!at_work(*fetcher)) continue;
    if (may_read(*fetcher)) {
      auto empty = fetcher->queue->results_reader().prepare_to_sleep();
      if (!empty) {
        condemn(*fetcher, empty.error().message() + ", killed", 0);
      } else if (!*empty) {
        may_sleep = false;
      }
    }
    if (!fetcher->outbox.empty()) {
      auto full = fetcher->queue->jobs_writer().prepare_to_sleep();
      if (full && !*full) may_sleep = false;
    }
  }
  return may_sleep;
}

size_t FetcherPool::ready_count() const {
  size_t count = 0;
  for (const auto& fetcher : fetchers_) count += fetcher->state == State::kReady ? 1 : 0;
  return count;
}

bool FetcherPool::ready(size_t index) const { return at_work(*fetchers_[index]); }

size_t FetcherPool::load(size_t index) const { return fetchers_[index]->leases.size(); }

pid_t FetcherPool::pid(size_t index) const {
  return fetchers_[index]->child ? fetchers_[index]->child->pid() : 0;
}

}  // namespace crawl
