// SPDX-License-Identifier: MIT
#pragma once

// Birth, work and death of the fetchers: one child process per CPU, each with its own shared
// memory.
//
// The pool spawns, shakes hands, hands jobs out, brings results in, watches the heartbeats, kills
// what misbehaves, and respawns. It knows leases as numbers only; what they mean, and what becomes
// of a URL that killed its fetcher, is its delegate's to decide.
//
//   fetcher_pool.cc    jobs and results
//   fetcher_births.cc  from the fork to Ready; the hand-over of connections to the broker
//   fetcher_deaths.cc  who is to be killed and why, what is known of the dead, the end of all
//
// Memory for results is bounded in sum: of each fetcher a result of up to kLongResultBytes may be
// on its way; a longer one has to wait until it is the only one.

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "crawler/connection_broker.h"
#include "ipc/child_process.h"
#include "ipc/messages.h"
#include "ipc/shared_queue.h"

namespace crawl {

class FetcherPool {
 public:
  static constexpr size_t kLongResultBytes = size_t{8} << 20;

  struct Options {
    int executable_fd = -1;  // O_PATH; the caller keeps it
    int fetchers = 1;
    Configure configure;  // its views must outlive the pool; the generation is set here
    int64_t watchdog_ms = 30'000;
    SharedQueue::Options queue;
    size_t result_bytes_max = kRecordBytesMax;  // a longer result breaks the rules
  };

  // How a fetcher ended.
  struct Loss {
    size_t index = 0;
    pid_t pid = 0;
    ExitStatus status;
    std::string cause;             // "killed by SIGSEGV", "no heartbeat for 30 s, killed", …
    std::vector<uint64_t> leases;  // unanswered, without the blamed one
    // The lease it was busy with, or the only one it had; 0: nobody can be blamed.
    uint64_t blamed = 0;
    Phase phase = Phase::kIdle;  // what it was doing with the blamed one
    bool condemned = false;      // killed by us: no heartbeat, or it broke a rule
    bool expected = false;       // shut down by us
  };

  class Delegate {
   public:
    virtual ~Delegate() = default;
    virtual void on_fetcher_ready(size_t index, pid_t pid, const Ready& ready) = 0;
    // A result with a lease that this fetcher holds; `type` is kPageResult or kRobotsResult.
    // `bytes` is the encoded message. False: the message breaks a rule, the fetcher is to be
    // killed.
    virtual bool on_result(size_t index, MessageType type, uint64_t lease,
                           std::shared_ptr<const std::string> bytes) = 0;
    virtual void on_fetcher_lost(const Loss& loss) = 0;
    virtual void on_fetcher_log(size_t index, std::string_view text) = 0;
    virtual void on_warning(const std::string& text) = 0;
    // No fetcher can be started any more, and why.
    virtual void on_unusable(const Error& error) = 0;
  };

  FetcherPool(EventLoop& loop, const Options& options, Delegate& delegate);
  ~FetcherPool();
  FetcherPool(const FetcherPool&) = delete;
  FetcherPool& operator=(const FetcherPool&) = delete;

  // Spawns all. An executable that cannot be run is an error at once; what the machine is short of
  // now is tried again later, for 15 s while there is no fetcher at all.
  Result<void> start();

  size_t size() const { return fetchers_.size(); }
  size_t ready_count() const;
  bool ready(size_t index) const;
  size_t load(size_t index) const;  // leases it holds
  pid_t pid(size_t index) const;
  uint32_t generation(size_t index) const { return fetchers_[index]->generation; }
  // As it says itself: the lease may be anybody's, or none.
  Blame at_work_on(size_t index) const;

  // Hands a job to a ready fetcher. What the ring does not take at once waits in order.
  template <typename Job>
  void submit(size_t index, const Job& job) {
    std::string bytes;
    encode_message(job, bytes);
    permit(index, job);
    submit_bytes(index, job.lease, std::move(bytes));
  }

  // One round of work with the rings: jobs out, at most `results_max` results of each fetcher in,
  // and no further one once they are long together, wake-ups sent. Returns how many came in.
  size_t turn(size_t results_max);
  // To be called before blocking in the loop: false when a ring has something already.
  bool prepare_to_sleep();
  // Its long result waits for another fetcher's.
  bool held_up(size_t index) const { return !may_read(*fetchers_[index]); }

  // Disconnects every fetcher, which ends it, and kills those that do not leave within a second;
  // on_fetcher_lost is called for each, with expected = true.
  void shut_down();
  // Kills a fetcher that breaks a rule only the delegate can see; `guilty_lease` is blamed.
  void condemn(size_t index, const std::string& cause, uint64_t guilty_lease);

 private:
  // kEmpty: no process. kGreeting: Hello is to come. kStarting: it has its Configure. kAdopted: and
  // the broker its listener.
  static constexpr int kFailedStartsMax = 8;

  enum class State : uint8_t { kEmpty, kGreeting, kStarting, kAdopted, kReady };

  struct Fetcher {
    size_t index = 0;
    State state = State::kEmpty;
    uint32_t generation = 0;
    std::unique_ptr<SharedQueue> queue;
    std::unique_ptr<ChildProcess> child;
    std::unordered_set<uint64_t> leases;
    std::deque<std::string> outbox;  // encoded jobs the ring has not taken yet
    size_t outbox_sent = 0;          // bytes of its first one that have gone
    uint64_t heartbeat = 0;
    int64_t born_ms = 0;    // monotonic
    int stale_checks = 0;   // consecutive watchdog rounds without a new heartbeat
    int start_checks = 0;   // watchdog rounds before Ready
    int result_checks = 0;  // watchdog rounds since its unfinished result could have been read on
    bool read_lately = false;       // its results, since the last watchdog round
    int idle_talk = 0;              // Wake and Log messages since its latest result
    bool worked = false;            // was given a job
    bool answered = false;          // gave a first result
    int early_deaths = 0;           // consecutive, before a first result
    uint64_t guilty = 0;            // lease whose message broke a rule
    std::string kill_cause;         // why we killed it
    std::optional<Error> shortage;  // killed while starting, since we were short of something
    int shortages = 0;              // consecutive
    EventLoop::TimerId respawn = 0;
    EventLoop::TimerId farewell = 0;  // it has hung up, and should be gone by then
  };
  struct Handler {
    MessageType type;
    State first, last;  // allowed between these
    // False: the message makes no sense.
    bool (FetcherPool::*handle)(Fetcher& fetcher, std::string_view bytes);
  };

  // fetcher_births.cc
  Result<void> spawn(Fetcher& fetcher);
  void attach(Fetcher& fetcher);
  void spawn_later(Fetcher& fetcher, int64_t delay_ms);
  void respawn(Fetcher& fetcher);
  void unusable(Error error);
  void postpone(Fetcher& fetcher, const Error& shortage);
  void condemn_starting(Fetcher& fetcher, const Error& error);
  void on_message(Fetcher& fetcher, std::string_view message);
  bool on_hello(Fetcher& fetcher, std::string_view bytes);
  bool on_listener(Fetcher& fetcher, std::string_view bytes);
  bool on_ready(Fetcher& fetcher, std::string_view bytes);
  bool on_wake(Fetcher& fetcher, std::string_view bytes);
  bool on_log(Fetcher& fetcher, std::string_view bytes);
  Result<bool> broker_for(const Fetcher& fetcher);
  void permit(size_t index, const FetchJob& job);
  void permit(size_t, const ParseJob&) {}  // connects to nobody

  // fetcher_deaths.cc
  void condemn(Fetcher& fetcher, std::string cause, uint64_t guilty_lease);
  void on_disconnect(Fetcher& fetcher);
  void on_exit(Fetcher& fetcher, const ExitStatus& status);
  Loss loss_of(Fetcher& fetcher, const ExitStatus& status) const;
  void arm_watchdog();
  void check_heartbeats();
  void check_heartbeat(Fetcher& fetcher);
  void check_start(Fetcher& fetcher);
  void check_result(Fetcher& fetcher);
  void judge_refusals();
  int watchdog_rounds() const;

  // fetcher_pool.cc
  void submit_bytes(size_t index, uint64_t lease, std::string bytes);
  bool at_work(const Fetcher& fetcher) const;
  void send_jobs(Fetcher& fetcher);
  bool may_read(const Fetcher& fetcher) const;
  void hold_or_release(const Fetcher& fetcher);
  size_t receive_results(Fetcher& fetcher, size_t results_max, size_t& bytes_left);
  bool accept_result(Fetcher& fetcher, std::shared_ptr<std::string> bytes);
  void wake_peer(Fetcher& fetcher);

  EventLoop& loop_;
  Options options_;
  Delegate& delegate_;
  std::vector<std::unique_ptr<Fetcher>> fetchers_;
  // Decides and makes the fetchers' connections, where this machine lets it; then none.
  std::unique_ptr<ConnectionBroker> broker_;
  std::optional<Error> broker_obstacle_;  // why there is none
  uint32_t next_generation_ = 1;
  const Fetcher* long_result_ = nullptr;  // whose result of more than kLongResultBytes is read
  size_t first_of_turn_ = 0;              // each fetcher is the first in its turn
  bool version_proved_ = false;           // a fetcher of this executable spoke ours
  int failed_starts_ = 0;  // consecutive early deaths without any work, all fetchers together
  std::optional<int64_t> short_since_ms_;  // no fetcher could be started for want of something
  bool shutting_down_ = false;
  EventLoop::TimerId watchdog_ = 0;
};

}  // namespace crawl
