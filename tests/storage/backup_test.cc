// SPDX-License-Identifier: MIT
#include "storage/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "base/unique_fd.h"
#include "tests/storage/lock_holder.h"
#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

bool all_of_it(int64_t /*done*/, int64_t /*total*/) { return true; }

// Some 20 MB.
void write_rows(const std::string& path) {
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  REQUIRE(database->execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
      "INSERT INTO seed(url, tag) SELECT 'http://h/' || i, printf('%.*c', 1000, 'x') FROM n"));
}

int64_t rows_of(const std::string& path) {
  return std::stoll(query_file(path, "SELECT count(*) FROM seed"));
}

}  // namespace

TEST_CASE("backup: what was written is there, whole", "[backup]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_rows(path);
  Result<Database> source = Database::open_reader(path);
  REQUIRE(source);
  int64_t calls = 0;
  const Result<void> done = back_up(*source, dir.path("crawl.db"), dir.path("copy.db"),
                                    [&calls](int64_t pages, int64_t total) {
                                      ++calls;
                                      return pages <= total;
                                    });
  REQUIRE(done);
  CHECK(calls > 5);
  CHECK(rows_of(dir.path("copy.db")) == 20'000);
  CHECK(query_file(dir.path("copy.db"), "PRAGMA integrity_check") == "ok");
  CHECK_FALSE(std::filesystem::exists(dir.path("copy.db.crawl-part")));
  // It is a database that a run goes on with.
  Result<Database> writer = Database::open_writer(dir.path("copy.db"));
  REQUIRE(writer);
  CHECK(writer->execute("DELETE FROM seed"));
}

TEST_CASE("backup: what is written meanwhile is not in it, and does not hold it up", "[backup]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_rows(path);
  Result<Database> writer = Database::open_writer(path);
  REQUIRE(writer);
  Result<Database> source = Database::open_reader(path);
  REQUIRE(source);
  int64_t steps = 0;
  const Result<void> done =
      back_up(*source, dir.path("crawl.db"), dir.path("copy.db"), [&](int64_t, int64_t) {
        CHECK(writer->execute("INSERT INTO seed(url) VALUES('http://new/" + std::to_string(steps) +
                              "'); UPDATE seed SET tag = 'y' WHERE id <= 100"));
        return ++steps < 1000;
      });
  REQUIRE(done);
  CHECK(rows_of(dir.path("copy.db")) == 20'000);
  CHECK(rows_of(path) == 20'000 + steps);
  CHECK(query_file(dir.path("copy.db"), "SELECT count(*) FROM seed WHERE tag = 'y'") == "0");
}

TEST_CASE("backup: one that is given up leaves nothing", "[backup]") {
  const ScratchFolder dir;
  write_rows(dir.path("crawl.db"));
  Result<Database> source = Database::open_reader(dir.path("crawl.db"));
  REQUIRE(source);
  const Result<void> done = back_up(*source, dir.path("crawl.db"), dir.path("copy.db"),
                                    [](int64_t, int64_t) { return false; });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Errc::kClosed);
  CHECK_FALSE(std::filesystem::exists(dir.path("copy.db")));
  CHECK_FALSE(std::filesystem::exists(dir.path("copy.db.crawl-part")));
  // And the connection is free for another.
  CHECK(back_up(*source, dir.path("crawl.db"), dir.path("copy.db"), all_of_it));
}

TEST_CASE("backup: it replaces nothing", "[backup]") {
  const ScratchFolder dir;
  write_rows(dir.path("crawl.db"));
  write_file(dir.path("copy.db"), "precious");
  Result<Database> source = Database::open_reader(dir.path("crawl.db"));
  REQUIRE(source);
  Result<void> done = back_up(*source, dir.path("crawl.db"), dir.path("copy.db"), all_of_it);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Errc::kExists);
  // Nor what has come to be there meanwhile.
  done = back_up(*source, dir.path("crawl.db"), dir.path("late.db"), [&dir](int64_t, int64_t) {
    write_file(dir.path("late.db"), "precious");
    return true;
  });
  CHECK_FALSE(done);
  CHECK(read_file(dir.path("late.db")) == "precious");
  CHECK(read_file(dir.path("copy.db")) == "precious");
  CHECK_FALSE(back_up(*source, dir.path("crawl.db"), dir.path("crawl.db"), all_of_it));
  CHECK_FALSE(back_up(*source, dir.path("crawl.db"), dir.path("no/folder.db"), all_of_it));
}

TEST_CASE("backup: what a killed one has left is taken over, not what another writes", "[backup]") {
  const ScratchFolder dir;
  write_rows(dir.path("crawl.db"));
  const std::string part = dir.path("copy.db.crawl-part");
  write_file(part, std::string(100'000, 'x'));
  Result<Database> source = Database::open_reader(dir.path("crawl.db"));
  REQUIRE(source);
  {
    const UniqueFd other(::open(part.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::flock(other.fd(), LOCK_EX | LOCK_NB) == 0);
    const Result<void> done =
        back_up(*source, dir.path("crawl.db"), dir.path("copy.db"), all_of_it);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::kBusy);
    CHECK(read_file(part).size() == 100'000);
  }
  REQUIRE(back_up(*source, dir.path("crawl.db"), dir.path("copy.db"), all_of_it));
  CHECK(rows_of(dir.path("copy.db")) == 20'000);
}

TEST_CASE("backup: a run that is under way is no dead one in it", "[backup]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  const auto set_pid = [&path](int64_t pid) {
    Result<Database> writer = Database::open_writer(path);
    REQUIRE(writer);
    REQUIRE(
        writer->execute("INSERT OR REPLACE INTO run(id, started_at, pid, options) VALUES(1, 1, " +
                        std::to_string(pid) + ", '{}')"));
  };
  set_pid(1);
  Result<Database> source = Database::open_reader(path);
  REQUIRE(source);
  const auto copy_to = [&](const std::string& name) {
    REQUIRE(back_up(*source, path, dir.path(name), all_of_it));
    CHECK_FALSE(std::filesystem::exists(dir.path(name) + ".crawl-part-wal"));
    CHECK_FALSE(std::filesystem::exists(dir.path(name) + "-wal"));
    CHECK(query_file(dir.path(name), "PRAGMA integrity_check") == "ok");
  };
  copy_to("dead.db");
  CHECK(query_file(dir.path("dead.db"), "SELECT end_reason IS NULL FROM run") == "1");
  {
    const LockHolder holder(path);  // another process: the next run, which has not begun
    copy_to("dead_too.db");
    CHECK(query_file(dir.path("dead_too.db"), "SELECT end_reason IS NULL FROM run") == "1");
    set_pid(holder.pid());
    copy_to("running.db");
  }
  CHECK(query_file(dir.path("running.db"), "SELECT end_reason FROM run") == "copied");
  CHECK(query_file(dir.path("running.db"), "SELECT ended_at > 1000000000000 FROM run") == "1");
  // Whoever goes on from it takes it for a death: the last requests may not be in it.
  Result<Database> copy = Database::open_writer(dir.path("running.db"));
  REQUIRE(copy);
  const Result<RunStart> next = begin_run(*copy, 2, 1, "{}");
  REQUIRE(next);
  CHECK(next->previous_died);
  CHECK(query_file(dir.path("running.db"), "SELECT end_reason FROM run WHERE id = 1") == "copied");
}
