// SPDX-License-Identifier: MIT
#include "crawler/parse_client.h"

#include <sys/epoll.h>

#include <cstdio>
#include <utility>

#include "base/log.h"

namespace crawl {
namespace {

constexpr int kLossesMax = 3;
constexpr size_t kResultsPerTurn = 256;
constexpr int kBackupWaitMs = 250;  // should a wake-up ever be lost

}  // namespace

Result<std::unique_ptr<ParseClient>> ParseClient::create(const Options& options) {
  std::unique_ptr<ParseClient> client(new ParseClient(options));
  Result<void> started = client->start();
  if (!started) return started.error();
  return client;
}

Result<void> ParseClient::start() {
  Result<LocatedProgram> located = locate_fetcher(options_.fetcher);
  if (!located) return located.error();
  executable_ = std::move(*located);
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(clock_);
  if (!loop) return loop.error();
  loop_ = std::move(*loop);

  FetcherPool::Options pool;
  pool.executable_fd = executable_.fd.fd();
  pool.fetchers = options_.fetchers;
  pool.watchdog_ms = options_.watchdog_ms;
  pool.configure.user_agent = "crawl";
  pool.configure.robots_agent = "crawl";
  pool.configure.keep_body = options_.keep_body;
  pool.configure.body_bytes_max = options_.body_bytes_max;
  pool.configure.types = options_.kept_types;
  pool.configure.test_hook = options_.test_hook;
  FetcherPool::Delegate& delegate = *this;
  pool_ = std::make_unique<FetcherPool>(*loop_, pool, delegate);
  return pool_->start();
}

ParseClient::~ParseClient() {
  // Whoever waits for answers is going away as well.
  requests_.clear();
  waiting_.clear();
  if (pool_) pool_->shut_down();
}

bool ParseClient::has_room() const {
  if (requests_.empty()) return true;
  return pending_bytes_ < options_.pending_bytes_max &&
         requests_.size() < 2 * options_.window * pool_->size();
}

void ParseClient::submit(ParseRequest request, Done done) {
  const uint64_t lease = next_lease_++;
  pending_bytes_ += request.bytes.size();
  requests_.emplace(lease, Pending{std::move(request), std::move(done), 0});
  waiting_.push_back(lease);
}

std::optional<size_t> ParseClient::freest_fetcher() const {
  std::optional<size_t> best;
  for (size_t i = 0; i < pool_->size(); ++i) {
    if (!pool_->ready(i) || pool_->load(i) >= options_.window) continue;
    if (!best || pool_->load(i) < pool_->load(*best)) best = i;
  }
  return best;
}

void ParseClient::hand_out() {
  while (!waiting_.empty()) {
    const std::optional<size_t> fetcher = freest_fetcher();
    if (!fetcher) return;
    const uint64_t lease = waiting_.front();
    waiting_.pop_front();
    const ParseRequest& request = requests_.at(lease).request;
    ParseJob job;
    job.lease = lease;
    job.kind = request.kind;
    job.base = request.base;
    job.content_type = request.content_type;
    job.robots_agent = request.robots_agent;
    job.bytes = request.bytes;
    job.is_response = request.is_response;
    pool_->submit(*fetcher, job);
  }
}

Result<void> ParseClient::turn(int input_fd) {
  hand_out();
  const size_t results = pool_->turn(kResultsPerTurn);
  if (results == 0 && !unusable_) {
    Result<void> waited = wait(input_fd);
    if (!waited) return waited;
  } else {
    // Deaths, handshakes and timers are seen even while results never cease.
    Result<int> handled = loop_->run_once(0);
    if (!handled) return handled.error();
  }
  if (unusable_) return *unusable_;
  return {};
}

Result<void> ParseClient::wait(int input_fd) {
  const bool sleep = pool_->prepare_to_sleep();
  bool watched = false;
  if (sleep && input_fd >= 0) {
    watched = loop_->watch(input_fd, EPOLLIN, [](uint32_t) {}).has_value();
  }
  Result<int> handled = loop_->run_once(sleep ? kBackupWaitMs : 0);
  if (watched) loop_->unwatch(input_fd);
  if (!handled) return handled.error();
  return {};
}

void ParseClient::answer(uint64_t lease, const ParseAnswer& answer) {
  const auto found = requests_.find(lease);
  if (found == requests_.end()) return;
  const Pending pending = std::move(found->second);
  requests_.erase(found);
  pending_bytes_ -= pending.request.bytes.size();
  pending.done(answer);
}

bool ParseClient::on_result(size_t /*index*/, MessageType type, uint64_t lease,
                            std::shared_ptr<const std::string> bytes) {
  const auto found = requests_.find(lease);
  if (found == requests_.end()) return false;
  const bool page = found->second.request.kind != JobKind::kRobots;
  if (type != (page ? MessageType::kPageResult : MessageType::kRobotsResult)) return false;
  const bool well_formed = page ? decode_message<PageResult>(*bytes).has_value()
                                : decode_message<RobotsResult>(*bytes).has_value();
  if (!well_formed) return false;
  answer(lease, {std::move(bytes), ""});
  return true;
}

void ParseClient::on_fetcher_lost(const FetcherPool::Loss& loss) {
  if (loss.expected) return;
  const ParseAnswer crashed{nullptr, "the parser crashed (" + loss.cause + ")"};
  if (loss.blamed != 0) answer(loss.blamed, crashed);
  for (const uint64_t lease : loss.leases) {
    const auto found = requests_.find(lease);
    if (found == requests_.end()) continue;
    if (loss.blamed == 0 && ++found->second.losses >= kLossesMax) {
      answer(lease, crashed);
      continue;
    }
    // A lease is never given out twice: an answer that comes late must not meet a new holder.
    const uint64_t again = next_lease_++;
    Pending pending = std::move(found->second);
    requests_.erase(found);
    requests_.emplace(again, std::move(pending));
    waiting_.push_back(again);
  }
}

void ParseClient::on_fetcher_ready(size_t /*index*/, pid_t /*pid*/, const Ready& /*ready*/) {}

void ParseClient::on_fetcher_log(size_t /*index*/, std::string_view text) {
  complain("fetcher: " + std::string(text));
}

void ParseClient::on_warning(const std::string& text) { complain(text); }

void ParseClient::on_unusable(const Error& error) { unusable_ = error; }

}  // namespace crawl
