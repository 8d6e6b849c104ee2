// SPDX-License-Identifier: MIT
#include "storage/database.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

void sqlite(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  CAPTURE(sql);
  REQUIRE(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_close(handle) == SQLITE_OK);
}

Error refused_writer(const std::string& path) {
  Result<Database> database = Database::open_writer(path);
  REQUIRE_FALSE(database);
  return database.error();
}

// Runs `body` in a child without root's rights; true when it returned true.
template <typename Body>
bool unprivileged(Body body) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("database: a new one gets the schema, the identity and the log", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  CHECK(query_text(*database, "PRAGMA application_id") == std::to_string(kApplicationId));
  CHECK(query_text(*database, "PRAGMA user_version") == std::to_string(kSchemaVersion));
  CHECK(query_text(*database, "PRAGMA journal_mode") == "wal");
  CHECK(query_text(*database, "PRAGMA synchronous") == "2");
  CHECK(query_text(*database, "PRAGMA secure_delete") == "0");
  CHECK(query_text(*database, "PRAGMA wal_autocheckpoint") == "0");
  CHECK(query_text(*database, "PRAGMA mmap_size") == "0");
  CHECK(query_text(*database, "PRAGMA page_size") == "8192");
  CHECK(query_text(*database, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'") == "18");
  CHECK(query_text(*database, "SELECT typeof(value) FROM meta WHERE key = 'fingerprint_seed'") ==
        "integer");
}

TEST_CASE("database: a version that writes brings its own views", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  {
    Result<Database> database = Database::open_writer(path);
    REQUIRE(database);
    // As an older version left it, and its user.
    REQUIRE(
        database->execute("UPDATE meta SET value = 'older' WHERE key = 'views';"
                          "DROP VIEW pages; CREATE VIEW pages AS SELECT 1 AS one;"
                          "DROP VIEW largest; CREATE TABLE largest(mine); DROP VIEW slowest;"
                          "CREATE VIEW my_pages AS SELECT * FROM pages"));
  }
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  CHECK(query_text(*database, "SELECT count(outcome) FROM pages") == "0");
  CHECK(query_text(*database, "SELECT count(elapsed_ms) FROM slowest") == "0");
  CHECK(query_text(*database, "SELECT count(mine) FROM largest") == "0");
  CHECK(query_text(*database, "SELECT count(url) FROM my_pages") == "0");
  const std::string version = query_text(*database, "PRAGMA schema_version");
  REQUIRE(Database::open_writer(path));
  CHECK(query_text(*database, "PRAGMA schema_version") == version);
}

TEST_CASE("database: an empty file becomes a database", "[database]") {
  const ScratchFolder dir;
  write_file(dir.path("crawl.db"), "");
  CHECK(Database::open_writer(dir.path("crawl.db")));
}

TEST_CASE("database: opened again it keeps its rows and its seed", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  std::string seed;
  {
    Result<Database> database = Database::open_writer(path);
    REQUIRE(database);
    seed = query_text(*database, "SELECT value FROM meta WHERE key = 'fingerprint_seed'");
    REQUIRE(database->execute("INSERT INTO seed(url) VALUES('http://a/')"));
  }
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  CHECK(query_text(*database, "SELECT value FROM meta WHERE key = 'fingerprint_seed'") == seed);
  CHECK(query_text(*database, "SELECT url FROM seed") == "http://a/");
}

TEST_CASE("database: each bad path is one clear error and changes nothing", "[database]") {
  const ScratchFolder dir;
  SECTION("a directory") {
    const Error error = refused_writer(dir.folder());
    CHECK(error.code == Errc::kInvalid);
    CHECK(error.message().find("is a directory") != std::string::npos);
  }
  SECTION("a directory that does not exist") {
    const Error error = refused_writer(dir.path("none/crawl.db"));
    CHECK(error.code == Errc::kNotFound);
    CHECK(error.message().find("there is no directory " + dir.path("none")) != std::string::npos);
  }
  SECTION("a file where a directory should be") {
    write_file(dir.path("file"), "x");
    CHECK_FALSE(Database::open_writer(dir.path("file/crawl.db")));
    CHECK(read_file(dir.path("file")) == "x");
  }
  SECTION("a pipe") {
    REQUIRE(::mkfifo(dir.path("pipe").c_str(), 0600) == 0);
    CHECK(refused_writer(dir.path("pipe")).code == Errc::kInvalid);
  }
  SECTION("a dangling symbolic link") {
    REQUIRE(::symlink("nowhere", dir.path("link").c_str()) == 0);
    CHECK(refused_writer(dir.path("link")).code == Errc::kInvalid);
    CHECK(dir.names() == std::vector<std::string>{"link"});
  }
  SECTION("a second name of a database") {
    write_file(dir.path("crawl.db"), "");
    REQUIRE(::link(dir.path("crawl.db").c_str(), dir.path("other.db").c_str()) == 0);
    for (const char* name : {"crawl.db", "other.db"}) {
      const Error error = refused_writer(dir.path(name));
      CHECK(error.code == Errc::kInvalid);
      CHECK(error.message().find("2 names (hard links)") != std::string::npos);
      CHECK(read_file(dir.path(name)).empty());
    }
  }
  SECTION("no path") { CHECK(refused_writer("").code == Errc::kInvalid); }
  SECTION("a NUL byte") { CHECK(refused_writer(std::string("a\0b", 3)).code == Errc::kInvalid); }
  SECTION("a file that is no database") {
    const std::string text =
        GENERATE(std::string("https://example.com/\n"), std::string(9000, 'x'));
    write_file(dir.path("seeds.txt"), text);
    const Error error = refused_writer(dir.path("seeds.txt"));
    CHECK(error.code == Errc::kCorrupt);
    CHECK(error.message().find("is not a database") != std::string::npos);
    CHECK(read_file(dir.path("seeds.txt")) == text);
    CHECK(dir.names() == std::vector<std::string>{"seeds.txt"});
  }
}

TEST_CASE("database: another program's database is untouched byte for byte", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("other.db");
  const std::string mode = GENERATE(std::string("delete"), std::string("wal"));
  sqlite(path,
         "PRAGMA journal_mode=" + mode + "; CREATE TABLE mine(x); INSERT INTO mine VALUES(1)");
  const std::string before = read_file(path);
  CAPTURE(mode);
  const Error error = refused_writer(path);
  CHECK(error.code == Errc::kCorrupt);
  CHECK(error.message().find("another program") != std::string::npos);
  CHECK(read_file(path) == before);
  CHECK(dir.names() == std::vector<std::string>{"other.db"});
  Result<Database> reader = Database::open_reader(path);
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == Errc::kCorrupt);
  CHECK(read_file(path) == before);
}

TEST_CASE("database: one of a newer crawl is refused and left alone", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  REQUIRE(Database::open_writer(path));
  sqlite(path, "PRAGMA user_version=7");
  const std::string before = read_file(path);
  const Error error = refused_writer(path);
  CHECK(error.code == Errc::kVersion);
  CHECK(error.message() == path + " was written by a newer crawl (schema 7, this one knows " +
                               std::to_string(kSchemaVersion) + ")");
  CHECK(read_file(path) == before);
  Result<Database> reader = Database::open_reader(path);
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == Errc::kVersion);
}

TEST_CASE("database: a newer version that is still in the log is refused", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  REQUIRE(Database::open_writer(path));
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "PRAGMA user_version=7", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(refused_writer(path).code == Errc::kVersion);
  sqlite3_close(other);
}

namespace {

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

// A journal of a transaction that began with `pages`, none of which it holds.
std::string journal_of(uint32_t pages) {
  std::string bytes = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  bytes += big_endian(0) + big_endian(1) + big_endian(pages) + big_endian(512) + big_endian(8192);
  bytes.resize(512);
  return bytes;
}

}  // namespace

TEST_CASE("database: one whose making a power cut has torn is made anew", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_file(path, std::string(16'384, 'x'));
  write_file(path + "-journal", journal_of(2));
  CHECK(refused_writer(path).code == Errc::kCorrupt);
  write_file(path + "-journal", journal_of(0));
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  CHECK(query_text(*database, "PRAGMA integrity_check") == "ok");
  CHECK(query_text(*database, "SELECT count(*) FROM run") == "0");
}

TEST_CASE("database: a first page that was torn on its way from the log is there again",
          "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  const std::string copy = dir.path("copy.db");
  {
    TestRun run(path);
    const std::string text(100'000, 'x');  // makes the file longer, which its first page tells
    const uint64_t ticket = run.writer->submit(page_unit(ok_page(1, 1, 1, "", text)));
    run.writer->flush();
    REQUIRE(run.wait_committed(ticket));
    write_file(copy, read_file(path).replace(0, 100, std::string(100, 'x')));
    write_file(copy + "-wal", read_file(path + "-wal"));
  }
  {
    Result<Database> database = Database::open_writer(copy);
    REQUIRE(database);
    CHECK(query_text(*database, "PRAGMA integrity_check") == "ok");
    CHECK(query_text(*database, "SELECT count(*) FROM page") == "1");
  }
  // A log of pages that are not ours says nothing about a file that is not ours.
  write_file(copy, std::string(16'384, 'x'));
  write_file(copy + "-wal", std::string(100'000, 'y'));
  CHECK(refused_writer(copy).code == Errc::kCorrupt);
}

TEST_CASE("database: what a killed run left in the log is in the file before anything follows",
          "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  const std::string copy = dir.path("copy.db");
  {
    TestRun run(path);
    write_file(copy, read_file(path));
    write_file(copy + "-wal", read_file(path + "-wal"));
  }
  REQUIRE_FALSE(read_file(copy + "-wal").empty());
  Result<Database> database = Database::open_writer(copy);
  REQUIRE(database);
  CHECK(read_file(copy + "-wal").empty());
  CHECK(query_text(*database, "SELECT count(*) FROM run") == "1");
}

TEST_CASE("database: names that SQLite takes for something else are plain files", "[database]") {
  const ScratchFolder dir;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir.folder());
  const std::string name = GENERATE(std::string(":memory:"), std::string("file:x?mode=memory"),
                                    std::string("100%#?.db"));
  {
    CHECK(Database::open_writer(name));
    CHECK(Database::open_writer(name));  // is recognised again
    CHECK(Database::open_reader(name));
  }
  const std::vector<std::string> names = dir.names();
  std::filesystem::current_path(before);
  CHECK(std::count(names.begin(), names.end(), name) == 1);
}

TEST_CASE("database: without the right to write, the error says so", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  { REQUIRE(Database::open_writer(path)); }
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  REQUIRE(::chmod(dir.folder().c_str(), 0755) == 0);
  SECTION("to the file") {
    CHECK(unprivileged([&] {
      Result<Database> database = Database::open_writer(path);
      return !database &&
             database.error().message() == path + " is not writable: Permission denied";
    }));
  }
  SECTION("to the directory of a file that may be written") {
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    REQUIRE(::chmod(dir.folder().c_str(), 0555) == 0);
    CHECK(unprivileged([&] {
      Result<Database> database = Database::open_writer(path);
      return !database && database.error().message().find("is not writable") != std::string::npos;
    }));
  }
  SECTION("to the directory of a file that does not exist") {
    REQUIRE(::chmod(dir.folder().c_str(), 0555) == 0);
    CHECK(unprivileged([&] {
      Result<Database> database = Database::open_writer(dir.path("new.db"));
      return !database && database.error().message().find("is not writable") != std::string::npos;
    }));
  }
  REQUIRE(::chmod(dir.folder().c_str(), 0755) == 0);
}

// Root, who looks into another user's database, makes its log first and gives it away after that.
TEST_CASE("database: a log that is about to be handed over is waited for", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  { REQUIRE(Database::open_writer(path)); }
  const std::string link = dir.path("link.db");  // its log lies beside the file
  REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
  const std::string name = GENERATE(false, true) ? link : path;
  CAPTURE(name);
  write_file(path + "-wal", "");
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  REQUIRE(::chmod(dir.folder().c_str(), 0777) == 0);
  const mode_t mode = GENERATE(0, 0444);
  CAPTURE(mode);
  REQUIRE(::chmod((path + "-wal").c_str(), mode) == 0);
  SECTION("and is") {
    const bool writes = GENERATE(true, false);
    CAPTURE(writes);
    const pid_t owner = ::fork();  // no thread: with one, no fork is safe
    REQUIRE(owner >= 0);
    if (owner == 0) {
      ::usleep(100'000);
      ::_exit(::chmod((path + "-wal").c_str(), 0666));
    }
    CHECK(unprivileged([&] {
      Result<Database> database =
          writes ? Database::open_writer(name) : Database::open_reader(name);
      return database && database->prepare("SELECT * FROM pages").has_value() &&
             (!writes || database->execute("CREATE TABLE written(x)"));
    }));
    REQUIRE(::waitpid(owner, nullptr, 0) == owner);
  }
  SECTION("and is not") {
    const std::string reason =
        mode == 0 ? "unable to open database file" : "its -wal or -shm file is not writable";
    CHECK(unprivileged([&] {
      Result<Database> database = Database::open_writer(name);
      const std::string message = database ? "" : database.error().message();
      return message.find(path + ": " + reason + ": Permission denied") != std::string::npos;
    }));
  }
}

TEST_CASE("database: a reader needs no right to write, not even in the directory", "[database]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  { REQUIRE(Database::open_writer(path)); }
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  REQUIRE(::chmod(dir.folder().c_str(), 0555) == 0);
  CHECK(unprivileged([&] {
    Result<Database> database = Database::open_reader(path);
    return database && database->prepare("SELECT * FROM pages").has_value();
  }));
  REQUIRE(::chmod(dir.folder().c_str(), 0755) == 0);
}

TEST_CASE("database: a reader never creates and never writes", "[database]") {
  const ScratchFolder dir;
  Result<Database> missing = Database::open_reader(dir.path("none.db"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::kNotFound);
  CHECK(dir.names().empty());
  { REQUIRE(Database::open_writer(dir.path("crawl.db"))); }
  Result<Database> reader = Database::open_reader(dir.path("crawl.db"));
  REQUIRE(reader);
  CHECK_FALSE(reader->execute("DELETE FROM url"));
  CHECK_FALSE(reader->execute("CREATE TABLE x(y)"));
}

TEST_CASE("database: one statement at a time is prepared", "[database]") {
  const ScratchFolder dir;
  Result<Database> database = Database::open_writer(dir.path("crawl.db"));
  REQUIRE(database);
  CHECK(database->prepare("SELECT 1;  "));
  CHECK_FALSE(database->prepare("SELECT 1; SELECT 2"));
  CHECK_FALSE(database->prepare(""));
  CHECK_FALSE(database->prepare("SELEKT"));
}

TEST_CASE("database: an empty string is not NULL unless asked for", "[database]") {
  const ScratchFolder dir;
  Result<Database> database = Database::open_writer(dir.path("crawl.db"));
  REQUIRE(database);
  Result<Statement> query = database->prepare("SELECT ?1 IS NULL, ?2 IS NULL, ?3 IS NULL, ?4");
  REQUIRE(query);
  query->bind(1, std::string_view());
  query->bind_or_null(2, "");
  query->bind_blob(3, {});
  query->bind_optional(4, 42);
  REQUIRE(query->step());
  CHECK(query->integer(0) == 0);
  CHECK(query->integer(1) == 1);
  CHECK(query->integer(2) == 0);
  CHECK(query->integer(3) == 42);
  CHECK(query->column_count() == 4);
}
