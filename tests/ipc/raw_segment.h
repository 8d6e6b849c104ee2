// SPDX-License-Identifier: MIT
#pragma once

// The shared memory as a hostile peer sees it: bytes, at the offsets of docs/messages.md.

#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace crawl::test {

inline constexpr size_t kMagicAt = 0;
inline constexpr size_t kVersionAt = 8;
inline constexpr size_t kJobsBytesAt = 16;
inline constexpr size_t kBlameLeaseAt = 64;
inline constexpr size_t kHeartbeatAt = 72;
inline constexpr size_t kBlamePhaseAt = 80;
inline constexpr size_t kJobsHeadAt = 128;
inline constexpr size_t kJobsTailAt = 192;
inline constexpr size_t kJobsSleepingAt = 256;
inline constexpr size_t kResultsHeadAt = 384;
inline constexpr size_t kResultsTailAt = 448;
inline constexpr size_t kResultsWaitingAt = 576;
inline constexpr size_t kDataAt = 4096;  // of the jobs ring

class RawSegment {
 public:
  explicit RawSegment(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return;
    size_ = static_cast<size_t>(status.st_size);
    void* at = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) base_ = static_cast<char*>(at);
  }
  ~RawSegment() {
    if (base_ != nullptr) ::munmap(base_, size_);
  }
  RawSegment(const RawSegment&) = delete;
  RawSegment& operator=(const RawSegment&) = delete;

  bool mapped() const { return base_ != nullptr; }
  size_t size() const { return size_; }
  template <typename T>
  void put(size_t offset, T value) {
    std::atomic_ref<T>(*reinterpret_cast<T*>(base_ + offset))
        .store(value, std::memory_order_release);
  }
  template <typename T>
  T get(size_t offset) const {
    return std::atomic_ref<T>(*reinterpret_cast<T*>(base_ + offset))
        .load(std::memory_order_acquire);
  }

 private:
  char* base_ = nullptr;
  size_t size_ = 0;
};

}  // namespace crawl::test
