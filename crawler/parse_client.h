// SPDX-License-Identifier: MIT
#pragma once

// Documents parsed in fetchers, for the commands that have their bytes already. Hostile bytes cost
// at most the fetcher that looks at them: it is started anew, its other documents are given out
// again, and the one to blame is answered with an error.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/limits.h"
#include "base/result.h"
#include "crawler/program_locator.h"
#include "crawler/fetcher_pool.h"
#include "ipc/messages.h"

namespace crawl {

// One document; the strings are those of ParseJob.
struct ParseRequest {
  JobKind kind = JobKind::kPage;
  std::string base;
  std::string content_type;
  std::string robots_agent;
  std::string bytes;
  bool is_response = false;  // `bytes` are a whole HTTP response
};

// Exactly one of the two is not empty.
struct ParseAnswer {
  std::shared_ptr<const std::string> message;  // an encoded PageResult or RobotsResult, well-formed
  std::string error;                           // "the parser crashed (killed by SIGSEGV)"
};

class ParseClient final : private FetcherPool::Delegate {
 public:
  struct Options {
    std::string fetcher;  // a path, or "" (program_locator.h)
    int fetchers = 1;
    size_t window = 64;                    // documents given to one fetcher at a time
    size_t pending_bytes_max = 64u << 20;  // has_room() is false beyond
    int64_t watchdog_ms = 30'000;
    bool keep_body = false;
    uint64_t body_bytes_max = kBodyBytesCeiling;
    std::string kept_types;  // Configure::types
    std::string test_hook;
  };
  using Done = std::function<void(const ParseAnswer&)>;

  static Result<std::unique_ptr<ParseClient>> create(const Options& options);
  ~ParseClient() override;
  ParseClient(const ParseClient&) = delete;
  ParseClient& operator=(const ParseClient&) = delete;

  // `done` is called once, from within turn(); answers may come in another order than requests.
  void submit(ParseRequest request, Done done);
  bool has_room() const;
  bool idle() const { return requests_.empty(); }

  // Brings work forward; waits until something happens where there is nothing to do, also for
  // `input_fd`
  // (-1: none) to become readable. An error means that no fetcher can work any more.
  Result<void> turn(int input_fd);

 private:
  struct Pending {
    ParseRequest request;
    Done done;
    int losses = 0;  // fetchers that died with it in hand, without blame
  };

  explicit ParseClient(const Options& options) : options_(options) {}
  Result<void> start();
  void hand_out();
  std::optional<size_t> freest_fetcher() const;
  void answer(uint64_t lease, const ParseAnswer& answer);
  Result<void> wait(int input_fd);

  void on_fetcher_ready(size_t index, pid_t pid, const Ready& ready) override;
  bool on_result(size_t index, MessageType type, uint64_t lease,
                 std::shared_ptr<const std::string> bytes) override;
  void on_fetcher_lost(const FetcherPool::Loss& loss) override;
  void on_fetcher_log(size_t index, std::string_view text) override;
  void on_warning(const std::string& text) override;
  void on_unusable(const Error& error) override;

  Options options_;
  SystemClock clock_;
  LocatedProgram executable_;
  std::unique_ptr<EventLoop> loop_;
  std::unordered_map<uint64_t, Pending> requests_;  // by lease
  std::deque<uint64_t> waiting_;                    // leases no fetcher holds yet, in order
  uint64_t next_lease_ = 1;
  size_t pending_bytes_ = 0;
  std::optional<Error> unusable_;
  std::unique_ptr<FetcherPool> pool_;  // last: its destructor calls this object
};

}  // namespace crawl
