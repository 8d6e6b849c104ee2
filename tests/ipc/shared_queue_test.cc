// SPDX-License-Identifier: MIT
#include "ipc/shared_queue.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <filesystem>
#include <set>

#include "tests/ipc/random.h"
#include "tests/ipc/raw_segment.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

using test::RawSegment;

std::unique_ptr<SharedQueue> make_queue(size_t jobs_bytes = 4096, size_t results_bytes = 4096) {
  auto queue = SharedQueue::create({jobs_bytes, results_bytes});
  REQUIRE(queue);
  return std::move(*queue);
}

bool write_once(RingWriter& writer, std::string_view message) {
  size_t sent = 0;
  const auto written = writer.write(message, sent);
  REQUIRE(written);
  return *written;
}

UniqueFd duplicate(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

// An unsealed or otherwise odd memfd with the given bytes of a real segment.
UniqueFd forged(const SharedQueue& queue, int seals) {
  const RawSegment real(queue.fd());
  UniqueFd memfd(::memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::ftruncate(memfd.fd(), static_cast<off_t>(real.size())) == 0);
  RawSegment copy(memfd.fd());
  for (size_t at = 0; at < real.size(); at += 8) copy.put(at, real.get<uint64_t>(at));
  if (seals != 0) REQUIRE(::fcntl(memfd.fd(), F_ADD_SEALS, seals) == 0);
  return memfd;
}

}  // namespace

TEST_CASE("shared queue: messages of each direction arrive whole and in order", "[shared_queue]") {
  const auto parent = make_queue();
  auto child = SharedQueue::open(duplicate(parent->fd()));
  REQUIRE(child);
  CHECK(write_once(parent->jobs_writer(), "job 1"));
  CHECK(write_once(parent->jobs_writer(), ""));
  CHECK(write_once((*child)->results_writer(), "result"));

  std::string message = "before";
  REQUIRE((*child)->jobs_reader().read(message));
  CHECK(message == "job 1");
  auto second = (*child)->jobs_reader().read(message);
  REQUIRE(second);
  CHECK(*second == RingReader::Read::kMessage);
  CHECK(message.empty());
  REQUIRE(parent->results_reader().read(message));
  CHECK(message == "result");
  auto none = parent->results_reader().read(message);
  REQUIRE(none);
  CHECK(*none == RingReader::Read::kEmpty);
  CHECK(message == "result");
}

TEST_CASE("shared queue: any mix of sizes, also longer than the ring, comes out as it went in",
          "[shared_queue][property]") {
  const uint64_t seed = test::random_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const size_t capacity = size_t{64} << test::pick(random, 7);
  CAPTURE(capacity);
  const auto queue = make_queue(capacity, 64);
  std::deque<std::string> under_way;
  std::string current;
  std::string got;
  size_t sent = 0;
  uint64_t made = 0;
  uint64_t received = 0;
  bool writing = false;
  while (received < 5000) {
    if (!writing && made < 5000) {
      current = test::numbered_message(seed, made++, capacity);
      under_way.push_back(current);
      sent = 0;
      writing = true;
    }
    for (uint64_t turns = test::pick(random, 4); writing && turns > 0; --turns) {
      const auto written = queue->jobs_writer().write(current, sent);
      REQUIRE(written);
      writing = !*written;
    }
    for (uint64_t turns = test::pick(random, 4); turns > 0; --turns) {
      const auto read = queue->jobs_reader().read(got);
      REQUIRE(read);
      if (*read == RingReader::Read::kEmpty) continue;
      REQUIRE(!under_way.empty());
      REQUIRE(got == under_way.front());
      under_way.pop_front();
      ++received;
    }
  }
  CHECK(under_way.empty());
}

TEST_CASE("shared queue: a full ring refuses, and takes again once space was made",
          "[shared_queue]") {
  const auto queue = make_queue(64, 64);
  const std::string message(12, 'x');  // a record of 16 bytes
  for (int i = 0; i < 4; ++i) REQUIRE(write_once(queue->jobs_writer(), message));
  CHECK_FALSE(write_once(queue->jobs_writer(), message));
  auto sleep = queue->jobs_writer().prepare_to_sleep();
  REQUIRE(sleep);
  CHECK(*sleep);
  std::string got;
  REQUIRE(queue->jobs_reader().read(got));
  CHECK(queue->jobs_reader().producer_needs_wake());
  CHECK_FALSE(queue->jobs_reader().producer_needs_wake());  // one sleeper, one wake
  sleep = queue->jobs_writer().prepare_to_sleep();
  REQUIRE(sleep);
  CHECK_FALSE(*sleep);
  CHECK(write_once(queue->jobs_writer(), message));
}

TEST_CASE("shared queue: a reader sleeps only on an empty ring and is woken once",
          "[shared_queue]") {
  const auto queue = make_queue();
  CHECK_FALSE(queue->jobs_writer().consumer_needs_wake());
  auto sleep = queue->jobs_reader().prepare_to_sleep();
  REQUIRE(sleep);
  CHECK(*sleep);
  REQUIRE(write_once(queue->jobs_writer(), "job"));
  CHECK(queue->jobs_writer().consumer_needs_wake());
  CHECK_FALSE(queue->jobs_writer().consumer_needs_wake());
  sleep = queue->jobs_reader().prepare_to_sleep();
  REQUIRE(sleep);
  CHECK_FALSE(*sleep);
  CHECK_FALSE(queue->jobs_writer().consumer_needs_wake());
}

TEST_CASE("shared queue: who always says it sleeps is woken once for what was written, and no more",
          "[shared_queue][hostile]") {
  const auto queue = make_queue();
  RawSegment raw(queue->fd());
  const auto claim = [&] {
    raw.put(test::kJobsSleepingAt, 1U);
    raw.put(test::kResultsWaitingAt, 1U);
  };
  claim();
  CHECK_FALSE(queue->jobs_writer().consumer_needs_wake());
  CHECK_FALSE(queue->results_reader().producer_needs_wake());
  REQUIRE(write_once(queue->jobs_writer(), "job"));
  REQUIRE(write_once(queue->results_writer(), "result"));
  std::string got;
  REQUIRE(queue->results_reader().read(got));
  CHECK(queue->jobs_writer().consumer_needs_wake());
  CHECK(queue->results_reader().producer_needs_wake());
  claim();
  CHECK_FALSE(queue->jobs_writer().consumer_needs_wake());
  CHECK_FALSE(queue->results_reader().producer_needs_wake());
}

TEST_CASE("shared queue: a part smaller than a writer makes it is a bad peer",
          "[shared_queue][hostile]") {
  const auto queue = make_queue();
  RawSegment raw(queue->fd());
  std::string got;
  const bool honest = GENERATE(true, false);
  const uint32_t size = honest ? 4096 / 4 - 4 : 4096 / 4 - 12;
  raw.put(test::kDataAt, 0x80000000U | size);
  raw.put<uint64_t>(test::kJobsHeadAt, size + 4);
  const auto read = queue->jobs_reader().read(got);
  CHECK(read.has_value() == honest);
  CHECK(queue->jobs_reader().partial_bytes() == (honest ? size : 0));
}

TEST_CASE("shared queue: a message beyond kRecordBytesMax is refused unsent", "[shared_queue]") {
  const auto queue = make_queue();
  size_t sent = 0;
  const char byte = 'x';  // never looked at: only the size counts
  const auto written =
      queue->jobs_writer().write(std::string_view(&byte, kRecordBytesMax + 1), sent);
  REQUIRE_FALSE(written);
  CHECK(written.error().code == Errc::kInvalid);
  CHECK(sent == 0);
}

TEST_CASE("shared queue: the memory cannot be resized by anybody", "[shared_queue][hostile]") {
  const auto queue = make_queue();
  CHECK(::ftruncate(queue->fd(), 0) == -1);
  CHECK(errno == EPERM);
  CHECK(::ftruncate(queue->fd(), 1 << 20) == -1);
  CHECK(errno == EPERM);
  CHECK(::fcntl(queue->fd(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
  CHECK(errno == EPERM);
  CHECK((::fcntl(queue->fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("shared queue: nothing is left in /dev/shm", "[shared_queue]") {
  const auto names = [] {
    std::set<std::string> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/dev/shm", error)) {
      found.insert(entry.path().filename());
    }
    return found;
  };
  const auto before = names();
  {
    const auto queue = make_queue();
    REQUIRE(write_once(queue->jobs_writer(), "job"));
    for (const std::string& name : names()) {
      CAPTURE(name);
      CHECK((before.count(name) == 1 || name.find("crawl") == std::string::npos));
    }
  }
  for (const std::string& name : names())
    CHECK((before.count(name) == 1 || name.find("crawl") == std::string::npos));
}

TEST_CASE("shared queue: capacities are powers of two within bounds", "[shared_queue]") {
  const size_t bad = GENERATE(as<size_t>{}, 0, 1, 32, 100, 4095, 4097, (size_t{1} << 31));
  CAPTURE(bad);
  CHECK_FALSE(SharedQueue::create({bad, 4096}));
  CHECK_FALSE(SharedQueue::create({4096, bad}));
}

TEST_CASE("shared queue: open refuses what is not a sealed segment of this version",
          "[shared_queue][hostile]") {
  constexpr int kAllSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  const auto queue = make_queue();
  RawSegment raw(queue->fd());
  REQUIRE(SharedQueue::open(forged(*queue, kAllSeals)));

  SECTION("a seal is missing") {
    const int seals = GENERATE(0, F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_GROW | F_SEAL_SEAL,
                               F_SEAL_SHRINK | F_SEAL_SEAL);
    const auto opened = SharedQueue::open(forged(*queue, seals));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::kCorrupt);
  }
  SECTION("wrong magic number") {
    raw.put<uint64_t>(test::kMagicAt, 1);
    const auto opened = SharedQueue::open(forged(*queue, kAllSeals));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::kCorrupt);
  }
  SECTION("another layout version") {
    raw.put<uint32_t>(test::kVersionAt, 99);
    const auto opened = SharedQueue::open(forged(*queue, kAllSeals));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::kVersion);
  }
  SECTION("capacities that do not add up") {
    const uint64_t bytes =
        GENERATE(as<uint64_t>{}, 0, 2048, 8192, 4095, uint64_t{1} << 63, ~uint64_t{0});
    raw.put<uint64_t>(test::kJobsBytesAt, bytes);
    const auto opened = SharedQueue::open(forged(*queue, kAllSeals));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::kCorrupt);
  }
  SECTION("no shared memory at all") {
    CHECK_FALSE(SharedQueue::open(UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC))));
    CHECK_FALSE(SharedQueue::open(UniqueFd()));
    UniqueFd empty(::memfd_create("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(::fcntl(empty.fd(), F_ADD_SEALS, kAllSeals) == 0);
    CHECK_FALSE(SharedQueue::open(std::move(empty)));
  }
}

TEST_CASE("shared queue: an impossible producer index is a bad peer", "[shared_queue][hostile]") {
  const auto queue = make_queue();
  RawSegment raw(queue->fd());
  std::string got;
  // Past the ring, not on a record's boundary, behind the reader.
  const uint64_t head =
      GENERATE(as<uint64_t>{}, 4096 + 8, 1, 12, ~uint64_t{0} - 7, uint64_t{1} << 63);
  CAPTURE(head);
  raw.put(test::kJobsHeadAt, head);
  const auto read = queue->jobs_reader().read(got);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::kCorrupt);
  const auto sleep = queue->jobs_reader().prepare_to_sleep();
  REQUIRE_FALSE(sleep);
  CHECK(sleep.error().code == Errc::kCorrupt);
}

TEST_CASE("shared queue: an index that goes back is a bad peer", "[shared_queue][hostile]") {
  const auto queue = make_queue(64, 64);
  RawSegment raw(queue->fd());
  std::string got;
  REQUIRE(write_once(queue->jobs_writer(), std::string(20, 'a')));
  REQUIRE(queue->jobs_reader().read(got));
  SECTION("the producer's") {
    raw.put<uint64_t>(test::kJobsHeadAt, 0);
    CHECK_FALSE(queue->jobs_reader().read(got));
  }
  SECTION("the consumer's") {
    REQUIRE(write_once(queue->jobs_writer(), std::string(20, 'b')));
    REQUIRE(write_once(queue->jobs_writer(), std::string(20, 'c')));  // has looked at the index: 24
    raw.put<uint64_t>(test::kJobsTailAt, 0);
    size_t sent = 0;
    const auto written = queue->jobs_writer().write(std::string(40, 'd'), sent);
    REQUIRE_FALSE(written);
    CHECK(written.error().code == Errc::kCorrupt);
  }
}

TEST_CASE("shared queue: an impossible consumer index is a bad peer", "[shared_queue][hostile]") {
  const auto queue = make_queue(64, 64);
  RawSegment raw(queue->fd());
  REQUIRE(write_once(queue->jobs_writer(), std::string(60, 'a')));
  const uint64_t tail = GENERATE(as<uint64_t>{}, 72, 1, 63, ~uint64_t{0} - 7, uint64_t{1} << 63);
  CAPTURE(tail);
  raw.put(test::kJobsTailAt, tail);
  size_t sent = 0;
  const auto written = queue->jobs_writer().write("more", sent);
  REQUIRE_FALSE(written);
  CHECK(written.error().code == Errc::kCorrupt);
  CHECK_FALSE(queue->jobs_writer().prepare_to_sleep());
}

TEST_CASE("shared queue: a lying length word is a bad peer", "[shared_queue][hostile]") {
  const auto queue = make_queue();
  RawSegment raw(queue->fd());
  std::string got;
  // Beyond what was published, with and without "more follows"; an empty part.
  const uint32_t word = GENERATE(as<uint32_t>{}, 13, 4096, 0x7fffffff, 0xffffffff, 0x80000000);
  CAPTURE(word);
  raw.put(test::kDataAt, word);
  raw.put<uint64_t>(test::kJobsHeadAt, 16);
  const auto read = queue->jobs_reader().read(got);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::kCorrupt);
}

TEST_CASE("shared queue: parts without end stop at kRecordBytesMax", "[shared_queue][hostile]") {
  constexpr size_t kRing = size_t{64} << 20;
  const auto queue = make_queue(kRing, 64);
  RawSegment raw(queue->fd());
  std::string got;
  constexpr uint32_t kPart = 0x80000000U | (kRing - 4);
  bool refused = false;
  for (uint64_t i = 1; i <= kRecordBytesMax / kRing + 1 && !refused; ++i) {
    raw.put(test::kDataAt, kPart);
    raw.put<uint64_t>(test::kJobsHeadAt, i * kRing);
    const auto read = queue->jobs_reader().read(got);
    refused = !read;
    if (refused) CHECK(read.error().code == Errc::kCorrupt);
  }
  CHECK(refused);
}

TEST_CASE("shared queue: a message may be as long as the reader allows, and no longer",
          "[shared_queue][hostile]") {
  constexpr size_t kMax = 1000;
  const size_t ring = GENERATE(size_t{64}, size_t{4096});  // in parts, and in one piece
  const size_t size = kMax + GENERATE(size_t{0}, size_t{1});
  CAPTURE(ring, size);
  const auto queue = make_queue(ring, 64);
  queue->jobs_reader().set_message_max(kMax);
  const std::string message(size, 'x');
  std::string got;
  size_t sent = 0;
  size_t sent_before = 0;
  for (bool done = false; !done;) {
    sent_before = sent;
    const auto written = queue->jobs_writer().write(message, sent);
    REQUIRE(written);
    const auto read = queue->jobs_reader().read(got);
    if (!read) {
      CHECK(read.error().code == Errc::kCorrupt);
      break;
    }
    done = *read == RingReader::Read::kMessage;
  }
  CHECK((got == message) == (size <= kMax));
  // The parts within the bound were taken; the first beyond it was not.
  CHECK(sent_before <= kMax);
  CHECK(sent == size);
  // Every message is measured by itself.
  if (size <= kMax) {
    sent = 0;
    while (!*queue->jobs_writer().write(message, sent)) REQUIRE(queue->jobs_reader().read(got));
    const auto again = queue->jobs_reader().read(got);
    REQUIRE(again);
    CHECK(*again == RingReader::Read::kMessage);
  }
}

TEST_CASE("shared queue: parts stop at the reader's bound before they are copied",
          "[shared_queue][hostile]") {
  const auto queue = make_queue(4096, 64);
  queue->jobs_reader().set_message_max(5000);
  RawSegment raw(queue->fd());
  std::string got;
  raw.put<uint32_t>(test::kDataAt, 0x80000000U | 4092);
  raw.put<uint64_t>(test::kJobsHeadAt, 4096);
  const auto first = queue->jobs_reader().read(got);
  REQUIRE(first);
  CHECK(*first == RingReader::Read::kEmpty);
  raw.put<uint64_t>(test::kJobsHeadAt, 8192);
  const auto second = queue->jobs_reader().read(got);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::kCorrupt);
  CHECK(raw.get<uint64_t>(test::kJobsTailAt) == 4096);
}

TEST_CASE("shared queue: the blame slot tells lease, phase and heartbeat", "[shared_queue]") {
  const auto parent = make_queue();
  auto child = SharedQueue::open(duplicate(parent->fd()));
  REQUIRE(child);
  CHECK(parent->read_blame().lease == 0);
  CHECK(parent->read_blame().phase == Phase::kIdle);
  (*child)->blame(42, Phase::kParse);
  (*child)->beat();
  (*child)->beat();
  const Blame blame = parent->read_blame();
  CHECK(blame.lease == 42);
  CHECK(blame.phase == Phase::kParse);
  CHECK(blame.heartbeat == 2);
  RawSegment raw(parent->fd());
  raw.put<uint32_t>(test::kBlamePhaseAt, 77);
  CHECK(parent->read_blame().phase == Phase::kIdle);
  CHECK(name(Phase::kExtract) == "extract");
}

}  // namespace crawl
