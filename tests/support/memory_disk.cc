// SPDX-License-Identifier: MIT
#include "tests/support/memory_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/unique_fd.h"
#include "tests/support/memory_vfs.h"

namespace crawl::test {

namespace {

constexpr size_t kShownBytes = 512;  // of the log: all, where the first page has gone
constexpr std::string_view kHeader = "SQLite format 3";

// SQLite's answer where the call failed with `error`; unixWrite() and its kind, os_unix.c.
int failed_code(DiskCall call, int error) {
  switch (call) {
    case DiskCall::kOpen:
      return SQLITE_CANTOPEN;
    case DiskCall::kRead:
      return SQLITE_IOERR_READ;
    case DiskCall::kWrite:
      return error == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case DiskCall::kTruncate:
      return SQLITE_IOERR_TRUNCATE;
    case DiskCall::kSync:
      return SQLITE_IOERR_FSYNC;
    case DiskCall::kRemove:
      return SQLITE_IOERR_DELETE;
    case DiskCall::kSize:
      return SQLITE_IOERR_FSTAT;
    case DiskCall::kIndex:
      return error == ENOSPC ? SQLITE_IOERR_SHMSIZE : SQLITE_IOERR_SHMMAP;
    case DiskCall::kLock:
      return SQLITE_IOERR_LOCK;
  }
  return SQLITE_IOERR;
}

}  // namespace

MemoryDisk::MemoryDisk(const DiskFiles& files) {
  for (const auto& [name, content] : files) {
    names_[name] = static_cast<int>(contents_.size());
    contents_.push_back(content);
  }
  mount_memory_disk(this);
}

MemoryDisk::~MemoryDisk() { mount_memory_disk(nullptr); }

void MemoryDisk::show_in(const std::string& directory) const {
  for (const char* name : {"crawl.db", "crawl.db-journal", "crawl.db-wal"}) {
    const std::string path = directory + "/" + name;
    const auto found = names_.find(name);
    if (found == names_.end()) {
      ::unlink(path.c_str());
      continue;
    }
    const std::string& content = contents_[static_cast<size_t>(found->second)];
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const auto count = static_cast<ssize_t>(
        path.ends_with(".db") ? std::min(content.size(), kShownBytes) : content.size());
    CRAWL_CHECK(::write(fd.fd(), content.data(), static_cast<size_t>(count)) == count);
  }
}

DiskFiles MemoryDisk::files() const {
  DiskFiles files;
  for (const auto& [name, file] : names_) files[name] = contents_[static_cast<size_t>(file)];
  return files;
}

void MemoryDisk::fail(const DiskFault& fault) {
  fault_ = fault;
  fault_due_ = false;
  calls_ = {};
}

bool MemoryDisk::fails(DiskCall call, bool grows) {
  const int64_t count = ++calls_[static_cast<size_t>(call)];
  const bool now = call == fault_.call && count == fault_.at;
  if (now) fault_due_ = fault_.for_good;
  const bool still = fault_due_ && (fault_.all || call == fault_.call);
  if (!(now || still) || (fault_.growth_only && !grows)) return false;
  last_error_ = fault_.error;
  return true;
}

void MemoryDisk::note(DiskChange change) { changes_.push_back(std::move(change)); }

int MemoryDisk::open(const std::string& name, bool create, int& file) {
  const auto found = names_.find(name);
  const bool missing = found == names_.end();
  if (fails(DiskCall::kOpen, missing)) return failed_code(DiskCall::kOpen, fault_.error);
  if (!missing) {
    file = found->second;
    return SQLITE_OK;
  }
  if (!create) {
    last_error_ = ENOENT;
    return SQLITE_CANTOPEN;
  }
  if (before_change_) before_change_();
  file = static_cast<int>(contents_.size());
  names_[name] = file;
  contents_.emplace_back();
  note({DiskChange::Kind::kCreate, file, 0, name});
  return SQLITE_OK;
}

// os_unix.c: a file of 0 bytes does not exist.
bool MemoryDisk::exists(const std::string& name) const {
  const auto found = names_.find(name);
  return found != names_.end() && !contents_[static_cast<size_t>(found->second)].empty();
}

int MemoryDisk::remove(const std::string& name, bool sync_directory) {
  if (fails(DiskCall::kRemove)) return failed_code(DiskCall::kRemove, fault_.error);
  const auto found = names_.find(name);
  if (found == names_.end()) return SQLITE_IOERR_DELETE_NOENT;
  if (before_change_) before_change_();
  note({DiskChange::Kind::kRemove, found->second, 0, name});
  names_.erase(found);
  if (sync_directory) note({DiskChange::Kind::kSyncDirectory, 0, 0, {}});
  return SQLITE_OK;
}

int MemoryDisk::read(int file, char* to, size_t count, int64_t offset) {
  if (fails(DiskCall::kRead)) return failed_code(DiskCall::kRead, fault_.error);
  const std::string& content = contents_[static_cast<size_t>(file)];
  const auto begin = std::min(static_cast<size_t>(offset), content.size());
  const size_t there = std::min(count, content.size() - begin);
  std::memcpy(to, content.data() + begin, there);
  std::memset(to + there, 0, count - there);
  return there == count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int MemoryDisk::write(int file, const char* from, size_t count, int64_t offset) {
  std::string& content = contents_[static_cast<size_t>(file)];
  const size_t end = static_cast<size_t>(offset) + count;
  const bool failed = fails(DiskCall::kWrite, end > content.size());
  if (failed && !fault_.half) return failed_code(DiskCall::kWrite, fault_.error);
  if (failed) count /= 2;
  if (before_change_) before_change_();
  content.resize(std::max(content.size(), static_cast<size_t>(offset) + count));
  std::memcpy(content.data() + offset, from, count);
  note({DiskChange::Kind::kWrite, file, offset, std::string(from, count)});
  return failed ? failed_code(DiskCall::kWrite, fault_.error) : SQLITE_OK;
}

int MemoryDisk::truncate(int file, int64_t size) {
  if (fails(DiskCall::kTruncate)) return failed_code(DiskCall::kTruncate, fault_.error);
  if (before_change_) before_change_();
  contents_[static_cast<size_t>(file)].resize(static_cast<size_t>(size));
  note({DiskChange::Kind::kTruncate, file, size, {}});
  return SQLITE_OK;
}

int MemoryDisk::sync(int file, bool directory_too) {
  const bool failed = fails(DiskCall::kSync);
  if (before_change_) before_change_();
  note({failed ? DiskChange::Kind::kFailedSync : DiskChange::Kind::kSync, file, 0, {}});
  if (failed) return failed_code(DiskCall::kSync, fault_.error);
  if (directory_too) note({DiskChange::Kind::kSyncDirectory, 0, 0, {}});
  return SQLITE_OK;
}

int MemoryDisk::size(int file, int64_t& bytes) {
  if (fails(DiskCall::kSize)) return failed_code(DiskCall::kSize, fault_.error);
  bytes = static_cast<int64_t>(contents_[static_cast<size_t>(file)].size());
  return SQLITE_OK;
}

int MemoryDisk::lock() {
  return fails(DiskCall::kLock) ? failed_code(DiskCall::kLock, fault_.error) : SQLITE_OK;
}

int MemoryDisk::map_index(int region, size_t bytes, bool extend, void volatile** at) {
  *at = nullptr;
  const auto wanted = static_cast<size_t>(region);
  const bool grows = wanted >= index_.size();
  if (fails(DiskCall::kIndex, grows)) return failed_code(DiskCall::kIndex, fault_.error);
  if (grows && !extend) return SQLITE_OK;
  while (index_.size() <= wanted) index_.push_back(std::make_unique<char[]>(bytes));
  *at = index_[wanted].get();
  return SQLITE_OK;
}

}  // namespace crawl::test
