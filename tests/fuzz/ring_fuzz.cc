// SPDX-License-Identifier: MIT
// Both ends of a ring against a peer that writes what the input says, where it says, between the
// calls: anywhere, or where it does most harm, an index near the true one, a length at the place
// that is read next, the words that say how large it all is.
#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/unique_fd.h"
#include "ipc/shared_queue.h"
#include "tests/ipc/raw_segment.h"

namespace {

constexpr size_t kRingBytes = 256;

// Takes numbers off the input; zeros when it has ended.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  template <typename T>
  T take() {
    T value{};
    const size_t n = std::min(sizeof value, size_);
    std::memcpy(&value, data_, n);
    data_ += n;
    size_ -= n;
    return value;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

void check_error(const crawl::Error& error) { CRAWL_CHECK(error.code == crawl::Errc::kCorrupt); }

struct Victim {
  crawl::SharedQueue& queue;
  crawl::test::RawSegment raw;
  std::string got;
  std::string message;
  size_t sent = 0;
  bool writing = false;

  void read() {
    const auto result = queue.jobs_reader().read(got);
    if (!result) check_error(result.error());
    CRAWL_CHECK(got.size() <= crawl::kRecordBytesMax);
  }
  void write(size_t size) {
    if (!writing) {
      message.assign(size, 'm');
      sent = 0;
    }
    const auto result = queue.jobs_writer().write(message, sent);
    if (!result) check_error(result.error());
    CRAWL_CHECK(sent <= message.size());
    writing = result && !*result;
  }
  // An index as it was, or near it, forward or back.
  void shift(size_t index_at, int8_t by) {
    const auto was = raw.get<uint64_t>(index_at);
    raw.put(index_at, was + static_cast<uint64_t>(int64_t{by}));
  }
  // A length where the consumer looks next, and an end behind it.
  void forge(uint16_t length, bool more, uint8_t records) {
    const auto tail = raw.get<uint64_t>(crawl::test::kJobsTailAt);
    const size_t at = crawl::test::kDataAt + (tail & (kRingBytes - 1) & ~size_t{7});
    raw.put(at, uint32_t{length} % (2 * kRingBytes) | (more ? 1u << 31 : 0));
    raw.put(crawl::test::kJobsHeadAt, tail + 8 * (records % (kRingBytes / 8 + 2)));
  }
  // Somebody else opens what is there now.
  void open(size_t at, uint64_t value) {
    const auto was = raw.get<uint64_t>(at);
    raw.put(at, value);
    crawl::UniqueFd copy(::fcntl(queue.fd(), F_DUPFD_CLOEXEC, 0));
    const auto opened = crawl::SharedQueue::open(std::move(copy));
    if (!opened) {
      CRAWL_CHECK(opened.error().code == crawl::Errc::kCorrupt ||
                  opened.error().code == crawl::Errc::kVersion);
    }
    raw.put(at, was);
  }
  void sleep() {
    (void)queue.jobs_reader().prepare_to_sleep();
    (void)queue.jobs_writer().prepare_to_sleep();
    (void)queue.jobs_reader().producer_needs_wake();
    (void)queue.jobs_writer().consumer_needs_wake();
    CRAWL_CHECK(queue.read_blame().phase <= crawl::Phase::kLast);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto queue = crawl::SharedQueue::create({kRingBytes, 64});
  CRAWL_CHECK(queue);
  Victim victim{**queue, crawl::test::RawSegment((*queue)->fd()), {}, {}};
  CRAWL_CHECK(victim.raw.mapped());
  Input input(data, size);
  while (!input.empty()) {
    switch (input.take<uint8_t>() % 9) {
      case 0:
        victim.read();
        break;
      case 1:
        victim.write(input.take<uint16_t>() % (4 * kRingBytes));
        break;
      case 2:
        victim.sleep();
        break;
      case 3:
        victim.raw.put(crawl::test::kJobsHeadAt, uint64_t{input.take<uint16_t>()});
        break;
      case 4:
        victim.raw.put(crawl::test::kJobsTailAt, uint64_t{input.take<uint16_t>()});
        break;
      case 5: {
        const size_t words = victim.raw.size() / 4;
        const size_t at = input.take<uint16_t>() % words;
        victim.raw.put(at * 4, input.take<uint32_t>());
        break;
      }
      case 6: {
        const bool head = (input.take<uint8_t>() & 1) != 0;
        victim.shift(head ? crawl::test::kJobsHeadAt : crawl::test::kJobsTailAt,
                     input.take<int8_t>());
        break;
      }
      case 7: {
        const auto length = input.take<uint16_t>();
        const bool more = (input.take<uint8_t>() & 1) != 0;
        victim.forge(length, more, input.take<uint8_t>());
        break;
      }
      case 8: {
        static constexpr size_t kWords[] = {crawl::test::kMagicAt, crawl::test::kVersionAt,
                                            crawl::test::kJobsBytesAt,
                                            crawl::test::kJobsBytesAt + 8};
        const size_t at = kWords[input.take<uint8_t>() % std::size(kWords)];
        const auto shift = input.take<uint8_t>() % 64;
        victim.open(at, uint64_t{input.take<uint8_t>()} << shift);
        break;
      }
    }
  }
  return 0;
}
