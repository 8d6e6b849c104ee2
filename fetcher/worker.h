// SPDX-License-Identifier: MIT
#pragma once

// The life of a fetcher: handshake, then jobs in from one ring and results out through the other
// until the coordinator hangs up. Single-threaded, one event loop.
//
// Back-pressure: a result that does not fit the ring waits (at most one at a time; finished
// transfers wait behind it), and while anything waits no new job is taken.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "fetcher/answer.h"
#include "fetcher/document.h"
#include "fetcher/resolver.h"
#include "fetcher/sandbox.h"
#include "fetcher/transfer_pool.h"
#include "ipc/channel.h"
#include "ipc/shared_queue.h"

namespace crawl {

class Worker {
 public:
  struct Options {
    // Called once, after everything is loaded and before Ready.
    std::function<Result<Sandbox>(const SandboxOrder&)> enter_sandbox;
  };

  static constexpr int kExitDone = 0;       // the coordinator hung up
  static constexpr int kExitFailed = 70;    // could not set up (EX_SOFTWARE)
  static constexpr int kExitProtocol = 76;  // the coordinator broke the protocol (EX_PROTOCOL)

  // `loop` must outlive the worker.
  Worker(EventLoop& loop, std::unique_ptr<Channel> channel, std::unique_ptr<SharedQueue> queue,
         Options options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs to the end; returns the process's exit code.
  int run();

 private:
  // kSealed: in the sandbox; the coordinator is to take the listener.
  enum class State : uint8_t { kGreeting, kSealed, kServing };
  struct Handler {
    MessageType type;
    State allowed;
    void (Worker::*handle)(std::string_view bytes);
  };
  // What waits to be turned into an answer: a finished transfer, an encoded ParseJob, or an answer
  // that needed no work.
  struct ReadyAnswer {
    uint64_t lease;
    std::string bytes;
  };
  using Waiting = std::variant<std::unique_ptr<HttpTransfer>, std::string, ReadyAnswer>;

  void received(std::string_view bytes);
  void configure(std::string_view bytes);
  void listener_taken(std::string_view bytes);
  void wake(std::string_view bytes);
  void begin_serving();
  Result<void> load(const Configure& configure);
  void end(int exit_code, std::string_view why);

  void serve_once();
  bool may_take_jobs() const;
  void take_jobs();
  void take_job(const std::string& bytes);
  void start_fetch(const FetchJob& job);
  void answer_next();
  void flush_answer();
  int sleep_ms();
  int sleep_after(const Result<bool>& prepared);
  void send_wake();

  EventLoop& loop_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<SharedQueue> queue_;
  Options options_;
  State state_ = State::kGreeting;
  Sandbox sandbox_;
  std::optional<int> exit_code_;

  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Document> document_;
  std::unique_ptr<Answerer> answerer_;
  std::unique_ptr<TransferPool> pool_;

  std::string job_bytes_;
  std::deque<Waiting> waiting_;
  std::string answer_;  // being written to the ring; "" when none
  uint64_t answer_lease_ = 0;
  size_t answer_sent_ = 0;
};

}  // namespace crawl
