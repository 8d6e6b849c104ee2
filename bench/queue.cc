// SPDX-License-Identifier: MIT
// What does it cost to hand a small message to another process: through a ring of ipc/shared_queue,
// through a plain pipe, and through Node's child_process channel? Throughput with many messages
// under way, and the time from send to receipt by a process that sleeps. All in one run, so that
// the ratios hold whatever else the machine does.
//
//   bench_queue [queue_node.js]
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "ipc/shared_queue.h"

namespace crawl {
namespace {

constexpr size_t kMessageBytes = 48;
constexpr uint64_t kRingMessages = 20'000'000;
constexpr uint64_t kPipeMessages = 2'000'000;
constexpr int kRounds = 20'000;
constexpr uint64_t kBatch = 32;  // messages between two looks at the peer's sleeping flag
constexpr int kRepeats = 3;      // the best counts: the others tell of the machine's other work

int64_t now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

struct Measured {
  double per_second = 0;
  int64_t p50_ns = 0;
  int64_t p99_ns = 0;
};

struct Pipe {
  explicit Pipe(int flags) { CRAWL_CHECK(::pipe2(fds.data(), O_CLOEXEC | flags) == 0); }
  ~Pipe() {
    ::close(fds[0]);
    ::close(fds[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  std::array<int, 2> fds{};
};

// What a wake costs in the program as well: one byte through a pipe, and poll.
struct WakePipe : Pipe {
  WakePipe() : Pipe(O_NONBLOCK) {}
  void ring() const { (void)!::write(fds[1], "w", 1); }
  void sleep() const {
    pollfd wanted{fds[0], POLLIN, 0};
    ::poll(&wanted, 1, 1000);
    std::array<char, 64> drop{};
    (void)!::read(fds[0], drop.data(), drop.size());
  }
};

class Forked {
 public:
  explicit Forked(const std::function<void()>& body) : pid_(::fork()) {
    CRAWL_CHECK(pid_ >= 0);
    if (pid_ != 0) return;
    body();
    ::_exit(0);
  }
  ~Forked() { ::waitpid(pid_, nullptr, 0); }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

 private:
  pid_t pid_;
};

struct RingEnds {
  std::unique_ptr<SharedQueue> queue = std::move(*SharedQueue::create({}));
  WakePipe to_fetcher;
  WakePipe to_coordinator;
};

void put(RingWriter& writer, std::string_view message, const WakePipe& mine,
         const WakePipe& theirs) {
  size_t sent = 0;
  while (true) {
    const auto written = writer.write(message, sent);
    CRAWL_CHECK(written);
    if (*written) return;
    if (writer.consumer_needs_wake()) theirs.ring();
    const auto sleep = writer.prepare_to_sleep();
    CRAWL_CHECK(sleep);
    if (*sleep) mine.sleep();
  }
}

void take(RingReader& reader, std::string& message, const WakePipe& mine, const WakePipe& theirs) {
  while (true) {
    const auto read = reader.read(message);
    CRAWL_CHECK(read);
    if (*read == RingReader::Read::kMessage) return;
    if (reader.producer_needs_wake()) theirs.ring();
    const auto sleep = reader.prepare_to_sleep();
    CRAWL_CHECK(sleep);
    if (*sleep) mine.sleep();
  }
}

double ring_per_second() {
  const RingEnds ends;
  Forked producer([&] {
    const std::string message(kMessageBytes, 'm');
    RingWriter& writer = ends.queue->results_writer();
    for (uint64_t i = 1; i <= kRingMessages; ++i) {
      put(writer, message, ends.to_fetcher, ends.to_coordinator);
      if (i % kBatch == 0 && writer.consumer_needs_wake()) ends.to_coordinator.ring();
    }
    if (writer.consumer_needs_wake()) ends.to_coordinator.ring();
  });
  std::string got;
  RingReader& reader = ends.queue->results_reader();
  take(reader, got, ends.to_coordinator, ends.to_fetcher);
  const int64_t began = now_ns();
  for (uint64_t i = 1; i < kRingMessages; ++i) {
    take(reader, got, ends.to_coordinator, ends.to_fetcher);
    if (i % kBatch == 0 && reader.producer_needs_wake()) ends.to_fetcher.ring();
  }
  return 1e9 * static_cast<double>(kRingMessages - 1) / static_cast<double>(now_ns() - began);
}

double pipe_per_second() {
  const Pipe pipe(0);
  Forked producer([&] {
    const std::string message(kMessageBytes, 'm');
    for (uint64_t i = 0; i < kPipeMessages; ++i) {
      CRAWL_CHECK(::write(pipe.fds[1], message.data(), message.size()) == kMessageBytes);
    }
  });
  std::vector<char> chunk(64 * 1024);
  const int64_t began = now_ns();
  for (uint64_t left = kPipeMessages * kMessageBytes; left > 0;) {
    const ssize_t n = ::read(pipe.fds[0], chunk.data(), chunk.size());
    CRAWL_CHECK(n > 0);
    left -= static_cast<uint64_t>(n);
  }
  return 1e9 * static_cast<double>(kPipeMessages) / static_cast<double>(now_ns() - began);
}

void percentiles(std::vector<int64_t>& ns, Measured& result) {
  std::sort(ns.begin(), ns.end());
  result.p50_ns = ns[ns.size() / 2];
  result.p99_ns = ns[ns.size() * 99 / 100];
}

// One message under way at a time, so that its receiver sleeps when it comes; half a round trip
// each.
void ring_latency(Measured& result) {
  const RingEnds ends;
  Forked peer([&] {
    std::string got;
    for (int i = 0; i < kRounds; ++i) {
      take(ends.queue->results_reader(), got, ends.to_coordinator, ends.to_fetcher);
      put(ends.queue->jobs_writer(), got, ends.to_coordinator, ends.to_fetcher);
      if (ends.queue->jobs_writer().consumer_needs_wake()) ends.to_fetcher.ring();
    }
  });
  const std::string message(kMessageBytes, 'm');
  std::string got;
  std::vector<int64_t> ages;
  for (int i = 0; i < kRounds; ++i) {
    const int64_t began = now_ns();
    put(ends.queue->results_writer(), message, ends.to_fetcher, ends.to_coordinator);
    if (ends.queue->results_writer().consumer_needs_wake()) ends.to_coordinator.ring();
    take(ends.queue->jobs_reader(), got, ends.to_fetcher, ends.to_coordinator);
    ages.push_back((now_ns() - began) / 2);
  }
  percentiles(ages, result);
}

void pipe_latency(Measured& result) {
  const Pipe there(0);
  const Pipe back(0);
  Forked peer([&] {
    std::array<char, kMessageBytes> got{};
    for (int i = 0; i < kRounds; ++i) {
      CRAWL_CHECK(::read(there.fds[0], got.data(), got.size()) == kMessageBytes);
      CRAWL_CHECK(::write(back.fds[1], got.data(), got.size()) == kMessageBytes);
    }
  });
  const std::string message(kMessageBytes, 'm');
  std::array<char, kMessageBytes> got{};
  std::vector<int64_t> ages;
  for (int i = 0; i < kRounds; ++i) {
    const int64_t began = now_ns();
    CRAWL_CHECK(::write(there.fds[1], message.data(), message.size()) == kMessageBytes);
    CRAWL_CHECK(::read(back.fds[0], got.data(), got.size()) == kMessageBytes);
    ages.push_back((now_ns() - began) / 2);
  }
  percentiles(ages, result);
}

std::optional<Measured> measure_node(const std::string& script) {
  std::FILE* out = ::popen(("exec node '" + script + "' 2>/dev/null").c_str(), "r");
  if (out == nullptr) return std::nullopt;
  Measured result;
  long long p50 = 0;
  long long p99 = 0;
  const bool ok = std::fscanf(out, "%lf %lld %lld", &result.per_second, &p50, &p99) == 3;
  ::pclose(out);
  result.p50_ns = p50;
  result.p99_ns = p99;
  return ok ? std::optional<Measured>(result) : std::nullopt;
}

void print(const char* name, const Measured& m, const std::optional<Measured>& node) {
  std::printf("%-24s %14.0f %12.1f %12.1f", name, m.per_second, static_cast<double>(m.p50_ns) / 1e3,
              static_cast<double>(m.p99_ns) / 1e3);
  if (node) std::printf(" %11.1f x", m.per_second / node->per_second);
  std::printf("\n");
}

void run(const std::string& script) {
  Measured ring;
  Measured pipe;
  std::optional<Measured> node;
  for (int i = 0; i < kRepeats; ++i) {
    ring.per_second = std::max(ring.per_second, ring_per_second());
    pipe.per_second = std::max(pipe.per_second, pipe_per_second());
    const auto measured = measure_node(script);
    if (measured && (!node || measured->per_second > node->per_second)) node = measured;
  }
  ring_latency(ring);
  pipe_latency(pipe);
  std::printf("%-24s %14s %12s %12s %13s\n", "messages of 48 bytes", "hand-offs/s", "wake p50 us",
              "wake p99 us", "against node");
  print("ring (shared_queue)", ring, node);
  print("pipe, one write each", pipe, node);
  if (node) {
    print("node child_process", *node, node);
  } else {
    std::printf("node is not installed or did not answer: not compared\n");
  }
}

}  // namespace
}  // namespace crawl

int main(int argc, char** argv) {
  const auto beside = std::filesystem::path(__FILE__).parent_path() / "queue_node.js";
  crawl::run(argc > 1 ? argv[1] : beside.string());
}
