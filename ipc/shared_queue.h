// SPDX-License-Identifier: MIT
#pragma once

// Shared memory between the coordinator and one fetcher: two single-producer single-consumer rings
// of records and the fetcher's blame slot, in one sealed memfd. docs/messages.md draws the layout.
//
// Neither side believes the other. Each side keeps its own index in private memory and only
// publishes it; the peer's index is read at most once per call, must satisfy 0 <= used <= capacity
// and never go back, and is then used from a private copy until that is exhausted; offsets are
// masked; a record is copied out before it is looked at. Any violation is Errc::kCorrupt: a bad
// peer, whose fetcher is killed. A producer killed before its publishing store has published
// nothing; a consumer killed in mid-record has consumed nothing.
//
// A *message* may be longer than the ring: it travels as parts, each a record whose length word
// carries a "more follows" bit. RingReader puts the parts together, bounded by its message_max.
//
// Only this pair of files includes Boost.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

// What a fetcher is doing, in shared memory, so that its death can be blamed on a URL.
enum class Phase : uint8_t {
  kIdle = 0,
  kTransfer = 1,
  kDecode = 2,
  kParse = 3,
  kExtract = 4,
  kSend = 5,
  kLast = kSend
};
std::string_view name(Phase phase);

struct Blame {
  uint64_t lease = 0;  // 0: between jobs
  Phase phase = Phase::kIdle;
  uint64_t heartbeat = 0;  // rises at least once a second while the event loop turns
};

struct RingShared;  // layout in shared_queue.cc
struct SegmentShared;

// The producer's end of one ring. Not thread-safe; one per ring and process.
class RingWriter {
 public:
  RingWriter(RingShared* shared, std::byte* data, size_t capacity);

  // Appends `message` whole, or as much of it as fits; `sent` (in, out) is how much of this message
  // has gone so far. Returns true when all of it is in the ring. On false call again, with the same
  // arguments, after space has been made. A message of at most a quarter of the ring is never
  // split. kCorrupt: the peer's index is impossible. kInvalid: longer than kRecordBytesMax.
  Result<bool> write(std::string_view message, size_t& sent);

  // True when the consumer said it sleeps and must be sent a Wake after the writes before this
  // call. Clears the flag, so that one sleeper gets one wake. Batched: call once after many writes.
  // False where nothing was written since the last call: a peer that always says it sleeps gets no
  // more wakes than records.
  bool consumer_needs_wake();

  // To be called before blocking for want of space: announces it, then looks again. True when there
  // is still no space and the caller may sleep until a Wake; false: space has come up, write again.
  Result<bool> prepare_to_sleep();

 private:
  Result<void> refresh_tail();
  size_t free_bytes() const { return capacity_ - static_cast<size_t>(head_ - tail_seen_); }
  void copy_in(uint64_t position, std::string_view bytes);

  RingShared* shared_;
  std::byte* data_;
  size_t capacity_;
  uint64_t head_ = 0;       // bytes ever written; the published copy is never read back
  uint64_t tail_seen_ = 0;  // checked copy of the consumer's index: tail_seen_ <= head_
  size_t needed_ = 8;       // free bytes without which the next part is not worth a record
  bool published_ = false;  // since the last look whether the consumer sleeps
};

// The consumer's end of one ring.
class RingReader {
 public:
  RingReader(RingShared* shared, const std::byte* data, size_t capacity);

  enum class Read { kMessage, kEmpty };
  // Moves the next whole message into `message` (its capacity is reused; left alone otherwise).
  // kEmpty: none is complete yet; parts that came stay inside the reader. kCorrupt: impossible
  // index, length or total, or a part that no RingWriter makes so small; the ring is then beyond
  // use.
  Result<Read> read(std::string& message);
  // Of the message whose parts have not all come.
  size_t partial_bytes() const { return partial_.size(); }

  // As in RingWriter: true when the producer waits for space and must be sent a Wake.
  bool producer_needs_wake();
  // The most bytes that a message, all its parts together, may have from now on: a longer one is
  // kCorrupt before the part that exceeds it is copied, so that the peer cannot make this process
  // run out of memory. At most kRecordBytesMax, which holds until the first call.
  void set_message_max(size_t bytes);
  Result<bool> prepare_to_sleep();  // true: still empty, may sleep until a Wake

 private:
  Result<void> refresh_head();
  Result<Read> take_records(std::string& message);
  void copy_out(uint64_t position, size_t size, std::string& out) const;

  RingShared* shared_;
  const std::byte* data_;
  size_t capacity_;
  uint64_t tail_ = 0;       // bytes ever consumed; the published copy is never read back
  uint64_t head_seen_ = 0;  // checked copy of the producer's index: tail_ <= head_seen_
  std::string partial_;     // the parts so far of a message that came in several
  size_t message_max_ = kRecordBytesMax;
  bool made_space_ = false;  // since the last look whether the producer waits
};

// Private copy of the mapping's owner; unmapped at destruction.
class SharedQueue {
 public:
  struct Options {
    size_t jobs_bytes = 1u << 20;  // powers of two, 64 B to 1 GiB
    size_t results_bytes = 4u << 20;
  };

  // Coordinator: a fresh memfd, sized, sealed with F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_SEAL and
  // mapped.
  static Result<std::unique_ptr<SharedQueue>> create(const Options& options);
  // Fetcher: maps what it inherited; checks size, seals, magic and layout version.
  static Result<std::unique_ptr<SharedQueue>> open(UniqueFd memfd);

  ~SharedQueue();
  SharedQueue(const SharedQueue&) = delete;
  SharedQueue& operator=(const SharedQueue&) = delete;

  int fd() const;  // to be inherited by the fetcher

  // Exactly one of each pair may be taken per process: the coordinator writes jobs and reads
  // results, the fetcher the other way round. Valid as long as the SharedQueue.
  RingWriter& jobs_writer();
  RingReader& jobs_reader();
  RingWriter& results_writer();
  RingReader& results_reader();

  // Fetcher: cheap (relaxed stores), called before each phase of each job.
  void blame(uint64_t lease, Phase phase);
  void beat();
  // Coordinator. The phase is checked; an unknown one reads as kIdle.
  Blame read_blame() const;

 private:
  struct Mapping;
  explicit SharedQueue(std::unique_ptr<Mapping> mapping);
  std::unique_ptr<Mapping> mapping_;
};

}  // namespace crawl
