// SPDX-License-Identifier: MIT
#include "archive/warc_files.h"

#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/scratch_folder.h"

using namespace crawl;

using Resumed = WarcFiles::Resumed;

namespace {

class Folder : public test::ScratchFolder {
 public:
  WarcFiles files(WarcFiles::End end = {}) const {
    return {{folder(), "p", 1'000, "a: b\r\n"}, end};
  }
  auto size(const std::string& name) const { return std::filesystem::file_size(path(name)); }
};

constexpr int64_t kNow = 1'700'000'000'123;
const std::string kName = "p-20231114221320123-00000.warc.gz";

WarcFiles::Place add(WarcFiles& files) {
  WarcRecord record;
  record.type = "metadata";
  record.id = new_record_id();
  const Result<WarcFiles::Place> place = files.append(encode_header(record), record);
  REQUIRE(place);
  return *place;
}

WarcFiles begun(const Folder& folder) {
  WarcFiles files = folder.files();
  files.plan(kNow);
  REQUIRE(files.begin(kNow));
  return files;
}

}  // namespace

TEST_CASE("warc files: one that is being written says so in its name", "[archive]") {
  const Folder folder;
  WarcFiles files = begun(folder);
  const WarcFiles::Place first = add(files);
  const WarcFiles::Place second = add(files);
  CHECK(first.file == kName);
  CHECK(first.offset > 0);  // behind the warcinfo
  CHECK(second.offset == first.offset + first.length);
  CHECK(folder.size(kName + ".open") == second.offset + second.length);
  REQUIRE(files.close());
  CHECK(folder.size(kName) == second.offset + second.length);
  CHECK(files.end().serial == 1);
  CHECK(files.end().file.empty());
}

TEST_CASE("warc files: what a crash left behind the known end is cut off", "[archive]") {
  const Folder folder;
  WarcFiles::End known;
  {
    WarcFiles files = begun(folder);
    add(files);
    known = files.end();
    add(files);
  }
  WarcFiles files = folder.files(known);
  REQUIRE(*files.resume() == Resumed::kOpen);
  CHECK(static_cast<int64_t>(folder.size(kName + ".open")) == known.bytes);
  CHECK(static_cast<int64_t>(add(files).offset) == known.bytes);
}

TEST_CASE("warc files: one that has its name stays closed", "[archive]") {
  const Folder folder;
  WarcFiles::End known;
  {
    WarcFiles files = begun(folder);
    add(files);
    known = files.end();
    REQUIRE(files.close());
  }
  WarcFiles files = folder.files(known);
  CHECK(*files.resume() == Resumed::kClosed);
  CHECK(std::filesystem::exists(folder.path(kName)));  // it never changes
  CHECK_FALSE(files.is_open());
  files.forget();
  CHECK(files.end().file.empty());
  CHECK(files.end().serial == known.serial);
}

TEST_CASE("warc files: one that had no more than a name is removed", "[archive]") {
  const Folder folder;
  WarcFiles planned = folder.files();
  planned.plan(kNow);
  const WarcFiles::End known = planned.end();
  REQUIRE(planned.begin(kNow));
  WarcFiles files = folder.files(known);
  CHECK(*files.resume() == Resumed::kNone);
  CHECK_FALSE(std::filesystem::exists(folder.path(kName + ".open")));
  CHECK(files.end().file.empty());
  CHECK(files.end().serial == 1);
}

TEST_CASE("warc files: one that is gone, or shorter than is known, is not taken up", "[archive]") {
  const Folder folder;
  WarcFiles gone = folder.files({kName, 100, 1});
  CHECK(*gone.resume() == Resumed::kLost);
  std::ofstream(folder.path(kName + ".open")) << "short";
  WarcFiles shorter = folder.files({kName, 100, 1});
  CHECK(*shorter.resume() == Resumed::kLost);
  CHECK(folder.size(kName + ".open") == 5);
  std::ofstream(folder.path("closed.warc.gz")) << "short";
  WarcFiles cut = folder.files({"closed.warc.gz", 100, 1});
  CHECK(*cut.resume() == Resumed::kLost);
}
