// SPDX-License-Identifier: MIT
#include "storage/archive_state.h"

#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

std::string lines_of(ArchiveState& state) {
  std::string all;
  REQUIRE(state.for_each_line([&all](std::string_view line) {
    all.append(line).append(" ");
    return true;
  }));
  return all;
}

}  // namespace

TEST_CASE("archive state: remembers where an archive is, and the lines of its index", "[archive]") {
  const ScratchFolder dir;
  {
    Result<ArchiveState> state = ArchiveState::open(dir.folder());
    REQUIRE(state);
    CHECK(state->position().visit_id == 0);
    REQUIRE(state->commit({7, 3, "f", 10, 1}, {"b", "a"}));
    REQUIRE(state->commit({7, 5, "f", 20, 1}, {"\xC3\xA9", "B"}));
  }
  Result<ArchiveState> state = ArchiveState::open(dir.folder());
  REQUIRE(state);
  CHECK(state->position().source == 7);
  CHECK(state->position().visit_id == 5);
  CHECK(state->position().file == "f");
  CHECK(state->position().bytes == 20);
  CHECK(lines_of(*state) == "B a b \xC3\xA9 ");
  REQUIRE(state->close_file({7, 5, "", 0, 1}));
  CHECK(lines_of(*state).empty());
  CHECK(state->position().file.empty());
}

TEST_CASE("archive state: one of the first format is taken on", "[archive]") {
  const ScratchFolder dir;
  {
    Result<Database> old = Database::open_other(dir.path(".crawl-archive.db"));
    REQUIRE(old);
    REQUIRE(old->execute(
        "CREATE TABLE position(source INTEGER, visit_id INTEGER, file TEXT, bytes INTEGER, serial "
        "INTEGER); INSERT INTO position VALUES(7, 5, 'f', 20, 1); CREATE TABLE line(text TEXT);"
        "PRAGMA user_version=1; PRAGMA application_id=1131566945"));
  }
  {
    Result<ArchiveState> state = ArchiveState::open(dir.folder());
    REQUIRE(state);
    CHECK(state->position().visit_id == 5);
    CHECK(state->position().visit_at == 0);
    REQUIRE(state->commit({7, 6, "g", 1, 2, 99, 5}, {}));
  }
  Result<ArchiveState> state = ArchiveState::open(dir.folder());
  REQUIRE(state);
  CHECK(state->position().visit_at == 99);
  CHECK(state->position().began == 5);
}

TEST_CASE("archive state: one of a newer crawl is left alone", "[archive]") {
  const ScratchFolder dir;
  REQUIRE(ArchiveState::open(dir.folder()));
  {
    Result<Database> newer = Database::open_other(dir.path(".crawl-archive.db"));
    REQUIRE(newer);
    REQUIRE(newer->execute("PRAGMA user_version=3"));
  }
  CHECK(ArchiveState::open(dir.folder()).error().code == Errc::kVersion);
}

TEST_CASE("archive state: one process at a time", "[archive]") {
  const ScratchFolder dir;
  Result<ArchiveState> state = ArchiveState::open(dir.folder());
  REQUIRE(state);
  CHECK(ArchiveState::open(dir.folder()).error().code == Errc::kBusy);
}

TEST_CASE("archive state: what is another program's stays as it is", "[archive]") {
  const ScratchFolder dir;
  {
    Result<Database> theirs = Database::open_other(dir.path(".crawl-archive.db"));
    REQUIRE(theirs);
    REQUIRE(theirs->execute("CREATE TABLE mine(x)"));
  }
  CHECK(ArchiveState::open(dir.folder()).error().code == Errc::kCorrupt);
  CHECK_FALSE(ArchiveState::open(dir.path("none")));
}
