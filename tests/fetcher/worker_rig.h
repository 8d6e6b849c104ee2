// SPDX-License-Identifier: MIT
#pragma once

// A worker on a thread of the test, and the coordinator's end of its channel and rings.

#include <ares.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "fetcher/worker.h"
#include "ipc/channel.h"
#include "ipc/shared_queue.h"
#include "tests/support/catch.h"

namespace crawl {

class WorkerRig {
 public:
  explicit WorkerRig(const SharedQueue::Options& sizes = {}) {
    REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    REQUIRE(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
    auto [down_read, down_write] = pipe_ends();
    auto [up_read, up_write] = pipe_ends();
    loop_ = std::move(*EventLoop::create(clock_));
    channel_ = std::move(*Channel::create(*loop_, std::move(up_read), std::move(down_write)));
    queue_ = std::move(*SharedQueue::create(sizes));
    channel_->on_message([this](std::string_view bytes) { control_.emplace_back(bytes); });
    channel_->on_disconnect([](std::optional<Error>) {});
    start_worker(std::move(down_read), std::move(up_write));
  }

  ~WorkerRig() {
    if (worker_.joinable()) hang_up();
    curl_global_cleanup();
    ares_library_cleanup();
  }

  // Ends the worker; its exit code.
  int hang_up() {
    channel_->disconnect();
    return join();
  }
  // Waits for a worker that ends of itself.
  int join() {
    worker_.join();
    return exit_code_;
  }

  // The next control message of that type; others before it are dropped.
  std::string control(MessageType type) {
    for (;;) {
      while (!control_.empty()) {
        std::string bytes = std::move(control_.front());
        control_.erase(control_.begin());
        if (message_type(bytes) == type) return bytes;
      }
      REQUIRE(loop_->run_once(-1).has_value());
    }
  }

  template <typename Message>
  void tell(const Message& message) {
    REQUIRE(channel_->send(message).has_value());
  }

  // The handshake up to Ready.
  void configure(Configure configure = {}) {
    (void)control(MessageType::kHello);
    if (configure.user_agent.empty()) configure.user_agent = "crawl-test/1.0";
    if (configure.robots_agent.empty()) configure.robots_agent = "crawl-test";
    configure.generation = 7;
    tell(configure);
    (void)control(MessageType::kReady);
  }

  template <typename Message>
  void put(const Message& message) {
    std::string bytes;
    encode_message(message, bytes);
    put_bytes(bytes);
  }
  void put_bytes(std::string_view bytes) {
    RingWriter& jobs = queue_->jobs_writer();
    size_t sent = 0;
    for (;;) {
      auto written = jobs.write(bytes, sent);
      REQUIRE(written.has_value());
      if (jobs.consumer_needs_wake()) tell(Wake());
      if (*written) return;
      auto sleep = jobs.prepare_to_sleep();
      REQUIRE(sleep.has_value());
      if (*sleep) REQUIRE(loop_->run_once(-1).has_value());
    }
  }

  // The next result, by the protocol of ipc/shared_queue.h: a lost wake-up hangs here.
  std::string result() {
    RingReader& results = queue_->results_reader();
    std::string bytes;
    for (;;) {
      auto read = results.read(bytes);
      REQUIRE(read.has_value());
      if (results.producer_needs_wake()) tell(Wake());
      if (*read == RingReader::Read::kMessage) return bytes;
      auto sleep = results.prepare_to_sleep();
      REQUIRE(sleep.has_value());
      if (*sleep) REQUIRE(loop_->run_once(-1).has_value());
    }
  }

  SharedQueue& queue() { return *queue_; }

 private:
  static std::pair<UniqueFd, UniqueFd> pipe_ends() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
  }

  void start_worker(UniqueFd read_end, UniqueFd write_end) {
    UniqueFd memory(::fcntl(queue_->fd(), F_DUPFD_CLOEXEC, 0));
    worker_ = std::thread([this, in = std::move(read_end), out = std::move(write_end),
                           shared = std::move(memory)]() mutable {
      const SystemClock clock;
      auto loop = EventLoop::create(clock);
      auto channel = Channel::create(**loop, std::move(in), std::move(out));
      auto queue = SharedQueue::open(std::move(shared));
      Worker::Options options;
      options.enter_sandbox = [](const SandboxOrder&) {
        Sandbox sandbox;
        sandbox.layers = "none, in a test";
        return Result<Sandbox>(std::move(sandbox));
      };
      Worker worker(**loop, std::move(*channel), std::move(*queue), options);
      exit_code_ = worker.run();
    });
  }

  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<SharedQueue> queue_;
  std::vector<std::string> control_;
  int exit_code_ = -1;  // written by the thread, read after join()
  std::thread worker_;
};

}  // namespace crawl
