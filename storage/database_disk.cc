// SPDX-License-Identifier: MIT
#include "storage/database_disk.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/units.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

constexpr int64_t kLogBytesMax = 64ll << 20;
constexpr int64_t kLogBytesMin = 1ll << 20;
constexpr int64_t kLogPart = 16;  // of the disk

std::optional<struct stat> stat_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info;
}

struct Space {
  int64_t free = 0;  // for this user
  int64_t all = 0;   // 0: unknown, or without bounds
};

Space space_of(const std::string& path) {
  struct statvfs info {};
  const bool known =
      ::statvfs(path.c_str(), &info) == 0 || ::statvfs(parent_directory(path).c_str(), &info) == 0;
  if (!known) return {};
  const auto bytes = [&](fsblkcnt_t blocks) {
    return static_cast<int64_t>(blocks * info.f_frsize);
  };
  return {bytes(info.f_bavail), bytes(info.f_blocks)};
}

}  // namespace

DatabaseDisk::DatabaseDisk(std::string path) : path_(std::move(path)), file_(stat_file(path_)) {
  const int64_t all = space_of(path_).all;
  log_bytes_ = all == 0 ? kLogBytesMax : std::clamp(all / kLogPart, kLogBytesMin, kLogBytesMax);
}

Result<void> DatabaseDisk::check_place() const {
  if (!file_) return {};
  const std::optional<struct stat> now = stat_file(path_);
  const bool gone = !now && errno == ENOENT;
  const bool same = now && now->st_ino == file_->st_ino && now->st_dev == file_->st_dev;
  if (same || (!now && !gone)) return {};
  return Error{Errc::kIo, 0,
               fmt::format("{} has been {} while it was written: what it had is lost with it",
                           path_, gone ? "removed" : "replaced")};
}

Result<void> DatabaseDisk::check(size_t queued_bytes) const {
  if (Result<void> there = check_place(); !there) return there;
  // Copying the log back makes the database longer by as much at most. That again for the commit
  // that is under way, and for what is being fetched. Rows with their indexes take twice the room
  // that they take in memory.
  const int64_t reserve = 3 * log_bytes_ + 2 * static_cast<int64_t>(queued_bytes);
  const Space space = space_of(path_);
  if (space.all == 0 || space.free >= reserve) return {};
  return Error{
      Errc::kFull, 0,
      fmt::format("{}: only {} free on its disk, and {} are kept in reserve; make room and "
                  "run the same command again, it resumes",
                  path_, format_bytes(static_cast<uint64_t>(space.free)),
                  format_bytes(static_cast<uint64_t>(reserve)))};
}

}  // namespace crawl
