// SPDX-License-Identifier: MIT
#include "storage/search_file.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/out_of_memory.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

constexpr int kFormat = 1;                        // PRAGMA user_version; another one is built anew
constexpr int kSearchApplicationId = 0x43727753;  // "CrwS"
constexpr int kReadBusyMs = 10'000;               // the moment in which another process commits
constexpr int kBeginBusyMs = 200;
constexpr int kCommitBusyMs = 30'000;  // for readers to end

// The words come cut and folded (web/words.h), a space between them: all that FTS5 does is to put
// them down. It keeps no text (content=''), and so cannot take a page out again: rows of `doc` say
// which of its rows count. hashsize: so much is gathered in memory between two writes.
constexpr const char* kSchema =
    "CREATE VIRTUAL TABLE words USING fts5(title, url, description, main, rest, site, content='', "
    "tokenize=\"ascii tokenchars '+#'\");"
    "INSERT INTO words(words, rank) VALUES('hashsize', 33554432);"
    "CREATE TABLE doc(id INTEGER PRIMARY KEY, url_id INTEGER NOT NULL, digest INTEGER NOT NULL, "
    "text_hash INTEGER);"
    "CREATE UNIQUE INDEX doc_url ON doc(url_id);"
    "CREATE INDEX doc_text ON doc(text_hash) WHERE text_hash IS NOT NULL;"
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id = 1), seed INTEGER, is_whole INTEGER, "
    "scanned_url INTEGER, visit_id INTEGER, visit_url INTEGER, visit_at INTEGER, pages INTEGER, "
    "dead INTEGER, last_doc INTEGER, updated_at INTEGER);";

// synchronous=NORMAL: what a power cut takes is read from the crawl again. A rollback journal and
// no log: a reader needs no other file, also in a directory that cannot be written.
constexpr const char* kWriterPragmas =
    "PRAGMA synchronous=NORMAL; PRAGMA secure_delete=OFF; PRAGMA mmap_size=0;"
    "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF";

Result<int64_t> read_pragma(Database& database, const char* sql) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  if (Result<bool> row = query->step(); !row) return row.error();
  return query->integer(0);
}

Error no_index(const std::string& path) {
  return {Errc::kExists, 0,
          path + " is no search index: remove it, or name another file with --index"};
}

enum class Found { kOurs, kNothing, kOutdated };

// By the header of the file, which may be all that is left of it (SQLite file format §1.3); through
// SQLite's own descriptor, as closing another one would give up its locks.
bool has_our_header(Database& database) {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
          SQLITE_OK ||
      file == nullptr || file->pMethods == nullptr) {
    return false;
  }
  std::array<unsigned char, 100> header{};
  if (file->pMethods->xRead(file, header.data(), header.size(), 0) != SQLITE_OK) return false;
  uint32_t application = 0;
  for (size_t at = 68; at < 72; ++at) application = application << 8 | header[at];
  return std::memcmp(header.data(), "SQLite format 3", 16) == 0 &&
         application == kSearchApplicationId;
}

// What the file is, which nobody else may take for an index: that would be removed some day.
Result<Found> inspect(Database& database, const std::string& path, int64_t seed) {
  const Result<int64_t> pages = read_pragma(database, "PRAGMA page_count");
  const bool alien = !pages && sqlite3_errcode(database.handle()) == SQLITE_NOTADB;
  if (!pages && pages.error().code == Errc::kCorrupt && !has_our_header(database)) {
    return no_index(path);
  }
  if (!pages && !alien) return pages.error();
  if (pages && *pages == 0) return Found::kNothing;
  const Result<int64_t> application =
      alien ? Result<int64_t>(0) : read_pragma(database, "PRAGMA application_id");
  if (!application) return application.error();
  if (*application != kSearchApplicationId) {
    return no_index(path);
  }
  const Result<int64_t> format = read_pragma(database, "PRAGMA user_version");
  if (!format) return format.error();
  if (*format != kFormat) return Found::kOutdated;
  Result<Statement> query = database.prepare("SELECT seed FROM state");
  if (!query && query.error().code == Errc::kInvalid) return Found::kOutdated;  // no such table
  if (!query) return query.error();
  const Result<bool> row = query->step();
  if (!row) return row.error();
  return *row && query->integer(0) == seed ? Found::kOurs : Found::kOutdated;
}

Result<Database> open(const std::string& path, int flags) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return Error{Errc::kExists, 0, path + " is not a regular file"};
  }
  sqlite3* handle = nullptr;
  const int rc = sqlite3_open_v2(plain_sqlite_path(path).c_str(), &handle,
                                 flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) out_of_memory();
  Database database(handle);
  if (rc != SQLITE_OK) {
    const bool missing = ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
    if (missing && (flags & SQLITE_OPEN_CREATE) == 0) return errno_error(ENOENT, "open " + path);
    // SQLite tells of its second attempt, to read what is not there.
    if (missing && ::access(parent_directory(path).c_str(), W_OK | X_OK) != 0) {
      return Error{Errc::kIo, errno, "create " + path};
    }
    return sqlite_error(handle, "open " + path);
  }
  sqlite3_busy_timeout(handle, kReadBusyMs);
  return database;
}

Result<void> create(Database& database, int64_t seed) {
  // Pages as large as those of the crawl: docs/search.md.
  if (Result<void> sized = database.execute("PRAGMA page_size=8192"); !sized) return sized;
  const std::string sql = fmt::format(
      "BEGIN IMMEDIATE; PRAGMA application_id={}; PRAGMA user_version={}; {}"
      "INSERT INTO state VALUES(1, {}, 0, 0, 0, 0, 0, 0, 0, 0, 0); COMMIT",
      kSearchApplicationId, kFormat, kSchema, seed);
  Result<void> done = database.execute(sql);
  if (!done && sqlite3_get_autocommit(database.handle()) == 0) {
    sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return done;
}

void remove_index(const std::string& path) {
  ::unlink(path.c_str());
  ::unlink((path + "-journal").c_str());
}

}  // namespace

std::string SearchFile::path_beside(Database& crawl) {
  return std::string(sqlite3_db_filename(crawl.handle(), "main")) + ".search";
}

bool SearchFile::remove_if_damaged(const std::string& path, const Error& error) {
  if (error.code != Errc::kCorrupt) return false;
  remove_index(path);
  return true;
}

Result<SearchFile> SearchFile::open_writer(const std::string& path, int64_t seed) {
  for (int attempt = 0;; ++attempt) {
    Result<Database> database = open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!database) return database.error();
    if (sqlite3_db_readonly(database->handle(), "main") == 1) {
      return Error{Errc::kIo, EACCES, path + " is not writable"};
    }
    const Result<Found> found = inspect(*database, path, seed);
    if (!found && found.error().code != Errc::kCorrupt) return found.error();
    if (!found || *found == Found::kOutdated) {
      if (attempt > 0) return Error{Errc::kBusy, 0, "somebody else is writing " + path};
      remove_index(path);
      continue;
    }
    if (Result<void> tuned = database->execute(kWriterPragmas); !tuned) return tuned.error();
    if (*found == Found::kNothing) {
      const Result<void> made = create(*database, seed);
      // Another process may have made it meanwhile.
      if (!made && (attempt > 0 || made.error().code == Errc::kFull)) return made.error();
      if (!made) continue;
    }
    return SearchFile(std::move(*database), path);
  }
}

Result<SearchFile> SearchFile::open_reader(const std::string& path, int64_t seed) {
  Result<Database> database = open(path, SQLITE_OPEN_READONLY);
  if (!database) return database.error();
  const Result<Found> found = inspect(*database, path, seed);
  if (!found) return found.error();
  if (*found == Found::kNothing) return Error{Errc::kNotFound, ENOENT, "open " + path};
  if (*found == Found::kOutdated) {
    return Error{Errc::kVersion, 0,
                 path + " is the index of another database, or of another crawl"};
  }
  if (Result<void> tuned = database->execute("PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0");
      !tuned) {
    return tuned.error();
  }
  return SearchFile(std::move(*database), path);
}

Result<SearchState> SearchFile::read_state() {
  Result<Statement> query = database_.prepare(
      "SELECT seed, is_whole, scanned_url, visit_id, visit_url, visit_at, pages, dead, last_doc, "
      "updated_at FROM state");
  if (!query) return query.error();
  const Result<bool> row = query->step();
  if (!row) return row.error();
  if (!*row) return Error{Errc::kCorrupt, 0, path_ + ": its state is missing"};
  SearchState state;
  state.seed = query->integer(0);
  state.is_whole = query->integer(1) != 0;
  state.scanned_url = query->integer(2);
  state.visit_id = query->integer(3);
  state.visit_url = query->integer(4);
  state.visit_at = query->integer(5);
  state.pages = query->integer(6);
  state.dead = query->integer(7);
  state.last_doc = query->integer(8);
  state.updated_at = query->integer(9);
  return state;
}

Result<void> SearchFile::write_state(const SearchState& state) {
  Result<Statement> update = database_.prepare(
      "UPDATE state SET is_whole = ?1, scanned_url = ?2, visit_id = ?3, visit_url = ?4, "
      "visit_at = ?5, pages = ?6, dead = ?7, last_doc = ?8, updated_at = ?9");
  if (!update) return update.error();
  int parameter = 0;
  for (const int64_t value :
       {int64_t{state.is_whole ? 1 : 0}, state.scanned_url, state.visit_id, state.visit_url,
        state.visit_at, state.pages, state.dead, state.last_doc, state.updated_at}) {
    update->bind(++parameter, value);
  }
  return update->run();
}

Result<bool> SearchFile::begin() {
  sqlite3_busy_timeout(database_.handle(), kBeginBusyMs);
  const Result<void> begun = database_.execute("BEGIN IMMEDIATE");
  sqlite3_busy_timeout(database_.handle(), kReadBusyMs);
  if (!begun && begun.error().code != Errc::kBusy) return begun.error();
  return begun.has_value();
}

Result<void> SearchFile::commit() {
  sqlite3_busy_timeout(database_.handle(), kCommitBusyMs);
  Result<void> done = database_.execute("COMMIT");
  sqlite3_busy_timeout(database_.handle(), kReadBusyMs);
  return done;
}

void SearchFile::roll_back() {
  if (sqlite3_get_autocommit(database_.handle()) != 0) return;
  sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace crawl
