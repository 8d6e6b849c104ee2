// SPDX-License-Identifier: MIT
#include "storage/migrations.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/random.h>
#include <xxhash.h>

#include <cerrno>

#include "base/embedded_file.h"
#include "base/retry.h"
#include "storage/temporary_files.h"

namespace crawl {

std::span<const EmbeddedFile> schema_files();  // *.sql

namespace {

// How a database of version - 1 becomes one of `version`; a new one is made as schema.sql has it.
// What a migration says never changes again. A table that is made anew is filled under another name
// and then takes the old one's (sqlite.org/lang_altertable.html §7).
struct Migration {
  int version;
  const char* sql;
};
const Migration kMigrations[] = {
    // Visits are numbered in the order of their commits.
    {2,
     "CREATE TABLE visit_2 (id INTEGER PRIMARY KEY, url_id INTEGER NOT NULL, run_id INTEGER NOT "
     "NULL, at INTEGER NOT NULL, status INTEGER, outcome TEXT NOT NULL, content_hash INTEGER, "
     "bytes INTEGER, change TEXT, text_changed INTEGER, content_id INTEGER);"
     "INSERT INTO visit_2(url_id, run_id, at, status, outcome, content_hash, bytes, change, "
     "text_changed, content_id) SELECT url_id, run_id, at, status, outcome, content_hash, bytes, "
     "change, text_changed, content_id FROM visit ORDER BY run_id, at, url_id;"
     "DROP TABLE visit;"
     "ALTER TABLE visit_2 RENAME TO visit;"
     "CREATE INDEX visit_url ON visit (url_id);"
     "CREATE INDEX visit_change ON visit (run_id) WHERE change IS NOT NULL;"},
};

Result<void> in_transaction(Database& database, const std::string& sql) {
  Result<void> done = database.execute("BEGIN IMMEDIATE;" + sql + "COMMIT");
  if (!done && sqlite3_get_autocommit(database.handle()) == 0) {
    sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return done;
}

Result<int64_t> random_seed() {
  int64_t seed = 0;
  const auto drawn = uninterrupted([&] { return ::getrandom(&seed, sizeof seed, 0); });
  if (drawn < 0) return errno_error("getrandom");
  if (drawn != static_cast<ssize_t>(sizeof seed)) return Error{Errc::kIo, EIO, "getrandom"};
  return seed;
}

// Tables come first in the file.
std::string_view schema() { return embedded_file(schema_files(), "schema.sql")->text; }
std::string_view tables() { return schema().substr(0, schema().find("\nCREATE VIEW")); }
std::string_view views() { return schema().substr(tables().size()); }

std::string views_digest() {
  return fmt::format("{:016x}", XXH3_64bits(views().data(), views().size()));
}

std::string views_sql() {
  return fmt::format("{}; INSERT OR REPLACE INTO meta VALUES('views','{}');", views(),
                     views_digest());
}

Result<void> make_schema(Database& database) {
  Result<int64_t> seed = random_seed();
  if (!seed) return seed.error();
  return in_transaction(
      database,
      fmt::format("{}; PRAGMA user_version={}; PRAGMA application_id={};"
                  "INSERT INTO meta VALUES('fingerprint_seed',{}),('created_by','crawl');{}",
                  tables(), kSchemaVersion, kApplicationId, *seed, views_sql()));
}

// Views refer to tables by name, and are not to be looked into while one of these is away.
Result<void> migrate(Database& database, const Migration& migration) {
  const TemporaryFiles beside(database);
  if (Result<void> done = database.execute("PRAGMA legacy_alter_table=ON"); !done) return done;
  Result<void> done = in_transaction(
      database, fmt::format("{}PRAGMA user_version={};", migration.sql, migration.version));
  if (done) done = database.execute("PRAGMA legacy_alter_table=OFF");
  return done;
}

Result<int64_t> schema_version(Database& database) {
  Result<Statement> query = database.prepare("PRAGMA user_version");
  if (!query) return query.error();
  if (Result<bool> row = query->step(); !row) return row.error();
  return query->integer(0);
}

// The views are those of the version that writes: another's are dropped and made anew. What is no
// view of that name, a user's table, stays, and hides ours.
Result<void> renew_views(Database& database) {
  Result<Statement> made = database.prepare("SELECT value FROM meta WHERE key = 'views'");
  if (!made) return made.error();
  Result<bool> row = made->step();
  if (!row) return row.error();
  if (*row && made->text(0) == views_digest()) return {};
  made->reset();
  std::string sql;
  Result<Statement> old = database.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'view' AND instr(?1, "
      "'CREATE VIEW IF NOT EXISTS ' || name || ' AS')");
  if (!old) return old.error();
  old->bind(1, views());
  for (row = old->step(); row && *row; row = old->step()) {
    sql += fmt::format("DROP VIEW {};", old->text(0));
  }
  if (!row) return row.error();
  return in_transaction(database, sql + views_sql());
}

}  // namespace

Result<void> bring_schema_up_to_date(Database& database) {
  Result<int64_t> version = schema_version(database);
  if (!version) return version.error();
  if (*version == 0) return make_schema(database);
  for (const Migration& migration : kMigrations) {
    if (migration.version <= *version) continue;
    if (Result<void> done = migrate(database, migration); !done) return done;
  }
  return renew_views(database);
}

}  // namespace crawl
