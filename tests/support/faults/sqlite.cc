// SPDX-License-Identifier: MIT
// SQLite's functions that can be made to fail. What one says of itself afterwards (sqlite3_errcode
// and its like) agrees with how it failed. SUBSTRING is looked for in the SQL, or the file's name.
// Only what the program calls counts: SQLite calls some of them itself.

#include <sqlite3.h>

#include "tests/support/faults/stand_in.h"

namespace {

// The latest failure that was not SQLite's own, until the next call on its connection.
__attribute__((tls_model("initial-exec"))) thread_local struct {
  sqlite3* database;
  int code;
} latest;

template <typename Call>
int run_code(crawl::faults::Hook& hook, const void* caller, const char* about, sqlite3* database,
             Call call) {
  if (!crawl::faults::of_program(caller)) return call();
  const crawl::faults::Verdict verdict = judge(hook, {-1, about});
  if (latest.database == database) latest = {};
  if (verdict.action == crawl::faults::Action::kFail) {
    latest = {database, verdict.error};
    return verdict.error;
  }
  const int result = call();
  if (verdict.action == crawl::faults::Action::kKillAfter) crawl::faults::kill_self();
  return result;
}

}  // namespace

// The last arguments: what it is about, and the connection.
#define FAULTY_CODE(name, parameters, arguments, ...)                             \
  CRAWL_STAND_IN(int, name, parameters) {                                         \
    return run_code(hook_##name, __builtin_return_address(0), __VA_ARGS__,        \
                    [&] { return CRAWL_NEXT(int, name, parameters) arguments; }); \
  }

CRAWL_STAND_IN(int, sqlite3_open_v2,
               (const char* path, sqlite3** database, int flags, const char* vfs)) {
  const crawl::faults::Verdict verdict = judge(hook_sqlite3_open_v2, {-1, path});
  const bool fails = verdict.action == crawl::faults::Action::kFail;
  if (fails && verdict.error == SQLITE_NOMEM) {
    *database = nullptr;
    return SQLITE_NOMEM;
  }
  const int result = CRAWL_NEXT(int, sqlite3_open_v2, (const char*, sqlite3**, int, const char*))(
      fails ? ":memory:" : path, database, flags, vfs);
  if (verdict.action == crawl::faults::Action::kKillAfter) crawl::faults::kill_self();
  if (!fails) return result;
  latest = {*database, verdict.error};
  return verdict.error;
}

FAULTY_CODE(sqlite3_prepare_v2,
            (sqlite3 * database, const char* sql, int size, sqlite3_stmt** out, const char** tail),
            (database, sql, size, out, tail), sql, database)
FAULTY_CODE(sqlite3_prepare_v3,
            (sqlite3 * database, const char* sql, int size, unsigned flags, sqlite3_stmt** out,
             const char** tail),
            (database, sql, size, flags, out, tail), sql, database)
FAULTY_CODE(sqlite3_exec,
            (sqlite3 * database, const char* sql, int (*row)(void*, int, char**, char**),
             void* word, char** error),
            (database, sql, row, word, error), sql, database)
FAULTY_CODE(sqlite3_wal_checkpoint_v2,
            (sqlite3 * database, const char* name, int mode, int* log, int* moved),
            (database, name, mode, log, moved), nullptr, database)
FAULTY_CODE(sqlite3_close_v2, (sqlite3 * database), (database), nullptr, database)
FAULTY_CODE(sqlite3_db_config, (sqlite3 * database, int operation, long a, long b, long c),
            (database, operation, a, b, c), nullptr, database)

#define OF_STATEMENT sqlite3_sql(statement), sqlite3_db_handle(statement)
FAULTY_CODE(sqlite3_step, (sqlite3_stmt * statement), (statement), OF_STATEMENT)
FAULTY_CODE(sqlite3_bind_int64, (sqlite3_stmt * statement, int at, sqlite3_int64 value),
            (statement, at, value), OF_STATEMENT)
FAULTY_CODE(sqlite3_bind_null, (sqlite3_stmt * statement, int at), (statement, at), OF_STATEMENT)
FAULTY_CODE(sqlite3_bind_text64,
            (sqlite3_stmt * statement, int at, const char* text, sqlite3_uint64 size,
             void (*free)(void*), unsigned char encoding),
            (statement, at, text, size, free, encoding), OF_STATEMENT)
FAULTY_CODE(sqlite3_bind_blob64,
            (sqlite3_stmt * statement, int at, const void* bytes, sqlite3_uint64 size,
             void (*free)(void*)),
            (statement, at, bytes, size, free), OF_STATEMENT)

// These have no code: no memory is an empty answer, which SQLite remembers.
#define FAULTY_COLUMN(Return, name)                                                         \
  CRAWL_STAND_IN(Return, name, (sqlite3_stmt * statement, int column)) {                    \
    Return result = nullptr;                                                                \
    const int code = run_code(hook_##name, __builtin_return_address(0), OF_STATEMENT, [&] { \
      result = CRAWL_NEXT(Return, name, (sqlite3_stmt*, int))(statement, column);           \
      return SQLITE_OK;                                                                     \
    });                                                                                     \
    return code == SQLITE_OK ? result : nullptr;                                            \
  }
FAULTY_COLUMN(const unsigned char*, sqlite3_column_text)
FAULTY_COLUMN(const void*, sqlite3_column_blob)

static CRAWL_HOOK(sqlite3_errcode, "sqlite3_errcode");
extern "C" int stand_in_sqlite3_errcode(sqlite3* database) __asm__("sqlite3_errcode");
extern "C" __attribute__((visibility("default"))) int stand_in_sqlite3_errcode(sqlite3* database) {
  if (latest.code != 0 && latest.database == database) return latest.code;
  return CRAWL_NEXT(int, sqlite3_errcode, (sqlite3*))(database);
}

static CRAWL_HOOK(sqlite3_extended_errcode, "sqlite3_extended_errcode");
extern "C" int stand_in_extended_errcode(sqlite3* database) __asm__("sqlite3_extended_errcode");
extern "C" __attribute__((visibility("default"))) int stand_in_extended_errcode(sqlite3* database) {
  if (latest.code != 0 && latest.database == database) return latest.code;
  return CRAWL_NEXT(int, sqlite3_extended_errcode, (sqlite3*))(database);
}

static CRAWL_HOOK(sqlite3_errmsg, "sqlite3_errmsg");
extern "C" const char* stand_in_sqlite3_errmsg(sqlite3* database) __asm__("sqlite3_errmsg");
extern "C" __attribute__((visibility("default"))) const char* stand_in_sqlite3_errmsg(
    sqlite3* database) {
  if (latest.code != 0 && latest.database == database) return sqlite3_errstr(latest.code);
  return CRAWL_NEXT(const char*, sqlite3_errmsg, (sqlite3*))(database);
}
