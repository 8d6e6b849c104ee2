// SPDX-License-Identifier: MIT
#include "storage/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/out_of_memory.h"
#include "base/retry.h"
#include "base/unique_fd.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

constexpr int kPagesPerStep = 256;  // 2 MiB

// A file beside the one that is to be, which has its name only once it is whole.
class Draft {
 public:
  explicit Draft(std::string path) : path_(std::move(path)), draft_(path_ + ".part") {}
  ~Draft() {
    sqlite3_close_v2(handle_);
    if (made_ && !finished_) ::unlink(draft_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  Result<sqlite3*> open() {
    struct stat info {};
    if (::lstat(path_.c_str(), &info) == 0) return Error{Errc::kExists, EEXIST, path_};
    file_ = UniqueFd(uninterrupted(
        [&] { return ::open(draft_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666); }));
    if (!file_) return errno_error(draft_);
    // What a backup has left that was killed is taken over; another that is under way is not.
    if (uninterrupted([&] { return ::flock(file_.fd(), LOCK_EX | LOCK_NB); }) != 0) {
      return Error{Errc::kBusy, 0, "another backup is writing " + draft_};
    }
    made_ = true;
    if (::ftruncate(file_.fd(), 0) != 0) return errno_error(draft_);
    const int rc = sqlite3_open_v2(plain_sqlite_path(draft_).c_str(), &handle_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (handle_ == nullptr) out_of_memory();
    if (rc != SQLITE_OK) return sqlite_error(handle_, "open");
    // It is thrown away where anything fails, and synced as a whole.
    if (sqlite3_exec(handle_, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr,
                     nullptr) != SQLITE_OK) {
      return sqlite_error(handle_, "open");
    }
    return handle_;
  }

  Result<void> finish() {
    sqlite3_close_v2(std::exchange(handle_, nullptr));
    if (uninterrupted([&] { return ::fsync(file_.fd()); }) != 0)
      return errno_error("sync " + draft_);
    // What has come to be there meanwhile stays, where the file system can see to that.
    int moved = ::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE);
    if (moved != 0 && errno == EINVAL) moved = ::rename(draft_.c_str(), path_.c_str());
    if (moved != 0) return errno_error(path_);
    finished_ = true;
    const size_t slash = path_.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || uninterrupted([&] { return ::fsync(fd.fd()); }) != 0) {
      return errno_error("sync " + folder);
    }
    return {};
  }

 private:
  std::string path_, draft_;
  UniqueFd file_;
  sqlite3* handle_ = nullptr;
  bool made_ = false;
  bool finished_ = false;
};

Result<void> copy(Database& source, sqlite3* target, const BackupProgress& progress) {
  sqlite3_backup* backup = sqlite3_backup_init(target, "main", source.handle(), "main");
  if (backup == nullptr) return sqlite_error(target, "write");
  int rc = SQLITE_OK;
  bool wanted = true;
  while (rc == SQLITE_OK && wanted) {
    rc = sqlite3_backup_step(backup, kPagesPerStep);
    const int64_t total = sqlite3_backup_pagecount(backup);
    wanted = progress(total - sqlite3_backup_remaining(backup), total);
  }
  const int finished = sqlite3_backup_finish(backup);
  if (rc == SQLITE_DONE && finished == SQLITE_OK) return {};
  if (!wanted) return Error{Errc::kClosed, 0, "the backup was given up"};
  return sqlite_error(sqlite3_errcode(target) != SQLITE_OK ? target : source.handle(), "write");
}

}  // namespace

Result<void> back_up(Database& source, const std::string& path, const BackupProgress& progress) {
  Draft draft(path);
  Result<sqlite3*> target = draft.open();
  if (!target) return target.error();
  // One moment for all of it: between two steps a crawl may write, and they would begin anew.
  if (Result<void> begun = source.execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1"); !begun) {
    return begun;
  }
  Result<void> copied = copy(source, *target, progress);
  const Result<void> ended = source.execute("COMMIT");
  if (!copied) return copied;
  if (!ended) return ended;
  return draft.finish();
}

}  // namespace crawl
