// SPDX-License-Identifier: MIT
#include "ipc/shared_queue.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include <boost/interprocess/mapped_region.hpp>

namespace crawl {

namespace {

constexpr size_t kCacheLine = 64;
constexpr uint64_t kMagic = 0x31676e6952574c43;  // "CLWRing1", little-endian
constexpr uint32_t kLayoutVersion = 1;
constexpr size_t kRingBytesMin = 64;
constexpr size_t kRingBytesMax = size_t{1} << 30;
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

// A record: this word (payload length, and kMoreFollows), the payload, padding to kAlign. Every
// record starts on a multiple of kAlign, so a length word never wraps round the end of the ring.
constexpr uint32_t kMoreFollows = 1u << 31;
constexpr size_t kLengthBytes = sizeof(uint32_t);
constexpr size_t kAlign = 8;
static_assert(kRecordBytesMax < kMoreFollows);
static_assert(kRingBytesMin % kAlign == 0);

constexpr size_t record_bytes(size_t payload) {
  return (kLengthBytes + payload + kAlign - 1) & ~(kAlign - 1);
}

bool valid_capacity(uint64_t bytes) {
  return std::has_single_bit(bytes) && bytes >= kRingBytesMin && bytes <= kRingBytesMax;
}

Error corrupt(const char* what) { return Error{Errc::kCorrupt, 0, what}; }

}  // namespace

// Each word has one writer (the flags: set by one side, cleared by both) and its own cache line, so
// that a side which only publishes never waits for the other's line.
struct RingShared {
  alignas(kCacheLine) std::atomic<uint64_t> head{0};  // bytes ever written, by the producer
  alignas(kCacheLine) std::atomic<uint64_t> tail{0};  // bytes ever consumed, by the consumer
  alignas(kCacheLine) std::atomic<uint32_t> consumer_sleeping{0};
  alignas(kCacheLine) std::atomic<uint32_t> producer_waiting{0};
};

struct SegmentShared {
  uint64_t magic = kMagic;
  uint32_t layout_version = kLayoutVersion;
  uint32_t reserved = 0;
  uint64_t jobs_bytes = 0;
  uint64_t results_bytes = 0;
  alignas(kCacheLine) std::atomic<uint64_t> blame_lease{0};
  std::atomic<uint64_t> heartbeat{0};
  std::atomic<uint32_t> blame_phase{0};
  RingShared jobs;
  RingShared results;
};

namespace {

// Both processes run the same build, but a lock hidden in an "atomic" would be shared with a
// hostile peer.
static_assert(std::atomic<uint64_t>::is_always_lock_free);
static_assert(std::atomic<uint32_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<uint64_t>) == 8 && sizeof(std::atomic<uint32_t>) == 4);
static_assert(sizeof(RingShared) == 4 * kCacheLine);
static_assert(std::is_standard_layout_v<SegmentShared>);
// docs/messages.md draws these.
static_assert(offsetof(SegmentShared, jobs_bytes) == 16);
static_assert(offsetof(SegmentShared, blame_lease) == 64);
static_assert(offsetof(SegmentShared, jobs) == 128);
static_assert(offsetof(SegmentShared, results) == 384);

constexpr size_t kDataOffset = 4096;  // the jobs ring's bytes, then the results ring's
static_assert(sizeof(SegmentShared) <= kDataOffset);

size_t segment_bytes(uint64_t jobs_bytes, uint64_t results_bytes) {
  return kDataOffset + static_cast<size_t>(jobs_bytes) + static_cast<size_t>(results_bytes);
}

// What boost::interprocess::mapped_region asks of a thing it can map.
class MemfdMapping {
 public:
  explicit MemfdMapping(int fd) : fd_(fd) {}
  boost::interprocess::mapping_handle_t get_mapping_handle() const {
    return boost::interprocess::ipcdetail::mapping_handle_from_file_handle(fd_);
  }
  boost::interprocess::mode_t get_mode() const { return boost::interprocess::read_write; }

 private:
  int fd_;
};

Result<boost::interprocess::mapped_region> map_memfd(int fd, size_t size) {
  try {
    return boost::interprocess::mapped_region(MemfdMapping(fd), boost::interprocess::read_write, 0,
                                              size);
  } catch (const boost::interprocess::interprocess_exception& e) {
    return errno_error(e.get_native_error(), "map shared memory");
  } catch (const std::exception& e) {
    return Error{Errc::kIo, 0, std::string("map shared memory: ") + e.what()};
  }
}

Result<UniqueFd> create_memfd(size_t size) {
  // Not executable where the kernel (6.3) knows the flag: a fetcher must not run what it wrote
  // there.
  constexpr unsigned kNoexecSeal = 0x0008U;
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd memfd(::memfd_create("crawl-queue", kFlags | kNoexecSeal));
  if (!memfd && errno == EINVAL) memfd.reset(::memfd_create("crawl-queue", kFlags));
  if (!memfd) return errno_error("memfd_create");
  if (::ftruncate(memfd.fd(), static_cast<off_t>(size)) != 0) {
    if (errno != EFBIG) return errno_error("size shared memory");
    return errno_error("shared memory of " + std::to_string(size >> 10) +
                       " KiB, with this ulimit -f");
  }
  if (::fcntl(memfd.fd(), F_ADD_SEALS, kSeals) != 0) return errno_error("seal shared memory");
  return memfd;
}

// The length word of a record, read exactly once: the peer may change it between two looks.
uint32_t load_length(const std::byte* at) {
  auto* word = reinterpret_cast<uint32_t*>(const_cast<std::byte*>(at));
  return std::atomic_ref<uint32_t>(*word).load(std::memory_order_relaxed);
}

void store_length(std::byte* at, uint32_t value) {
  std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(at))
      .store(value, std::memory_order_relaxed);
}

}  // namespace

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::kIdle:
      return "idle";
    case Phase::kTransfer:
      return "transfer";
    case Phase::kDecode:
      return "decode";
    case Phase::kParse:
      return "parse";
    case Phase::kExtract:
      return "extract";
    case Phase::kSend:
      return "send";
  }
  return "idle";
}

RingWriter::RingWriter(RingShared* shared, std::byte* data, size_t capacity)
    : shared_(shared), data_(data), capacity_(capacity) {}

Result<void> RingWriter::refresh_tail() {
  const uint64_t tail = shared_->tail.load(std::memory_order_acquire);
  // Between where it was and where we are, in whole records; unsigned differences cover both ends.
  if (head_ - tail > head_ - tail_seen_ || tail % kAlign != 0) {
    return corrupt("ring: impossible consumer index");
  }
  tail_seen_ = tail;
  return {};
}

void RingWriter::copy_in(uint64_t position, std::string_view bytes) {
  const size_t offset = static_cast<size_t>(position) & (capacity_ - 1);
  const size_t first = std::min(bytes.size(), capacity_ - offset);
  std::memcpy(data_ + offset, bytes.data(), first);
  if (first < bytes.size()) std::memcpy(data_, bytes.data() + first, bytes.size() - first);
}

Result<bool> RingWriter::write(std::string_view message, size_t& sent) {
  CRAWL_CHECK(sent <= message.size());
  if (message.size() > kRecordBytesMax) {
    return Error{Errc::kInvalid, 0, "ring: message longer than a record may be"};
  }
  std::string_view part = message.substr(sent);
  const size_t wanted = record_bytes(part.size());
  if (free_bytes() < wanted) {
    auto refreshed = refresh_tail();
    if (!refreshed) return refreshed.error();
  }
  uint32_t more = 0;
  if (free_bytes() < wanted) {
    // Crumbs would cost a record each, and the reader an append each: wait for a fair piece of
    // space.
    needed_ = std::min(wanted, capacity_ / 4);
    if (free_bytes() < needed_) return false;
    part = part.substr(0, free_bytes() - kLengthBytes);
    more = kMoreFollows;
  }
  store_length(data_ + (static_cast<size_t>(head_) & (capacity_ - 1)),
               static_cast<uint32_t>(part.size()) | more);
  if (!part.empty()) copy_in(head_ + kLengthBytes, part);
  head_ += record_bytes(part.size());
  shared_->head.store(head_, std::memory_order_release);
  published_ = true;
  sent += part.size();
  if (more != 0) needed_ = std::min(record_bytes(message.size() - sent), capacity_ / 4);
  return more == 0;
}

// Dekker's pattern, on both rings: one side publishes its index and then exchanges the flag, the
// other exchanges the flag and then loads the index. The two exchanges are ordered by the flag
// itself; whichever is second sees what the other did before its own. So either the sleeper sees
// the new index, or the publisher sees the flag: no wake-up is lost.

bool RingWriter::consumer_needs_wake() {
  if (!std::exchange(published_, false)) return false;
  return shared_->consumer_sleeping.exchange(0, std::memory_order_seq_cst) != 0;
}

Result<bool> RingWriter::prepare_to_sleep() {
  shared_->producer_waiting.exchange(1, std::memory_order_seq_cst);
  auto refreshed = refresh_tail();
  if (!refreshed) return refreshed.error();
  if (free_bytes() < needed_) return true;
  shared_->producer_waiting.store(0, std::memory_order_relaxed);
  return false;
}

RingReader::RingReader(RingShared* shared, const std::byte* data, size_t capacity)
    : shared_(shared), data_(data), capacity_(capacity) {}

Result<void> RingReader::refresh_head() {
  const uint64_t head = shared_->head.load(std::memory_order_acquire);
  const uint64_t used = head - tail_;
  if (used > capacity_ || used < head_seen_ - tail_ || head % kAlign != 0) {
    return corrupt("ring: impossible producer index");
  }
  head_seen_ = head;
  return {};
}

void RingReader::copy_out(uint64_t position, size_t size, std::string& out) const {
  const size_t offset = static_cast<size_t>(position) & (capacity_ - 1);
  const size_t first = std::min(size, capacity_ - offset);
  const char* bytes = reinterpret_cast<const char*>(data_);
  out.append(bytes + offset, first);
  if (first < size) out.append(bytes, size - first);
}

Result<RingReader::Read> RingReader::read(std::string& message) {
  if (tail_ == head_seen_) {
    auto refreshed = refresh_head();
    if (!refreshed) return refreshed.error();
    if (tail_ == head_seen_) return Read::kEmpty;
  }
  auto taken = take_records(message);
  if (!taken) return taken;
  shared_->tail.store(tail_, std::memory_order_release);
  made_space_ = true;
  return taken;
}

// Consumes records up to the end of a message, or of what has been published.
Result<RingReader::Read> RingReader::take_records(std::string& message) {
  while (tail_ != head_seen_) {
    const uint32_t word = load_length(data_ + (static_cast<size_t>(tail_) & (capacity_ - 1)));
    const size_t size = word & ~kMoreFollows;
    const bool more = (word & kMoreFollows) != 0;
    if (record_bytes(size) > head_seen_ - tail_)
      return corrupt("ring: record beyond the published end");
    // A writer waits for a quarter of the ring to be free before it splits a message.
    if (more && record_bytes(size) < capacity_ / 4) return corrupt("ring: part too small");
    if (partial_.size() + size > message_max_) return corrupt("ring: message too long");
    const bool whole = !more && partial_.empty();
    if (whole) message.clear();
    copy_out(tail_ + kLengthBytes, size, whole ? message : partial_);
    tail_ += record_bytes(size);
    if (whole) return Read::kMessage;
    if (!more) {
      message = std::move(partial_);
      partial_ = std::string();  // long messages are rare; do not keep their memory
      return Read::kMessage;
    }
  }
  return Read::kEmpty;
}

void RingReader::set_message_max(size_t bytes) {
  CRAWL_CHECK(bytes <= kRecordBytesMax);
  message_max_ = bytes;
}

bool RingReader::producer_needs_wake() {
  if (!std::exchange(made_space_, false)) return false;
  return shared_->producer_waiting.exchange(0, std::memory_order_seq_cst) != 0;
}

Result<bool> RingReader::prepare_to_sleep() {
  shared_->consumer_sleeping.exchange(1, std::memory_order_seq_cst);
  auto refreshed = refresh_head();
  if (!refreshed) return refreshed.error();
  if (tail_ == head_seen_) return true;
  shared_->consumer_sleeping.store(0, std::memory_order_relaxed);
  return false;
}

struct SharedQueue::Mapping {
  // The capacities are those that were checked, never again those in the segment.
  Mapping(UniqueFd fd, boost::interprocess::mapped_region mapped, size_t jobs_bytes,
          size_t results_bytes)
      : memfd(std::move(fd)),
        region(std::move(mapped)),
        shared(static_cast<SegmentShared*>(region.get_address())),
        jobs_writer(&shared->jobs, data(0), jobs_bytes),
        jobs_reader(&shared->jobs, data(0), jobs_bytes),
        results_writer(&shared->results, data(jobs_bytes), results_bytes),
        results_reader(&shared->results, data(jobs_bytes), results_bytes) {}

  std::byte* data(size_t offset) {
    return static_cast<std::byte*>(region.get_address()) + kDataOffset + offset;
  }

  UniqueFd memfd;
  boost::interprocess::mapped_region region;
  SegmentShared* shared;
  RingWriter jobs_writer;
  RingReader jobs_reader;
  RingWriter results_writer;
  RingReader results_reader;
};

Result<std::unique_ptr<SharedQueue>> SharedQueue::create(const Options& options) {
  if (!valid_capacity(options.jobs_bytes) || !valid_capacity(options.results_bytes)) {
    return Error{Errc::kInvalid, 0, "ring: capacity is not a power of two within bounds"};
  }
  const size_t size = segment_bytes(options.jobs_bytes, options.results_bytes);
  auto memfd = create_memfd(size);
  if (!memfd) return memfd.error();
  auto region = map_memfd(memfd->fd(), size);
  if (!region) return region.error();
  auto* shared = new (region->get_address()) SegmentShared;
  shared->jobs_bytes = options.jobs_bytes;
  shared->results_bytes = options.results_bytes;
  return std::unique_ptr<SharedQueue>(new SharedQueue(std::make_unique<Mapping>(
      std::move(*memfd), std::move(*region), options.jobs_bytes, options.results_bytes)));
}

Result<std::unique_ptr<SharedQueue>> SharedQueue::open(UniqueFd memfd) {
  struct stat status {};
  if (::fstat(memfd.fd(), &status) != 0) return errno_error("stat shared memory");
  const int seals = ::fcntl(memfd.fd(), F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) return corrupt("shared memory is not sealed");
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size < segment_bytes(kRingBytesMin, kRingBytesMin) ||
      size > segment_bytes(kRingBytesMax, kRingBytesMax)) {
    return corrupt("shared memory has an impossible size");
  }
  auto region = map_memfd(memfd.fd(), static_cast<size_t>(size));
  if (!region) return region.error();
  const auto* shared = static_cast<const SegmentShared*>(region->get_address());
  const uint64_t jobs_bytes = shared->jobs_bytes;
  const uint64_t results_bytes = shared->results_bytes;
  if (shared->magic != kMagic) return corrupt("shared memory has a wrong magic number");
  if (shared->layout_version != kLayoutVersion) {
    return Error{Errc::kVersion, 0, "shared memory has another layout version"};
  }
  if (!valid_capacity(jobs_bytes) || !valid_capacity(results_bytes) ||
      segment_bytes(jobs_bytes, results_bytes) != size) {
    return corrupt("shared memory has impossible capacities");
  }
  return std::unique_ptr<SharedQueue>(new SharedQueue(std::make_unique<Mapping>(
      std::move(memfd), std::move(*region), static_cast<size_t>(jobs_bytes),
      static_cast<size_t>(results_bytes))));
}

SharedQueue::SharedQueue(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
SharedQueue::~SharedQueue() = default;

int SharedQueue::fd() const { return mapping_->memfd.fd(); }
RingWriter& SharedQueue::jobs_writer() { return mapping_->jobs_writer; }
RingReader& SharedQueue::jobs_reader() { return mapping_->jobs_reader; }
RingWriter& SharedQueue::results_writer() { return mapping_->results_writer; }
RingReader& SharedQueue::results_reader() { return mapping_->results_reader; }

void SharedQueue::blame(uint64_t lease, Phase phase) {
  mapping_->shared->blame_lease.store(lease, std::memory_order_relaxed);
  mapping_->shared->blame_phase.store(static_cast<uint32_t>(phase), std::memory_order_relaxed);
  // What comes next may crash: the compiler must not move it before the stores.
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void SharedQueue::beat() { mapping_->shared->heartbeat.fetch_add(1, std::memory_order_relaxed); }

Blame SharedQueue::read_blame() const {
  Blame blame;
  blame.lease = mapping_->shared->blame_lease.load(std::memory_order_relaxed);
  blame.heartbeat = mapping_->shared->heartbeat.load(std::memory_order_relaxed);
  const uint32_t phase = mapping_->shared->blame_phase.load(std::memory_order_relaxed);
  if (phase <= static_cast<uint32_t>(Phase::kLast)) blame.phase = static_cast<Phase>(phase);
  return blame;
}

}  // namespace crawl
