// SPDX-License-Identifier: MIT
#pragma once

// A disk in memory under SQLite: while it is mounted, the default VFS works on it, and storage/
// runs on it unchanged. It remembers every change (what a power cut leaves of them: power_cut.h),
// and fails when it is told to. One connection at a time, one thread at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace crawl::test {

using DiskFiles = std::map<std::string, std::string>;  // content by name, without a directory

// A change. Names and files are apart, as on a real disk: a name that is removed and created again
// is another file.
struct DiskChange {
  enum class Kind : uint8_t {
    kWrite,
    kTruncate,
    kSync,
    kFailedSync,  // what was written since the last one stays readable, but never becomes durable
    kCreate,
    kRemove,
    kSyncDirectory,
  };
  Kind kind = Kind::kWrite;
  int file = 0;
  int64_t offset = 0;  // kTruncate: the new size
  std::string bytes;   // kWrite; kCreate and kRemove: the name
};

// What may fail.
enum class DiskCall : uint8_t {
  kOpen,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kRemove,
  kSize,
  kIndex,
  kLock
};
inline constexpr size_t kDiskCalls = 9;

struct DiskFault {
  DiskCall call = DiskCall::kWrite;
  int64_t at = 0;            // the how manieth of these calls, from 1; 0: none
  bool for_good = false;     // and every later one
  int error = 0;             // errno
  bool half = false;         // a write gets through by half before it fails
  bool growth_only = false;  // what overwrites gets through, as on a disk that is full
  bool all = false;          // when it fails for good, every call does
};

class MemoryDisk {
 public:
  explicit MemoryDisk(const DiskFiles& files = {});
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // What looks at `path` (of any file in `directory`) without SQLite, sees the beginning of what
  // is here: storage/preflight reads a header before it lets SQLite come near.
  void show_in(const std::string& directory) const;

  DiskFiles files() const;
  const std::vector<DiskChange>& changes() const { return changes_; }
  void fail(const DiskFault& fault);  // counts from here
  int64_t calls(DiskCall call) const { return calls_[static_cast<size_t>(call)]; }
  // Called before every change, by the thread that makes it.
  void before_change(std::function<void()> callback) { before_change_ = std::move(callback); }

  // --- the VFS
  int open(const std::string& name, bool create, int& file);
  bool exists(const std::string& name) const;
  int remove(const std::string& name, bool sync_directory);
  int read(int file, char* to, size_t count, int64_t offset);
  int write(int file, const char* from, size_t count, int64_t offset);
  int truncate(int file, int64_t size);
  int sync(int file, bool directory_too);
  int size(int file, int64_t& bytes);
  int lock();
  int map_index(int region, size_t bytes, bool extend, void volatile** at);
  void drop_index() { index_.clear(); }
  int last_error() const { return last_error_; }

 private:
  bool fails(DiskCall call, bool grows = false);
  void note(DiskChange change);

  std::map<std::string, int> names_;
  std::vector<std::string> contents_;           // by file
  std::vector<std::unique_ptr<char[]>> index_;  // "-shm"
  std::vector<DiskChange> changes_;
  std::array<int64_t, kDiskCalls> calls_{};
  DiskFault fault_;
  bool fault_due_ = false;  // for good, and it has begun
  int last_error_ = 0;
  std::function<void()> before_change_;
};

}  // namespace crawl::test
