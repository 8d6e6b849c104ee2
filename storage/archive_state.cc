// SPDX-License-Identifier: MIT
#include "storage/archive_state.h"

#include <fcntl.h>
#include <sys/file.h>

#include <utility>

#include "base/retry.h"
#include "storage/rows.h"

namespace crawl {

namespace {

constexpr const char* kName = "/.crawl-archive.db";
constexpr int kArchiveId = 0x43725761;  // PRAGMA application_id: "CrWa"
constexpr int kFormat = 2;              // PRAGMA user_version
constexpr const char* kTables =
    "BEGIN; CREATE TABLE position(source INTEGER, visit_id INTEGER, file TEXT, bytes INTEGER, "
    "serial INTEGER); INSERT INTO position VALUES(0, 0, '', 0, 0);"
    "CREATE TABLE line(text TEXT); PRAGMA user_version=1; PRAGMA application_id=1131566945; COMMIT";
constexpr const char* kSecondFormat =
    "BEGIN; ALTER TABLE position ADD COLUMN visit_at INTEGER DEFAULT 0;"
    "ALTER TABLE position ADD COLUMN began INTEGER DEFAULT -1; PRAGMA user_version=2; COMMIT";
static_assert(kArchiveId == 1131566945 && kFormat == 2);

Result<int64_t> number(Database& database, const char* sql) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  if (Result<bool> row = query->step(); !row) return row.error();
  return query->integer(0);
}

// Makes the tables of a new file; kCorrupt: it is another program's.
Result<void> prepare_tables(Database& database, const std::string& path) {
  Result<int64_t> id = number(database, "PRAGMA application_id");
  if (!id) return id.error();
  if (*id == kArchiveId) {
    Result<int64_t> format = number(database, "PRAGMA user_version");
    if (!format) return format.error();
    if (*format <= kFormat) return *format == 1 ? database.execute(kSecondFormat) : Result<void>();
    return Error{Errc::kVersion, 0, path + " was written by a newer crawl"};
  }
  Result<int64_t> pages = number(database, "PRAGMA page_count");
  if (!pages) return pages.error();
  if (*id != 0 || *pages != 0) {
    return Error{Errc::kCorrupt, 0,
                 path + " is not the state of an archive; crawl leaves it alone"};
  }
  Result<void> made = database.execute(kTables);
  return made ? database.execute(kSecondFormat) : made;
}

}  // namespace

Result<ArchiveState> ArchiveState::open(const std::string& folder) {
  UniqueFd held(
      uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!held) return errno_error(folder);
  if (uninterrupted([&] { return ::flock(held.fd(), LOCK_EX | LOCK_NB); }) != 0) {
    return Error{Errc::kBusy, 0, "another process is writing to the archive " + folder};
  }
  const std::string path = folder + kName;
  Result<Database> database = Database::open_other(path);
  if (!database) return database.error();
  if (Result<void> ready = prepare_tables(*database, path); !ready) return ready.error();
  ArchiveState state(std::move(held), std::move(*database));
  Position& position = state.position_;
  Result<void> read =
      for_each_row(state.database_,
                   "SELECT source, visit_id, file, bytes, serial, visit_at, began FROM position",
                   [&position](const Statement& row) {
                     position = {row.integer(0), row.integer(1), std::string(row.text(2)),
                                 row.integer(3), row.integer(4), row.integer(5),
                                 row.integer(6)};
                   });
  if (!read) return read.error();
  return state;
}

Result<void> ArchiveState::store(const Position& position) {
  Result<Statement> update = database_.prepare(
      "UPDATE position SET source = ?1, visit_id = ?2, file = ?3, bytes = ?4, serial = ?5, "
      "visit_at = ?6, began = ?7");
  if (!update) return update.error();
  update->bind(1, position.source);
  update->bind(2, position.visit_id);
  update->bind(3, std::string_view(position.file));
  update->bind(4, position.bytes);
  update->bind(5, position.serial);
  update->bind(6, position.visit_at);
  update->bind(7, position.began);
  return update->run();
}

Result<void> ArchiveState::commit(const Position& position, const std::vector<std::string>& lines) {
  if (Result<void> begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = store(position);
  {
    Result<Statement> insert = database_.prepare("INSERT INTO line VALUES(?1)");
    if (!insert) done = insert.error();
    for (const std::string& line : lines) {
      if (!done) break;
      insert->bind(1, std::string_view(line));
      done = insert->run();
    }
  }
  return end(std::move(done), position);
}

// Of a transaction: commits what was done, or takes it back.
Result<void> ArchiveState::end(Result<void> done, const Position& position) {
  if (done) done = database_.execute("COMMIT");
  if (done) {
    position_ = position;
  } else {
    [[maybe_unused]] const Result<void> undone = database_.execute("ROLLBACK");
  }
  return done;
}

Result<void> ArchiveState::for_each_line(const std::function<bool(std::string_view)>& visit) {
  Result<Statement> query = database_.prepare("SELECT text FROM line ORDER BY text");
  if (!query) return query.error();
  for (;;) {
    Result<bool> row = query->step();
    if (!row) return row.error();
    if (!*row) return {};
    if (!visit(query->text(0))) return Error{Errc::kClosed, 0, "it was given up"};
  }
}

Result<void> ArchiveState::close_file(const Position& position) {
  if (Result<void> begun = database_.execute("BEGIN IMMEDIATE; DELETE FROM line"); !begun) {
    return begun;
  }
  Result<void> done = store(position);
  return end(std::move(done), position);
}

}  // namespace crawl
