// SPDX-License-Identifier: MIT
// A database of an older version becomes one of this version, with all its rows.
#include "storage/migrations.h"

#include <sqlite3.h>

#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

// Version 1 as it was: visits by URL, run and time.
constexpr const char* kBackToVersion1 =
    "PRAGMA legacy_alter_table=ON; BEGIN;"
    "CREATE TABLE visit_1 (url_id INTEGER NOT NULL, run_id INTEGER NOT NULL, at INTEGER NOT NULL, "
    "status INTEGER, outcome TEXT NOT NULL, content_hash INTEGER, bytes INTEGER, change TEXT, "
    "text_changed INTEGER, content_id INTEGER, PRIMARY KEY (url_id, run_id, at)) WITHOUT ROWID;"
    "INSERT INTO visit_1 SELECT url_id, run_id, at, status, outcome, content_hash, bytes, change, "
    "text_changed, content_id FROM visit; DROP TABLE visit; ALTER TABLE visit_1 RENAME TO visit;"
    "UPDATE meta SET value = 'version 1' WHERE key = 'views'; PRAGMA user_version=1; COMMIT;";

constexpr const char* kVisits =
    "group_concat(url||run||at||outcome||coalesce(change, ''), ' ') FROM visits";

void sqlite(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  CAPTURE(sql);
  REQUIRE(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_close(handle) == SQLITE_OK);
}

// Tables, indexes and their columns.
std::string shape(const std::string& path) {
  return query_file(path,
                    "SELECT group_concat(of || ' ' || name || ' ' || type || ' ' || pk, char(10)) "
                    "FROM (SELECT s.name AS of, c.name, c.type, c.pk FROM sqlite_schema s, "
                    "pragma_table_info(s.name) c WHERE s.type = 'table' UNION ALL "
                    "SELECT s.name, i.name, i.seqno, 0 FROM sqlite_schema s, "
                    "pragma_index_info(s.name) i WHERE s.type = 'index' ORDER BY 1, 2)");
}

}  // namespace

TEST_CASE("migrations: visits of version 1 are numbered, and nothing is lost", "[migrations]") {
  Writer::Options options;
  options.keep_versions = 3;
  Story story(options);
  story.then(ok_page(1, 1, 0, "Title", "one")).next_run(options);
  story.then(ok_page(1, 2, 0, "Title", "two")).next_run(options);
  story.then(failed_page(1, Outcome::kTimeout, 0)).then(not_modified());
  const std::string visits = story.ask(kVisits);
  const std::string path = story.path();
  story.run().finish();
  const std::string expected = shape(path);
  sqlite(path, kBackToVersion1);

  const Result<Database> refused = Database::open_reader(path);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kVersion);
  CHECK(refused.error().message().find("the next crawl run brings it up to date") !=
        std::string::npos);

  REQUIRE(Database::open_writer(path));
  CHECK(shape(path) == expected);
  CHECK(query_file(path, std::string("SELECT ") + kVisits) == visits);
  CHECK(query_file(path, "SELECT group_concat(run||text, ' ') FROM versions") == "1one 2two");
  CHECK(query_file(path, "SELECT group_concat(id||':'||run_id, ' ') FROM visit") ==
        "1:1 2:2 3:3 4:3");
  CHECK(query_file(path,
                   "SELECT count(*) FROM content c WHERE refs <> (SELECT count(*) FROM (SELECT "
                   "content_id AS id FROM page UNION ALL SELECT content_id FROM visit) r WHERE "
                   "r.id = c.id)") == "0");
}

TEST_CASE("migrations: one that fails leaves the older version as it was", "[migrations]") {
  Story story;
  story.then(ok_page(1, 1, 0, "Title", "one"));
  const std::string path = story.path();
  story.run().finish();
  sqlite(path, std::string(kBackToVersion1) + "CREATE TABLE visit_2(in_the_way)");
  CHECK_FALSE(Database::open_writer(path));
  sqlite(path, "DROP TABLE visit_2");
  REQUIRE(Database::open_writer(path));
  CHECK(query_file(path, "SELECT group_concat(id||':'||run_id, ' ') FROM visit") == "1:1");
}
