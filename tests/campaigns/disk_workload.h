// SPDX-License-Identifier: MIT
#pragma once

// A small crawl in several runs, as the coordinator hands it to storage/: always the same for a
// seed. Its database passes through a known row of states, one for each transaction.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "storage/database.h"
#include "storage/resume.h"
#include "storage/writer.h"
#include "tests/support/memory_disk.h"

namespace crawl::test {

// What became of one go through the crawl: how many of its states were acknowledged, that is,
// promised to survive anything; and what ended it early.
struct Life {
  int64_t acknowledged = 0;
  std::optional<Error> failure;
  std::string wrong;  // a promise that was broken on the way; "" : none
};

class DiskWorkload {
 public:
  struct Shape {
    int runs = 3;
    int units = 120;  // of each run
    int commit_units = 3;
    int64_t checkpoint_bytes = 256 << 10;
  };
  DiskWorkload(uint64_t seed, const Shape& shape);

  // On real files, in `directory`: learns the states.
  void rehearse(const std::string& directory);
  // On the disk that is mounted; ends at the first failure, as a crawl does. `acknowledge` is told
  // of each acknowledgement before the next change of the disk.
  using Acknowledge = std::function<void(int64_t acknowledged)>;
  Life live(
      MemoryDisk& disk, const std::string& directory,
      const Acknowledge& acknowledge = [](int64_t) {}) const;
  // One more run after whatever happened before: opens, stores a page more, ends. Returns how many
  // changes of the disk there were when that page was acknowledged.
  Result<size_t> go_on(MemoryDisk& disk, const std::string& directory) const;

  size_t states() const { return states_.size(); }
  // The last state whose rows are these; -1: none.
  int64_t state_of(uint64_t digest) const;

  static std::string path(const std::string& directory) { return directory + "/crawl.db"; }

 private:
  struct KnownUrl {
    int64_t id = 0;
    int64_t host = 0;
    int fetches = 0;
    bool pending = true;
    bool skipped = false;
  };
  using Transaction = std::function<void()>;  // called after each

  void make_run(int run);
  WriteUnit first_unit();
  WriteUnit next_unit();
  WriteUnit page_of(KnownUrl& url);
  WriteUnit other_unit();
  void link(const KnownUrl& from, WriteUnit& unit);
  PageRow good_page(const KnownUrl& url);
  std::string_view words(size_t bytes);
  uint64_t chance(uint64_t below) { return random_() % below; }

  Result<RunStart> begin(Database& database, int run, const Transaction& done) const;
  Writer::Options writer_options() const;
  void rehearse_run(const std::string& directory, int run);
  void learn(const std::string& directory);

  const Shape shape_;
  std::mt19937_64 random_;
  std::deque<std::string> texts_;  // what the rows' views point into
  std::vector<KnownUrl> urls_;
  int64_t now_ = 1'000'000;
  std::vector<std::vector<WriteUnit>> units_;  // by run
  std::vector<uint64_t> states_;
  std::unordered_map<uint64_t, int64_t> state_of_;
};

// A hash of all rows, without what is random in a database.
Result<uint64_t> digest_of(Database& database);

}  // namespace crawl::test
