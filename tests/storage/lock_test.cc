// SPDX-License-Identifier: MIT
#include "storage/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/storage/lock_holder.h"
#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

TEST_CASE("lock: one is held, names its process and goes with it", "[lock]") {
  const ScratchFolder dir;
  const SystemClock clock;
  const std::string database = dir.path("crawl.db");
  CHECK_FALSE(run_lock_holder(database));
  {
    const Result<RunLock> lock = RunLock::acquire(database, 0, clock);
    REQUIRE(lock);
    CHECK(read_file(database + ".lock") == std::to_string(::getpid()) + "\n");
  }
  CHECK(dir.names().empty());
}

TEST_CASE("lock: a second run is told the PID of the first", "[lock]") {
  const ScratchFolder dir;
  const SystemClock clock;
  const std::string database = dir.path("crawl.db");
  LockHolder first(database);
  REQUIRE(first.got_it());
  CHECK(run_lock_holder(database) == std::optional<int64_t>(first.pid()));
  const Result<RunLock> second = RunLock::acquire(database, 0, clock);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::kBusy);
  CHECK(second.error().message().find("is in use by another crawl (PID " +
                                      std::to_string(first.pid()) + ")") != std::string::npos);
  const LockHolder third(database);
  CHECK_FALSE(third.got_it());
}

TEST_CASE("lock: a killed run leaves nothing held", "[lock]") {
  const ScratchFolder dir;
  const SystemClock clock;
  const std::string database = dir.path("crawl.db");
  LockHolder killed(database);
  REQUIRE(killed.got_it());
  killed.end(SIGKILL);
  CHECK_FALSE(run_lock_holder(database));
  CHECK(RunLock::acquire(database, 0, clock));
}

TEST_CASE("lock: waiting gets it when the holder lets go", "[lock]") {
  const ScratchFolder dir;
  const SystemClock clock;
  const std::string database = dir.path("crawl.db");
  LockHolder first(database);
  REQUIRE(first.got_it());
  CHECK_FALSE(RunLock::acquire(database, 1, clock));
  first.release();
  CHECK(RunLock::acquire(database, 60'000, clock));
}

TEST_CASE("lock: two names of one database have one lock", "[lock]") {
  const ScratchFolder dir;
  const std::string database = dir.path("crawl.db");
  write_file(database, "");
  REQUIRE(::symlink("crawl.db", dir.path("link.db").c_str()) == 0);
  const LockHolder first(database);
  REQUIRE(first.got_it());
  CHECK_FALSE(LockHolder(dir.path("link.db")).got_it());
  CHECK_FALSE(LockHolder(dir.path("./crawl.db")).got_it());
}

TEST_CASE("lock: of many starts at once exactly one wins", "[lock]") {
  const ScratchFolder dir;
  const std::string database = dir.path("crawl.db");
  int gate[2];
  int results[2];
  REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(results, O_CLOEXEC) == 0);
  constexpr int kStarts = 12;
  std::vector<pid_t> children;
  for (int i = 0; i < kStarts; ++i) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ::close(gate[1]);
      char byte = 0;
      while (::read(gate[0], &byte, 1) > 0) {
      }
      const SystemClock clock;
      const Result<RunLock> lock = RunLock::acquire(database, 0, clock);
      const char answer = lock ? 'y' : 'n';
      if (::write(results[1], &answer, 1) != 1) ::_exit(1);
      ::pause();  // hold what was won until all have tried
    }
    children.push_back(pid);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  int winners = 0;
  for (int i = 0; i < kStarts; ++i) {
    char answer = 0;
    REQUIRE(::read(results[0], &answer, 1) == 1);
    if (answer == 'y') ++winners;
  }
  for (const pid_t pid : children) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  ::close(results[0]);
  ::close(results[1]);
  CHECK(winners == 1);
}

TEST_CASE("lock: what cannot be a lock file is refused and not followed", "[lock]") {
  const ScratchFolder dir;
  const SystemClock clock;
  SECTION("a symbolic link") {
    write_file(dir.path("victim"), "precious");
    REQUIRE(::symlink("victim", dir.path("crawl.db.lock").c_str()) == 0);
    const Result<RunLock> lock = RunLock::acquire(dir.path("crawl.db"), 0, clock);
    REQUIRE_FALSE(lock);
    CHECK(lock.error().message().find("symbolic link") != std::string::npos);
    CHECK(read_file(dir.path("victim")) == "precious");
  }
  SECTION("a pipe") {
    REQUIRE(::mkfifo(dir.path("crawl.db.lock").c_str(), 0600) == 0);
    CHECK_FALSE(RunLock::acquire(dir.path("crawl.db"), 0, clock));
  }
  SECTION("no directory") {
    const Result<RunLock> lock = RunLock::acquire(dir.path("none/crawl.db"), 0, clock);
    REQUIRE_FALSE(lock);
    CHECK(lock.error().code == Errc::kNotFound);
    CHECK(lock.error().message().find("No such file or directory") != std::string::npos);
  }
}
