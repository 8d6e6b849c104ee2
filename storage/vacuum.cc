// SPDX-License-Identifier: MIT
#include "storage/vacuum.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/units.h"
#include "storage/preflight.h"
#include "storage/query_budget.h"
#include "storage/temporary_files.h"

namespace crawl {

namespace {

constexpr int kReadersWaitMs = 10'000;
constexpr int64_t kSpareBytes = int64_t{64} << 20;

int64_t file_bytes(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

Result<int64_t> used_bytes(Database& database) {
  Result<Statement> query = database.prepare(
      "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, "
      "pragma_freelist_count f, pragma_page_size s");
  if (!query) return query.error();
  if (Result<bool> row = query->step(); !row) return row.error();
  return query->integer(0);
}

Result<void> check_room(Database& database, const std::string& path) {
  Result<int64_t> used = used_bytes(database);
  if (!used) return used.error();
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return {};
  const auto free = static_cast<int64_t>(uint64_t{info.f_bavail} * info.f_frsize);
  const int64_t needed = 2 * *used + kSpareBytes;
  if (free >= needed) return {};
  return Error{Errc::kFull, 0,
               fmt::format("{}: to make the file smaller takes {} of free space beside it, and {} "
                           "are free",
                           path, format_bytes(static_cast<uint64_t>(needed)),
                           format_bytes(static_cast<uint64_t>(free)))};
}

}  // namespace

Result<void> vacuum(Database& database, const std::string& path,
                    const std::function<bool()>& interrupted) {
  if (Result<void> room = check_room(database, path); !room) return room;
  const TemporaryFiles beside(database);
  const QueryBudget interruptible(database, interrupted);
  Result<void> done = database.execute("VACUUM");
  if (interruptible.exceeded_by(done)) return Error{Errc::kClosed, 0, "interrupted"};
  if (!done) return done;
  done = database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE, kReadersWaitMs);
  if (!done || file_bytes(path + "-wal") == 0) return done;
  return Error{
      Errc::kBusy, 0,
      fmt::format("{}: somebody is reading it, so that its log ({}) stays; the next run, or "
                  "prune --vacuum, puts that away",
                  path, format_bytes(static_cast<uint64_t>(file_bytes(path + "-wal"))))};
}

int64_t database_bytes(const std::string& path) {
  return file_bytes(path) + file_bytes(path + "-wal");
}

}  // namespace crawl
