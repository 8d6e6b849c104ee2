// SPDX-License-Identifier: MIT
// The rings between two real processes: one killed, one hostile, both asleep.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <set>

#include "ipc/shared_queue.h"
#include "tests/ipc/random.h"
#include "tests/ipc/raw_segment.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr int kWaitMs = 20'000;  // a wait this long means a lost wake-up

// A forked child that runs `body` and exits with what it returns; killed with its owner.
class Forked {
 public:
  explicit Forked(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ == 0) ::_exit(body());
  }
  ~Forked() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

  void kill() const { ::kill(pid_, SIGKILL); }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  bool ended() {
    int status = 0;
    if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }

 private:
  pid_t pid_;
};

struct WakePipe {
  WakePipe() {
    if (::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) != 0) fds = {-1, -1};
  }
  ~WakePipe() {
    ::close(fds[0]);
    ::close(fds[1]);
  }
  WakePipe(const WakePipe&) = delete;
  WakePipe& operator=(const WakePipe&) = delete;
  void ring() const { (void)!::write(fds[1], "w", 1); }
  // False when nobody rang in time.
  bool sleep() const {
    pollfd wanted{fds[0], POLLIN, 0};
    if (::poll(&wanted, 1, kWaitMs) != 1) return false;
    std::array<char, 64> drop{};
    (void)!::read(fds[0], drop.data(), drop.size());
    return true;
  }
  std::array<int, 2> fds{};
};

// Writes the numbered messages from 0 to count - 1, asleep whenever the ring is full.
int produce(RingWriter& writer, uint64_t seed, uint64_t count, size_t ring, const WakePipe& mine,
            const WakePipe& theirs) {
  for (uint64_t i = 0; i < count; ++i) {
    const std::string message = test::numbered_message(seed, i, ring);
    size_t sent = 0;
    while (true) {
      const auto written = writer.write(message, sent);
      if (!written) return 2;
      if (writer.consumer_needs_wake()) theirs.ring();
      if (*written) break;
      const auto sleep = writer.prepare_to_sleep();
      if (!sleep) return 3;
      if (*sleep && !mine.sleep()) return 4;
    }
  }
  return 0;
}

}  // namespace

TEST_CASE("ring: two processes pass any sizes through and no wake-up is lost", "[ring][property]") {
  const uint64_t seed = test::random_seed();
  CAPTURE(seed);
  constexpr uint64_t kMessages = 30'000;
  const size_t capacity = GENERATE(as<size_t>{}, 64, 1024, 65536);
  CAPTURE(capacity);
  auto queue = SharedQueue::create({64, capacity});
  REQUIRE(queue);
  const WakePipe producer_wake;
  const WakePipe consumer_wake;
  Forked child([&] {
    auto mine = SharedQueue::open(UniqueFd(::dup((*queue)->fd())));
    if (!mine) return 1;
    return produce((*mine)->results_writer(), seed, kMessages, capacity, producer_wake,
                   consumer_wake);
  });
  RingReader& reader = (*queue)->results_reader();
  std::string got;
  for (uint64_t i = 0; i < kMessages;) {
    const auto read = reader.read(got);
    REQUIRE(read);
    if (reader.producer_needs_wake()) producer_wake.ring();
    if (*read == RingReader::Read::kMessage) {
      REQUIRE(got == test::numbered_message(seed, i, capacity));
      ++i;
      continue;
    }
    const auto sleep = reader.prepare_to_sleep();
    REQUIRE(sleep);
    if (*sleep) REQUIRE(consumer_wake.sleep());
  }
  CHECK(child.wait() == 0);
}

TEST_CASE("ring: one message at a time, both sides asleep in between, none waits for ever",
          "[ring]") {
  // Request and answer in lockstep: every hand-off goes through the sleeping flags.
  constexpr int kRounds = 20'000;
  auto queue = SharedQueue::create({64, 64});
  REQUIRE(queue);
  const WakePipe child_wake;
  const WakePipe parent_wake;
  const auto await = [](RingReader& reader, const WakePipe& wake, std::string& got) {
    while (true) {
      const auto read = reader.read(got);
      if (!read) return false;
      if (*read == RingReader::Read::kMessage) return true;
      const auto sleep = reader.prepare_to_sleep();
      if (!sleep || (*sleep && !wake.sleep())) return false;
    }
  };
  const auto give = [](RingWriter& writer, const WakePipe& wake, std::string_view message) {
    size_t sent = 0;
    const auto written = writer.write(message, sent);
    if (writer.consumer_needs_wake()) wake.ring();
    return written && *written;
  };
  Forked child([&] {
    auto mine = SharedQueue::open(UniqueFd(::dup((*queue)->fd())));
    if (!mine) return 1;
    std::string got;
    for (int i = 0; i < kRounds; ++i) {
      if (!await((*mine)->jobs_reader(), child_wake, got)) return 2;
      if (!give((*mine)->results_writer(), parent_wake, got)) return 3;
    }
    return 0;
  });
  std::string got;
  for (int i = 0; i < kRounds; ++i) {
    const std::string message = std::to_string(i);
    REQUIRE(give((*queue)->jobs_writer(), child_wake, message));
    REQUIRE(await((*queue)->results_reader(), parent_wake, got));
    REQUIRE(got == message);
  }
  CHECK(child.wait() == 0);
}

TEST_CASE("ring: a producer killed at any moment leaves no torn message", "[ring][property]") {
  const uint64_t seed = test::random_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  constexpr size_t kCapacity = 4096;
  uint64_t seen = 0;
  for (uint64_t round = 0; round < 60; ++round) {
    CAPTURE(round);
    auto queue = SharedQueue::create({64, kCapacity});
    REQUIRE(queue);
    const WakePipe producer_wake;
    const WakePipe consumer_wake;
    Forked child([&] {
      return produce((*queue)->results_writer(), seed + round, ~uint64_t{0}, kCapacity,
                     producer_wake, consumer_wake);
    });
    // The moment of death is counted in messages, and is random within the next one.
    const uint64_t dies_after = test::pick(random, 200);
    RingReader& reader = (*queue)->results_reader();
    std::string got;
    bool killed = false;
    for (uint64_t i = 0;;) {
      if (i >= dies_after && !killed) {
        child.kill();
        child.wait();
        killed = true;
      }
      const auto read = reader.read(got);
      REQUIRE(read);
      if (reader.producer_needs_wake()) producer_wake.ring();
      if (*read == RingReader::Read::kMessage) {
        REQUIRE(got == test::numbered_message(seed + round, i, kCapacity));
        ++i;
        ++seen;
        continue;
      }
      if (killed) break;  // all that was published has been read
      const auto sleep = reader.prepare_to_sleep();
      REQUIRE(sleep);
      if (*sleep) REQUIRE(consumer_wake.sleep());
    }
  }
  CHECK(seen > 0);
}

TEST_CASE("ring: a consumer killed at any moment has consumed whole records only",
          "[ring][property]") {
  const uint64_t seed = test::random_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 40; ++round) {
    auto queue = SharedQueue::create({4096, 64});
    REQUIRE(queue);
    const WakePipe space;
    Forked child([&] {
      std::string got;
      while (true) {
        if (!(*queue)->jobs_reader().read(got)) return 1;
        if ((*queue)->jobs_reader().producer_needs_wake()) space.ring();
      }
    });
    std::set<uint64_t> boundaries{0};
    RingWriter& writer = (*queue)->jobs_writer();
    const uint64_t dies_after = test::pick(random, 500);
    for (uint64_t i = 0; i <= dies_after;) {
      const std::string message(test::pick(random, 900), 'm');  // below a quarter: one record each
      size_t sent = 0;
      const auto written = writer.write(message, sent);
      REQUIRE(written);
      if (*written) {
        boundaries.insert(*boundaries.rbegin() + (4 + message.size() + 7) / 8 * 8);
        ++i;
        continue;
      }
      const auto sleep = writer.prepare_to_sleep();
      REQUIRE(sleep);
      if (*sleep) REQUIRE(space.sleep());
    }
    child.kill();
    child.wait();
    const test::RawSegment raw((*queue)->fd());
    CHECK(boundaries.count(raw.get<uint64_t>(test::kJobsTailAt)) == 1);
    CHECK(writer.prepare_to_sleep());  // still a sound ring
  }
}

TEST_CASE("ring: a hostile peer that rewrites everything all the time is found out, never a crash",
          "[ring][hostile][property]") {
  const uint64_t seed = test::random_seed();
  CAPTURE(seed);
  int corrupt_reads = 0;
  int corrupt_writes = 0;
  for (uint64_t round = 0; round < 40; ++round) {
    CAPTURE(round);
    auto queue = SharedQueue::create({1024, 1024});
    REQUIRE(queue);
    const WakePipe started;
    Forked child([&] {
      test::RawSegment raw((*queue)->fd());
      if (!raw.mapped()) return 1;
      std::mt19937_64 random(seed + round);
      for (uint64_t i = 0;; ++i) {
        if (i == 2000) started.ring();  // by now it has lied about everything
        const uint64_t small = test::pick(random, 300) * 8;
        const uint64_t value = test::pick(random, 8) == 0 ? random() : small;
        const size_t words = test::pick(random, 4) == 0 ? raw.size() / 8 : 700 / 8;
        raw.put<uint64_t>(test::pick(random, words) * 8, value);
      }
    });
    REQUIRE(started.sleep());
    std::string got;
    for (int i = 0; i < 20'000; ++i) {
      const auto read = (*queue)->results_reader().read(got);
      if (!read) {
        REQUIRE(read.error().code == Errc::kCorrupt);
        ++corrupt_reads;
      }
      REQUIRE(got.size() <= kRecordBytesMax);
      size_t sent = 0;
      const auto written = (*queue)->jobs_writer().write("a job of some length", sent);
      if (!written) {
        REQUIRE(written.error().code == Errc::kCorrupt);
        ++corrupt_writes;
      }
      (void)(*queue)->jobs_writer().consumer_needs_wake();
      (void)(*queue)->results_reader().prepare_to_sleep();
      (void)(*queue)->jobs_writer().prepare_to_sleep();
      REQUIRE((*queue)->read_blame().phase <= Phase::kLast);
    }
    CHECK_FALSE(child.ended());
  }
  CHECK(corrupt_reads > 0);
  CHECK(corrupt_writes > 0);
}

}  // namespace crawl
