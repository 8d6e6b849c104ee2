// SPDX-License-Identifier: MIT
#include "storage/backup.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "base/draft_file.h"
#include "base/out_of_memory.h"
#include "storage/lock.h"
#include "storage/preflight.h"
#include "storage/snapshot.h"

namespace crawl {

namespace {

constexpr int kPagesPerStep = 256;  // 2 MiB

// The new database: thrown away where anything fails, and synced as a whole.
class Target {
 public:
  ~Target() { sqlite3_close_v2(handle_); }
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  Result<sqlite3*> open(const std::string& path) {
    const int rc = sqlite3_open_v2(plain_sqlite_path(path).c_str(), &handle_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (handle_ == nullptr) out_of_memory();
    if (rc != SQLITE_OK) return sqlite_error(handle_, "open");
    if (sqlite3_exec(handle_, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr,
                     nullptr) != SQLITE_OK) {
      return sqlite_error(handle_, "open");
    }
    return handle_;
  }
  void close() { sqlite3_close_v2(std::exchange(handle_, nullptr)); }

 private:
  sqlite3* handle_ = nullptr;
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

// Nobody who holds the copy can see that the run goes on elsewhere: it would look as if it had
// died. `pid`: who holds the source; 0: nobody can tell. Where it is another's, one that begins, it
// has.
Result<void> end_run_in_copy(sqlite3* copy, int64_t pid) {
  const std::string sql =
      "UPDATE run SET end_reason = 'copied', "
      "ended_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) "
      "WHERE end_reason IS NULL" +
      (pid == 0 ? "" : " AND pid = " + std::to_string(pid));
  if (sqlite3_exec(copy, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return sqlite_error(copy, "write");
}

// SQLite would take what a killed run has left behind for the copy's own, and write it over it.
// Where there is a database, they are that one's.
Result<void> refuse_leftovers(const std::string& path) {
  if (struct stat there{}; ::lstat(path.c_str(), &there) == 0) return {};
  for (const char* suffix : {"-wal", "-journal"}) {
    const std::string left = path + suffix;
    struct stat info {};
    if (::lstat(left.c_str(), &info) != 0) continue;
    return Error{Errc::kExists, 0,
                 left +
                     " is there, of a database that was here before: remove it as well, or "
                     "name another file"};
  }
  return {};
}

}  // namespace

Result<void> back_up(Database& source, const std::string& source_path, const std::string& path,
                     const BackupProgress& progress) {
  if (Result<void> free = refuse_as_output(source_path, path); !free) return free.error();
  if (Result<void> free = refuse_leftovers(path); !free) return free.error();
  Result<DraftFile> draft = DraftFile::create(path, IfThere::kRefuse);
  if (!draft) return draft.error();
  Target target;
  Result<sqlite3*> handle = target.open(draft->draft_path());
  if (!handle) return handle.error();
  // One moment for all of it: between two steps a crawl may write, and they would begin anew.
  std::optional<int64_t> holder = run_lock_holder(source_path);
  Result<Snapshot> snapshot = Snapshot::begin(source);
  if (!snapshot) return snapshot.error();
  if (!holder) holder = run_lock_holder(source_path);
  if (Result<void> copied = copy(source, *handle, progress); !copied) return copied;
  if (Result<void> ended = snapshot->end(); !ended) return ended;
  if (holder) {
    if (Result<void> marked = end_run_in_copy(*handle, *holder); !marked) return marked;
  }
  target.close();
  return draft->finish();
}

}  // namespace crawl
