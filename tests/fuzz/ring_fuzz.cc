// SPDX-License-Identifier: MIT
// Both ends of a ring against a peer that writes what the input says, where it says, between the
// calls.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/check.h"
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
    switch (input.take<uint8_t>() % 6) {
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
    }
  }
  return 0;
}
