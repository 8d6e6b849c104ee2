// SPDX-License-Identifier: MIT
// A small crawl's writes on a disk in memory, which loses power after any of them and fails in any
// of them. Whatever happens: the database opens, is whole, has everything that was acknowledged,
// and nothing by half.
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <unordered_map>
#include <utility>

#include "storage/integrity.h"
#include "tests/campaigns/disk_workload.h"
#include "tests/storage/storage_support.h"
#include "tests/support/campaign.h"
#include "tests/support/memory_disk.h"
#include "tests/support/power_cut.h"

using namespace crawl;
using namespace crawl::test;

namespace {

class Xxh3 final : public ContentHasher {
 public:
  ~Xxh3() override { XXH3_freeState(state_); }
  void reset() override { XXH3_64bits_reset(state_); }
  void update(std::string_view bytes) override {
    XXH3_64bits_update(state_, bytes.data(), bytes.size());
  }
  uint64_t digest() const override { return XXH3_64bits_digest(state_); }

 private:
  XXH3_state_t* state_ = XXH3_createState();
};

uint64_t hash_of(const DiskFiles& files) {
  uint64_t hash = files.size();
  for (const auto& [name, content] : files) {
    hash = XXH3_64bits_withSeed(name.data(), name.size(), hash);
    hash = XXH3_64bits_withSeed(content.data(), content.size(), hash);
  }
  return hash;
}

// What the production code makes of what a disk holds.
struct Found {
  int64_t state = -1;  // which state of the crawl it is
  std::string wrong;   // "": all is well
};

std::string check_whole(Database& database) {
  Xxh3 hasher;
  const Result<IntegrityReport> report = check_integrity(database, hasher);
  if (!report) return report.error().message();
  std::string wrong;
  for (const Violation& one : report->violations) {
    wrong += one.rule + (one.examples.empty() ? "" : " (" + one.examples[0] + ")") + "; ";
  }
  return wrong;
}

// SQLite's own check, and the rows: as they are those of a known state, what must hold between them
// does.
Found look_at(const DiskWorkload& crawl, const std::string& directory) {
  Found found;
  Result<Database> database = Database::open_writer(DiskWorkload::path(directory));
  if (!database) {
    found.wrong = "does not open: " + database.error().message();
    return found;
  }
  const std::string sound = query_text(*database, "PRAGMA integrity_check");
  if (sound != "ok") found.wrong = sound + "; ";
  const Result<uint64_t> digest = digest_of(*database);
  if (!digest) {
    found.wrong += digest.error().message();
    return found;
  }
  found.state = crawl.state_of(*digest);
  if (found.state < 0) found.wrong += "no state that the crawl was ever in";
  return found;
}

// Also goes on from there, with another run, and looks at what that leaves.
Found look_and_go_on(const DiskWorkload& crawl, const std::string& directory, MemoryDisk& disk) {
  disk.show_in(directory);
  Found found = look_at(crawl, directory);
  if (!found.wrong.empty()) return found;
  const Result<size_t> went_on = crawl.go_on(disk, directory);
  if (!went_on) {
    found.wrong = "does not go on: " + went_on.error().message();
    return found;
  }
  disk.show_in(directory);
  Result<Database> database = Database::open_reader(DiskWorkload::path(directory));
  found.wrong = database ? check_whole(*database) : database.error().message();
  if (!found.wrong.empty()) found.wrong = "having gone on: " + found.wrong;
  return found;
}

std::string listing(const DiskFiles& files) {
  std::string text;
  for (const auto& [name, content] : files) {
    text += name + ": " + std::to_string(content.size()) + " B; ";
  }
  return text;
}

// Images, each looked at once, however often it turns up.
class Images {
 public:
  Images(const DiskWorkload& crawl, std::string directory)
      : crawl_(crawl), directory_(std::move(directory)) {}

  void check(const DiskFiles& files, int64_t acknowledged) {
    ++count_;
    const auto [known, fresh] = known_.try_emplace(hash_of(files));
    if (fresh) {
      MemoryDisk disk(files);
      disk.show_in(directory_);
      const bool further = known_.size() % 8 == 0;
      known->second =
          further ? look_and_go_on(crawl_, directory_, disk) : look_at(crawl_, directory_);
    }
    const Found& found = known->second;
    // An empty disk is what it was before anything was acknowledged; opening it makes state 0.
    const bool lost = found.state + 1 < acknowledged;
    if (found.wrong.empty() && !lost) return;
    CAPTURE(listing(files), found.state, acknowledged);
    FAIL((lost && found.wrong.empty() ? "an acknowledged transaction is lost" : found.wrong));
  }
  int64_t count() const { return count_; }
  size_t distinct() const { return known_.size(); }

 private:
  const DiskWorkload& crawl_;
  const std::string directory_;
  std::unordered_map<uint64_t, Found> known_;
  int64_t count_ = 0;
};

struct Mark {
  size_t change = 0;  // before this one
  int64_t acknowledged = 0;
};

// Once after every change.
void cut_everywhere(const std::vector<DiskChange>& changes, const std::vector<Mark>& marks,
                    PowerCut::Random& random, Images& images) {
  PowerCut cut;
  size_t mark = 0;
  for (size_t i = 0; i <= changes.size(); ++i) {
    if (i > 0) cut.advance(changes[i - 1]);
    while (mark < marks.size() && marks[mark].change <= i) ++mark;
    const int64_t acknowledged = mark == 0 ? 0 : marks[mark - 1].acknowledged;
    CAPTURE(i, changes.size());
    // These are always the same.
    if (random() % 4 == 0) images.check(cut.everything(), acknowledged);
    if (random() % 4 == 0) images.check(cut.synced(), acknowledged);
    if (!cut.all_synced()) images.check(cut.chance(random), acknowledged);
  }
}

}  // namespace

TEST_CASE("disk: a power cut at any moment loses nothing that was acknowledged", "[disk]") {
  const uint64_t seed = test_seed();
  CAPTURE(seed);
  PowerCut::Random random(seed);
  const ScratchFolder rehearsal;
  const ScratchFolder dir;
  DiskWorkload crawl(seed, scaled(DiskWorkload::Shape{2, 40, 3, 128 << 10},
                                  DiskWorkload::Shape{3, 60, 3, 128 << 10}));
  crawl.rehearse(rehearsal.folder());

  MemoryDisk recorded;
  std::vector<Mark> marks;
  const Life life = crawl.live(recorded, dir.folder(), [&](int64_t acknowledged) {
    marks.push_back({recorded.changes().size(), acknowledged});
  });
  REQUIRE_FALSE(life.failure);
  REQUIRE(life.wrong.empty());
  REQUIRE(life.acknowledged == static_cast<int64_t>(crawl.states()));

  Images images(crawl, dir.folder());
  const size_t wanted = scaled<size_t>(1'000, 100'000);
  while (images.distinct() < wanted) cut_everywhere(recorded.changes(), marks, random, images);
  std::printf("%zu changes of %zu states: %lld images, %zu distinct\n", recorded.changes().size(),
              crawl.states(), static_cast<long long>(images.count()), images.distinct());
}

namespace {

struct FaultKind {
  const char* name;
  DiskCall call;
  int error;
  bool half = false;
  bool growth_only = false;
  bool all = false;
};

constexpr FaultKind kFaults[] = {
    {"no space", DiskCall::kWrite, ENOSPC},
    {"no space left to grow", DiskCall::kWrite, ENOSPC, false, true},
    {"a write gets through by half", DiskCall::kWrite, ENOSPC, true},
    {"a quota", DiskCall::kWrite, EDQUOT},
    {"a write fails", DiskCall::kWrite, EIO},
    {"a sync fails", DiskCall::kSync, EIO},
    {"a sync finds no space", DiskCall::kSync, ENOSPC},
    {"a read fails", DiskCall::kRead, EIO},
    {"a file cannot be opened", DiskCall::kOpen, EMFILE},
    {"a file cannot be created", DiskCall::kOpen, ENOSPC, false, true},
    {"a truncation fails", DiskCall::kTruncate, EIO},
    {"a removal fails", DiskCall::kRemove, EROFS},
    {"a size cannot be told", DiskCall::kSize, EIO},
    {"the log's index cannot grow", DiskCall::kIndex, ENOSPC},
    {"a lock fails", DiskCall::kLock, ENOLCK},
    {"the disk breaks in a write", DiskCall::kWrite, EIO, false, false, true},
    {"the disk breaks in a sync", DiskCall::kSync, EIO, false, false, true},
};

// What the next run finds, must be whole and have all that was acknowledged; and it goes on.
void check_aftermath(const DiskWorkload& crawl, const std::string& directory, MemoryDisk& disk,
                     const Life& life) {
  if (!life.wrong.empty()) FAIL(life.wrong);
  const std::string failure = life.failure ? life.failure->message() : "none";
  CAPTURE(failure, life.acknowledged);
  const Found found = look_and_go_on(crawl, directory, disk);
  CAPTURE(found.state);
  if (!found.wrong.empty()) FAIL(found.wrong);
  if (found.state + 1 < life.acknowledged) FAIL("an acknowledged transaction is lost");
}

void check_message(const Life& life, const FaultKind& kind) {
  if (!life.failure) return;
  CAPTURE(life.failure->message());
  if (life.failure->message().find("crawl.db") == std::string::npos) FAIL("no path in the message");
  const bool full = kind.call == DiskCall::kWrite && (kind.error == ENOSPC || kind.error == EDQUOT);
  if (full && life.failure->code != Errc::kFull) FAIL("not told as a full disk");
}

// Also what a power cut just then leaves.
void check_power_cut(const DiskWorkload& crawl, const std::string& directory,
                     const std::vector<DiskChange>& changes, const Life& life,
                     PowerCut::Random& random) {
  PowerCut cut;
  for (const DiskChange& change : changes) cut.advance(change);
  for (const DiskFiles& files : {cut.synced(), cut.chance(random)}) {
    MemoryDisk disk(files);
    CAPTURE(listing(files));
    check_aftermath(crawl, directory, disk, life);
  }
}

// The numbers of the calls that fail in turn: all, or some by chance.
std::vector<int64_t> some_of(int64_t count, int64_t wanted, PowerCut::Random& random) {
  std::vector<int64_t> chosen;
  if (wanted >= count) {
    for (int64_t at = 1; at <= count; ++at) chosen.push_back(at);
  } else {
    for (int64_t i = 0; i < wanted; ++i) {
      chosen.push_back(1 + static_cast<int64_t>(random() % static_cast<uint64_t>(count)));
    }
  }
  return chosen;
}

struct Rehearsed {
  explicit Rehearsed(uint64_t seed) : crawl(seed, {2, 20, 3, 100 << 10}) {
    const ScratchFolder place;
    crawl.rehearse(place.folder());
  }
  const ScratchFolder dir;
  DiskWorkload crawl;
};

}  // namespace

TEST_CASE("disk: a fault in any step is reported and loses nothing", "[disk]") {
  const uint64_t seed = test_seed();
  PowerCut::Random random(seed);
  const Rehearsed rehearsed(seed);
  const std::string directory = rehearsed.dir.folder();
  int64_t lives = 0;
  int64_t failures = 0;
  for (const FaultKind& kind : kFaults) {
    int64_t count = 0;
    {
      MemoryDisk disk;
      const Life life = rehearsed.crawl.live(disk, directory);
      REQUIRE_FALSE(life.failure);
      count = disk.calls(kind.call);
    }
    REQUIRE(count > 0);
    for (const int64_t at : some_of(count, scaled<int64_t>(6, 1'000'000), random)) {
      for (const bool for_good : {false, true}) {
        CAPTURE(seed, kind.name, at, count, for_good);
        MemoryDisk disk;
        disk.fail({kind.call, at, for_good, kind.error, kind.half, kind.growth_only, kind.all});
        const Life life = rehearsed.crawl.live(disk, directory);
        disk.fail({});
        check_message(life, kind);
        // As long as it did not fail, nothing may be missing.
        if (!life.failure) REQUIRE(life.acknowledged == int64_t(rehearsed.crawl.states()));
        const std::vector<DiskChange> changes = disk.changes();
        check_aftermath(rehearsed.crawl, directory, disk, life);
        check_power_cut(rehearsed.crawl, directory, changes, life, random);
        ++lives;
        failures += life.failure ? 1 : 0;
      }
    }
  }
  std::printf("%lld crawls with a fault, %lld of them failed of it\n",
              static_cast<long long>(lives), static_cast<long long>(failures));
  CHECK(failures * 3 > lives);
}

// What a failed sync did not store stays readable until the power fails, and no later sync stores
// it. The next run must not build on it.
TEST_CASE("disk: after a failed sync the next run's pages survive a power cut", "[disk]") {
  const uint64_t seed = test_seed();
  PowerCut::Random random(seed);
  const Rehearsed rehearsed(seed);
  const std::string directory = rehearsed.dir.folder();
  int64_t count = 0;
  {
    MemoryDisk disk;
    REQUIRE_FALSE(rehearsed.crawl.live(disk, directory).failure);
    count = disk.calls(DiskCall::kSync);
  }
  for (const int64_t at : some_of(count, scaled<int64_t>(30, 1'000'000), random)) {
    CAPTURE(seed, at, count);
    MemoryDisk disk;
    disk.fail({DiskCall::kSync, at, true, EIO});
    const Life life = rehearsed.crawl.live(disk, directory);
    disk.fail({});
    const Result<size_t> acknowledged_at = rehearsed.crawl.go_on(disk, directory);
    if (!acknowledged_at) FAIL(acknowledged_at.error().message());
    PowerCut cut;
    for (size_t i = 0; i < *acknowledged_at; ++i) cut.advance(disk.changes()[i]);
    MemoryDisk after(cut.synced());
    after.show_in(directory);
    Result<Database> database = Database::open_writer(DiskWorkload::path(directory));
    if (!database) FAIL(database.error().message());
    CHECK(check_whole(*database).empty());
    CHECK(query_text(*database, "SELECT title FROM pages WHERE url = 'http://last.example/'") ==
          "Last");
  }
}
