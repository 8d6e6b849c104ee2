// SPDX-License-Identifier: MIT
#include "base/draft_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/scratch_folder.h"

using namespace crawl;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void put(const DraftFile& draft, std::string_view text) {
  REQUIRE(::write(draft.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("draft file: has its name only once it is whole", "[draft_file]") {
  const test::ScratchFolder folder;
  const std::string path = folder.path("x");
  Result<DraftFile> draft = DraftFile::create(path, IfThere::kRefuse);
  REQUIRE(draft);
  put(*draft, "whole");
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(text_of(path + ".crawl-part") == "whole");
  REQUIRE(draft->finish());
  CHECK(text_of(path) == "whole");
  CHECK_FALSE(std::filesystem::exists(path + ".crawl-part"));
}

TEST_CASE("draft file: one that is given up leaves nothing", "[draft_file]") {
  const test::ScratchFolder folder;
  {
    Result<DraftFile> draft = DraftFile::create(folder.path("x"), IfThere::kRefuse);
    REQUIRE(draft);
    put(*draft, "half");
  }
  CHECK(std::filesystem::is_empty(folder.path("")));
}

TEST_CASE("draft file: replaces nothing unless it is told to", "[draft_file]") {
  const test::ScratchFolder folder;
  const std::string path = folder.path("x");
  std::ofstream(path) << "old";
  CHECK(DraftFile::create(path, IfThere::kRefuse).error().code == Errc::kExists);
  Result<DraftFile> draft = DraftFile::create(path, IfThere::kReplace);
  REQUIRE(draft);
  put(*draft, "new");
  CHECK(text_of(path) == "old");
  REQUIRE(draft->finish());
  CHECK(text_of(path) == "new");
  // What comes to be there meanwhile stays.
  Result<DraftFile> late = DraftFile::create(folder.path("y"), IfThere::kRefuse);
  REQUIRE(late);
  std::ofstream(folder.path("y")) << "theirs";
  CHECK_FALSE(late->finish());
  CHECK(text_of(folder.path("y")) == "theirs");
}

TEST_CASE("draft file: a directory is no file, whatever is told", "[draft_file]") {
  const test::ScratchFolder folder;
  ::mkdir(folder.path("d").c_str(), 0777);
  CHECK(DraftFile::create(folder.path("d"), IfThere::kReplace).error().sys_errno == EISDIR);
  CHECK(DraftFile::create(folder.path("none/x"), IfThere::kReplace).error().sys_errno == ENOENT);
  CHECK(is_about_creating(DraftFile::create(folder.path("none/x"), IfThere::kReplace).error()));
}

TEST_CASE("draft file: of two writers the second leaves, a dead one's draft is taken over",
          "[draft_file]") {
  const test::ScratchFolder folder;
  const std::string path = folder.path("x");
  std::ofstream(path + ".crawl-part") << "left behind by one that was killed";
  {
    const UniqueFd other(::open((path + ".crawl-part").c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::flock(other.fd(), LOCK_EX | LOCK_NB) == 0);
    CHECK(DraftFile::create(path, IfThere::kRefuse).error().code == Errc::kBusy);
    CHECK(text_of(path + ".crawl-part").starts_with("left"));
  }
  Result<DraftFile> draft = DraftFile::create(path, IfThere::kRefuse);
  REQUIRE(draft);
  put(*draft, "mine");
  REQUIRE(draft->finish());
  CHECK(text_of(path) == "mine");
}

TEST_CASE("draft file: what stands where the draft would is left alone, and named",
          "[draft_file]") {
  const test::ScratchFolder folder;
  const std::string path = folder.path("x"), draft = path + ".crawl-part",
                    other = folder.path("other");
  std::ofstream(other) << "mine";
  SECTION("a FIFO, which nobody reads") { REQUIRE(::mkfifo(draft.c_str(), 0600) == 0); }
  SECTION("a symbolic link") { REQUIRE(::symlink(other.c_str(), draft.c_str()) == 0); }
  SECTION("another name of a file") { REQUIRE(::link(other.c_str(), draft.c_str()) == 0); }
  const Result<DraftFile> refused = DraftFile::create(path, IfThere::kReplace);
  REQUIRE_FALSE(refused);
  CHECK(is_about_creating(refused.error()));
  CHECK(refused.error().message().starts_with(draft));
  CHECK(text_of(other) == "mine");
  CHECK(std::filesystem::exists(std::filesystem::symlink_status(draft)));
}

TEST_CASE("draft file: an error names the file that was asked for", "[draft_file]") {
  const test::ScratchFolder folder;
  const Result<DraftFile> refused = DraftFile::create(folder.path("none/x"), IfThere::kReplace);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == folder.path("none/x") + ": No such file or directory");
}

TEST_CASE("make_folder: it is there and can be written into, or the reason", "[draft_file]") {
  const test::ScratchFolder folder;
  REQUIRE(make_folder(folder.path("made")));
  REQUIRE(make_folder(folder.path("made")));
  CHECK(std::filesystem::is_directory(folder.path("made")));
  CHECK(make_folder(folder.path("none/made"))
            .error()
            .message()
            .ends_with("No such file or directory"));
  std::ofstream(folder.path("file")) << "mine";
  CHECK(make_folder(folder.path("file")).error().message() ==
        folder.path("file") + ": Not a directory");
}
