// SPDX-License-Identifier: MIT
#include "storage/database_disk.h"

#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

TEST_CASE("database disk: with more to store than there is room, it says how much is needed",
          "[disk]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  const DatabaseDisk disk(path);  // of a file that is yet to be made
  CHECK(disk.check(0));
  const Result<void> full = disk.check(size_t{1} << 60);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == Errc::kFull);
  CHECK(full.error().message().find(path) == 0);
  CHECK(full.error().message().find(" free on its disk, and ") != std::string::npos);
  CHECK(full.error().message().find("2.0 EiB are kept in reserve") != std::string::npos);
}

TEST_CASE("database disk: the log's length is bounded by the disk's", "[disk]") {
  const ScratchFolder dir;
  const int64_t bytes = DatabaseDisk(dir.path("crawl.db")).log_bytes();
  CHECK(bytes >= 1 << 20);
  CHECK(bytes <= 64 << 20);
}

TEST_CASE("database disk: a file that was removed or replaced is noticed", "[disk]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_file(path, "one");
  write_file(dir.path("other"), "two");
  const DatabaseDisk disk(path);
  CHECK(disk.check(0));
  write_file(path, "longer");
  CHECK(disk.check(0));
  std::filesystem::remove(path);
  CHECK(disk.check(0).error().message() ==
        path + " has been removed while it was written: what it had is lost with it");
  std::filesystem::rename(dir.path("other"), path);
  CHECK(disk.check(0).error().message() ==
        path + " has been replaced while it was written: what it had is lost with it");
}
