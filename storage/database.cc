// SPDX-License-Identifier: MIT
#include "storage/database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>

#include "base/out_of_memory.h"
#include "storage/migrations.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

constexpr int kWriterBusyMs = 30'000;  // somebody else's tool holds a write lock: wait that long
constexpr int kReaderBusyMs = 5'000;
constexpr int kLogWaitMs = 1'000;   // a reader holds on to a log that is to be emptied
constexpr int kHandOverMs = 1'000;  // root is about to hand a log over
constexpr int kHandOverPollMs = 10;

// Why: with pages of 4 KiB, storing a web page costs a third more time than with 8 KiB; 16 and 32
// KiB gain nothing (bench/storage.cc). synchronous=FULL: with group commit it costs little, and a
// commit that was reported survives a power cut. secure_delete: Debian turns it on, which
// overwrites what is freed. Checkpoints are the writer thread's; a second connection must never do
// one (SQLite's WAL-reset bug). No mmap: there, an I/O error is a signal.
constexpr const char* kPageSize = "PRAGMA page_size=8192";
constexpr const char* kWriterPragmas =
    "PRAGMA synchronous=FULL;"
    "PRAGMA secure_delete=OFF;"
    "PRAGMA mmap_size=0;"
    "PRAGMA foreign_keys=OFF;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-65536;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=67108864;";

sqlite3* open_handle(const std::string& name, int flags, int busy_ms) {
  sqlite3* handle = nullptr;
  // No mutex: a Database belongs to one thread at a time.
  const int rc = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) out_of_memory();
  if (rc == SQLITE_OK) {
    sqlite3_extended_result_codes(handle, 0);
    sqlite3_busy_timeout(handle, busy_ms);
  }
  return handle;
}

Result<int64_t> read_pragma(Database& database, const char* sql) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  if (Result<bool> row = query->step(); !row) return row.error();
  return query->integer(0);
}

// The identity once more, through the log, which may hold a newer version's first page. A database
// whose making was interrupted is empty again as soon as SQLite has rolled its first transaction
// back.
Result<void> recheck_or_size(Database& database, const std::string& path, PathState state) {
  if (state == PathState::kFile) {
    Result<int64_t> pages = read_pragma(database, "PRAGMA page_count");
    if (!pages) return pages.error();
    if (*pages > 0) return check_identity(database.handle(), path);
  }
  return database.execute(kPageSize);
}

Result<void> use_wal(Database& database, const std::string& path) {
  Result<Statement> pragma = database.prepare("PRAGMA journal_mode=WAL");
  if (!pragma) return pragma.error();
  if (Result<bool> row = pragma->step(); !row) return row.error();
  if (pragma->text(0) != "wal") {
    return Error{Errc::kUnsupported, 0,
                 fmt::format("{}: no write-ahead log here ({}); a network file system?", path,
                             pragma->text(0))};
  }
  return {};
}

// For readers, who may not change anything: what they ask for may not be there yet.
Result<void> check_not_older(Database& database, const std::string& path) {
  Result<int64_t> version = read_pragma(database, "PRAGMA user_version");
  if (!version) return version.error();
  if (*version >= kSchemaVersion) return {};
  return Error{Errc::kVersion, 0,
               fmt::format("{} was written by an older crawl (schema {}, this one reads {}): the "
                           "next crawl run brings it up to date",
                           path, *version, kSchemaVersion)};
}

// A PRAGMA whose value is what it is asked about, and not set.
bool asks(std::string_view pragma) {
  constexpr std::string_view kAsking[] = {"table_info",      "table_xinfo", "table_list",
                                          "index_list",      "index_info",  "index_xinfo",
                                          "integrity_check", "quick_check", "foreign_key_list"};
  return std::find(std::begin(kAsking), std::end(kAsking), pragma) != std::end(kAsking);
}

bool has_log(const std::string& path) {
  const std::string file = resolved_path(path);
  struct stat info {};
  return (::stat((file + "-wal").c_str(), &info) == 0 && info.st_size > 0) ||
         ::stat((file + "-journal").c_str(), &info) == 0;
}

// Where root opens the database of another user, its log and the index of its log are root's until
// SQLite gives them away, a moment later. Who comes in between is to open it again.
template <typename Open>
auto open_when_handed_over(const std::string& path, Open open) {
  const auto there = [file = resolved_path(path)](const char* suffix) {
    return ::access((file + suffix).c_str(), F_OK) == 0;
  };
  for (int waited_ms = 0;; waited_ms += kHandOverPollMs) {
    auto opened = open();
    const bool withheld =
        !opened && opened.error().sys_errno == EACCES && (there("-wal") || there("-shm"));
    if (!withheld || waited_ms >= kHandOverMs) return opened;
    std::this_thread::sleep_for(std::chrono::milliseconds(kHandOverPollMs));
  }
}

// Its path has been found to be in order.
Result<Database> open_for_writing(const std::string& path, PathState state) {
  Database database(open_handle(plain_sqlite_path(path), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                kWriterBusyMs));
  if (sqlite3_errcode(database.handle()) != SQLITE_OK) {
    return sqlite_error(database.handle(), "open " + path);
  }
  if (sqlite3_db_readonly(database.handle(), "main") == 1) {
    return Error{Errc::kIo, 0, path + " is not writable"};
  }
  // A refusal must not checkpoint on its way out.
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (Result<void> ready = recheck_or_size(database, path, state); !ready) return ready.error();
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  if (Result<void> tuned = database.execute(kWriterPragmas); !tuned) return tuned.error();
  // Migrations come before WAL: a new file gets all of its first transaction, with the
  // application_id that check_identity_untouched() looks for, in the main file or not at all.
  if (Result<void> migrated = bring_schema_up_to_date(database); !migrated) {
    return migrated.error();
  }
  if (Result<void> wal = use_wal(database, path); !wal) return wal.error();
  // A log that was left behind goes into the database before anything is added to it. Where a sync
  // had failed, its end may be readable and yet never reach the disk: what is written behind it
  // would be lost with it.
  Result<void> emptied = database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE, kLogWaitMs);
  if (!emptied) return emptied.error();
  return database;
}

// `name` is a path or a URI of `path`.
Result<Database> open_for_reading(const std::string& path, const std::string& name, int flags) {
  Database database(open_handle(name, SQLITE_OPEN_READONLY | flags, kReaderBusyMs));
  if (sqlite3_errcode(database.handle()) != SQLITE_OK) {
    return sqlite_error(database.handle(), "open " + path);
  }
  if (Result<void> ours = check_identity(database.handle(), path); !ours) return ours.error();
  return database;
}

}  // namespace

Result<Database> Database::open_writer(const std::string& path) {
  Result<PathState> state = inspect_writable_path(path);
  if (!state) return state.error();
  if (*state == PathState::kFile) {
    if (Result<void> ours = check_identity_untouched(path); !ours) return ours.error();
  }
  return open_when_handed_over(path, [&] { return open_for_writing(path, *state); });
}

Result<Database> Database::open_reader(const std::string& path, SchemaAge age) {
  if (Result<void> there = inspect_readable_path(path); !there) return there.error();
  Result<Database> database = open_when_handed_over(
      path, [&] { return open_for_reading(path, plain_sqlite_path(path), 0); });
  const bool no_index =
      !database && (database.error().code == Errc::kIo || database.error().code == Errc::kFull);
  if (no_index && !has_log(path)) {
    // In a directory that cannot be written, or on a full disk, no index of the log can be made; a
    // database without a log needs none.
    database = open_for_reading(path, immutable_sqlite_uri(path), SQLITE_OPEN_URI);
  }
  if (!database) return database.error();
  if (age == SchemaAge::kPresent) {
    if (Result<void> present = check_not_older(*database, path); !present) return present.error();
  }
  if (Result<void> tuned = database->execute("PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0");
      !tuned) {
    return tuned.error();
  }
  return database;
}

Result<Database> Database::open_other(const std::string& path) {
  Database database(open_handle(plain_sqlite_path(path), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                kWriterBusyMs));
  if (sqlite3_errcode(database.handle_) != SQLITE_OK) {
    return sqlite_error(database.handle_, "open " + path);
  }
  constexpr const char* kPragmas =
      "PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF; PRAGMA mmap_size=0;"
      "PRAGMA trusted_schema=OFF;";
  if (Result<void> tuned = database.execute(kPragmas); !tuned) return tuned.error();
  return database;
}

Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  if (this != &other) {
    sqlite3_close_v2(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int rc = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement, &tail);
  if (rc != SQLITE_OK) return sqlite_error(handle_, "prepare");
  Statement prepared(statement);
  if (statement == nullptr) return Error{Errc::kInvalid, 0, "no SQL statement"};
  const std::string_view rest(tail, static_cast<size_t>(sql.data() + sql.size() - tail));
  if (rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return Error{Errc::kInvalid, 0, "more than one SQL statement"};
  }
  return prepared;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(handle_, "write");
  }
  return {};
}

std::string Database::message() const { return sqlite3_errmsg(handle_); }

void Database::read_only_from_now_on() {
  // Before the schema has been read, what is wrong with a statement comes as SQLITE_SCHEMA.
  sqlite3_exec(handle_, "SELECT 1 FROM sqlite_schema LIMIT 0", nullptr, nullptr, nullptr);
  sqlite3_set_authorizer(
      handle_,
      [](void*, int action, const char* name, const char* value, const char*, const char*) {
        const bool reads = action == SQLITE_SELECT || action == SQLITE_READ ||
                           action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE ||
                           (action == SQLITE_PRAGMA && (value == nullptr || asks(name)));
        return reads ? SQLITE_OK : SQLITE_DENY;
      },
      nullptr);
}

Result<void> Database::checkpoint(int mode, int wait_ms) {
  sqlite3_busy_timeout(handle_, wait_ms);
  const int rc = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  Result<void> done;
  if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED) {
    done = sqlite_error(handle_, "write");
  }
  sqlite3_busy_timeout(handle_, kWriterBusyMs);
  return done;
}

}  // namespace crawl
