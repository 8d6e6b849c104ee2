// SPDX-License-Identifier: MIT
// A writing process is killed at any moment: what was reported as committed is there, and every
// unit is there whole or not at all.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

constexpr int64_t kUrlsPerUnit = 5;

// Unit n makes URLs 5n-4 … 5n, stores a page for the first with a link to each, and marks it done.
WriteUnit numbered_unit(int64_t n) {
  const int64_t first = (n - 1) * kUrlsPerUnit + 1;
  PageRow page = ok_page(first, static_cast<uint64_t>(n), n, "numbered");
  page.body_zstd = n % 2 == 0 ? "a body" : "another body";
  WriteUnit unit;
  if (n == 1) unit.new_hosts.push_back(new_host(1, "a"));
  for (int64_t id = first; id < first + kUrlsPerUnit; ++id) {
    unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id)));
    page.links.push_back({id, LinkKind::kAnchor, "", "anchor"});
  }
  unit.url_updates.push_back(done_with(first, Outcome::kOk));
  unit.page = std::move(page);
  return unit;
}

// Writes units until it is killed; each number that comes out of `acknowledge` is durable.
[[noreturn]] void write_until_killed(const std::string& path, int64_t done_before,
                                     int acknowledge) {
  Result<Database> database = Database::open_writer(path);
  if (!database) ::_exit(3);
  Result<RunStart> start = begin_run(*database, 1, 1, "{}");
  if (!start) ::_exit(4);
  Result<std::unique_ptr<Writer>> writer =
      Writer::start(std::move(*database), start->run_id, {7, 1u << 20, 2});
  if (!writer) ::_exit(5);
  for (int64_t n = done_before + 1;; ++n) {
    (*writer)->submit(numbered_unit(n));
    if ((*writer)->queued_bytes() > 200'000) (*writer)->flush();
    pollfd ready{(*writer)->notify_fd(), POLLIN, 0};
    ::poll(&ready, 1, (*writer)->queued_bytes() > 200'000 ? 1'000 : 0);
    for (const WriterReply& reply : (*writer)->take_replies()) {
      const auto* committed = std::get_if<Committed>(&reply);
      if (committed == nullptr) ::_exit(6);
      const int64_t safe = done_before + static_cast<int64_t>(committed->ticket);
      if (::write(acknowledge, &safe, sizeof safe) != static_cast<ssize_t>(sizeof safe)) ::_exit(7);
    }
  }
}

// Reads acknowledgements until `enough` have come, kills, reads the rest; returns the last one.
int64_t kill_after(pid_t child, int acknowledgements, int enough) {
  int64_t safe = 0;
  int64_t value = 0;
  int count = 0;
  while (::read(acknowledgements, &value, sizeof value) == static_cast<ssize_t>(sizeof value)) {
    safe = value;
    if (++count == enough) ::kill(child, SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CAPTURE(status);
  REQUIRE(WIFSIGNALED(status));
  return safe;
}

// The number of units in the database, all of them whole.
int64_t whole_units(const std::string& path) {
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  REQUIRE(query_text(*database, "PRAGMA integrity_check") == "ok");
  const auto count = [&](const char* sql) { return std::stoll(query_text(*database, sql)); };
  const int64_t pages = count("SELECT count(*) FROM page");
  CHECK(count("SELECT count(*) FROM url") == pages * kUrlsPerUnit);
  CHECK(count("SELECT ifnull(max(id), 0) FROM url") == pages * kUrlsPerUnit);
  CHECK(count("SELECT count(*) FROM url WHERE state = 'done'") == pages);
  CHECK(count("SELECT count(*) FROM link") == pages * kUrlsPerUnit);
  CHECK(count("SELECT ifnull(sum(refs), 0) FROM content") == pages);
  CHECK(count("SELECT count(*) FROM visit") == pages);
  CHECK(count("SELECT ifnull(max(content_hash), 0) FROM page") == pages);
  CHECK(count("SELECT ifnull(sum(pages), 0) FROM host") == pages);
  CHECK(count("SELECT ifnull(sum(pages), 0) FROM run") == pages);
  return pages;
}

}  // namespace

TEST_CASE("kill: nothing that was committed is lost and no unit is torn", "[kill]") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  int64_t stored = 0;
  for (int round = 0; round < 12; ++round) {
    CAPTURE(round);
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(pipe[0]);
      write_until_killed(path, stored, pipe[1]);
    }
    ::close(pipe[1]);
    const int64_t safe = kill_after(child, pipe[0], 1 + static_cast<int>(random() % 40));
    ::close(pipe[0]);
    stored = whole_units(path);
    REQUIRE(stored >= safe);
  }
  CHECK(stored > 12);
}

TEST_CASE("kill: a database whose making was interrupted can be made", "[kill]") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    const ScratchFolder dir;
    const std::string path = dir.path("crawl.db");
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      if (::write(pipe[1], "x", 1) == 1) {
        const Result<Database> made = Database::open_writer(path);
        ::_exit(made ? 0 : 1);
      }
      ::_exit(2);
    }
    char byte = 0;
    REQUIRE(::read(pipe[0], &byte, 1) == 1);
    // A moment measured in system calls, not in time.
    for (auto i = random() % 8'000; i > 0; --i) ::access(path.c_str(), F_OK);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
    const Result<Database> database = Database::open_writer(path);
    if (!database) FAIL(database.error().message());
  }
}
