// SPDX-License-Identifier: MIT
#include "crawler/host_queue.h"

#include <iostream>
#include <map>
#include <random>
#include <set>

#include "tests/support/catch.h"

namespace crawl {
namespace {

PendingUrl url(int64_t id, int64_t rank) {
  PendingUrl result;
  result.id = id;
  result.rank = rank;
  result.url = "http://h/" + std::to_string(id);
  return result;
}

// The `url` table's pending rows of one host, as the writer sees them.
class FakeTable {
 public:
  void insert(const PendingUrl& row) { rows_.emplace(HostQueue::Key{row.rank, row.id}, row); }
  void finish(const PendingUrl& row) { rows_.erase({row.rank, row.id}); }
  std::vector<PendingUrl> after(HostQueue::Key key, size_t limit) const {
    std::vector<PendingUrl> result;
    for (auto at = rows_.upper_bound(key); at != rows_.end() && result.size() < limit; ++at) {
      result.push_back(at->second);
    }
    return result;
  }
  size_t size() const { return rows_.size(); }

 private:
  std::map<HostQueue::Key, PendingUrl> rows_;
};

TEST_CASE("host queue: URLs come out by rank, then by id", "[host_queue]") {
  HostQueue queue;
  queue.push(url(3, 1));
  queue.push(url(1, 2));
  queue.push(url(2, 1));
  CHECK(queue.pop(0)->id == 2);
  CHECK(queue.pop(0)->id == 3);
  CHECK(queue.pop(0)->id == 1);
  CHECK_FALSE(queue.pop(0));
}

TEST_CASE("host queue: it is finished only when nothing is held", "[host_queue]") {
  HostQueue queue;
  CHECK(queue.finished());
  queue.push(url(1, 0));
  const auto held = queue.pop(0);
  CHECK_FALSE(queue.finished());
  queue.release(held->id);
  CHECK(queue.finished());
}

TEST_CASE("host queue: a delayed URL is not given before its time", "[host_queue]") {
  HostQueue queue;
  queue.push(url(1, 0));
  queue.delay(*queue.pop(0), 500);
  CHECK_FALSE(queue.pop(499));
  CHECK(queue.ready_ms() == 500);
  CHECK(queue.pop(500)->id == 1);
}

TEST_CASE("host queue: memory stays bounded whatever is pushed", "[host_queue]") {
  HostQueue queue;
  for (int64_t id = 1; id <= 10'000; ++id) queue.push(url(id, 0));
  size_t in_memory = 0;
  while (const auto next = queue.pop(0)) {
    ++in_memory;
    queue.release(next->id);
  }
  CHECK(in_memory == HostQueue::kFrontMax);
  CHECK(queue.wants_load());
  CHECK_FALSE(queue.finished());
}

TEST_CASE("host queue: a resumed host reads its tail and skips what is held", "[host_queue]") {
  HostQueue queue = HostQueue::unloaded();
  REQUIRE(queue.wants_load());
  CHECK(queue.begin_load() == HostQueue::Key{-1, 0});
  queue.finish_load({url(1, 0), url(2, 0)}, false);
  const auto first = queue.pop(0);
  CHECK(first->id == 1);
  queue.push(*first);  // its fetcher died
  CHECK(queue.pop(0)->id == 1);
}

TEST_CASE("host queue: what ends while its tail is being read is not given out again",
          "[host_queue]") {
  HostQueue queue;
  queue.push(url(1, 4));
  REQUIRE(queue.pop(0)->id == 1);
  // A flood of shallower URLs moves the watermark in front of the one that is held.
  for (int64_t id = 2; id <= 400; ++id) queue.push(url(id, 1));
  while (!queue.wants_load()) queue.release(queue.pop(0)->id);
  queue.begin_load();
  queue.release(1);
  queue.finish_load({url(400, 1), url(1, 4)}, false);
  bool again = false;
  while (const auto next = queue.pop(0)) again = again || next->id == 1;
  CHECK_FALSE(again);
}

// Model: every pending row is given out exactly once, whatever the order of pushes, retries,
// requeues, tail readings and finishes.
TEST_CASE("host queue: every row is given out exactly once", "[host_queue]") {
  const auto seed = static_cast<uint32_t>(std::random_device{}());
  std::cout << "host queue model seed " << seed << "\n";
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto dice = [&](int sides) {
    return static_cast<int>(random() % static_cast<uint32_t>(sides));
  };

  FakeTable table;
  HostQueue queue;
  int64_t next_id = 1;
  if (dice(2) == 0) {
    for (; next_id <= 1000; ++next_id) table.insert(url(next_id, dice(4)));
    queue = HostQueue::unloaded();
  }
  std::map<int64_t, PendingUrl> held;
  std::multiset<int64_t> finished;
  std::vector<PendingUrl> reading;
  bool more = false;
  int64_t now = 0;
  int64_t created = next_id - 1;

  for (int step = 0; step < 60'000 || !queue.finished(); ++step) {
    REQUIRE(step < 1'000'000);
    const bool filling = step < 40'000;
    switch (dice(6)) {
      case 0:
      case 1:
        for (int n = filling ? dice(8) : 0; n > 0; --n) {
          const PendingUrl fresh = url(next_id++, dice(6));
          ++created;
          table.insert(fresh);
          queue.push(fresh);
        }
        break;
      case 2:
        if (queue.wants_load()) {
          // The reading happens now; its rows arrive later.
          reading = table.after(queue.begin_load(), HostQueue::kLoadLimit);
          more = reading.size() == HostQueue::kLoadLimit;
        } else if (queue.loading()) {
          queue.finish_load(std::move(reading), more);
          reading.clear();
        }
        break;
      case 3:
        now += 5;
        if (auto next = queue.pop(now)) {
          REQUIRE(held.count(next->id) == 0);
          REQUIRE(finished.count(next->id) == 0);
          held.emplace(next->id, *next);
        }
        break;
      case 4:
      case 5:
        if (held.empty()) break;
        {
          const PendingUrl done = held.begin()->second;
          held.erase(held.begin());
          const int what = dice(10);
          if (what == 0) {
            queue.push(done);
          } else if (what == 1) {
            queue.delay(done, now + dice(200));
          } else {
            table.finish(done);
            queue.release(done.id);
            finished.insert(done.id);
          }
        }
        break;
    }
  }
  CHECK(table.size() == 0);
  CHECK(static_cast<int64_t>(finished.size()) == created);
}

}  // namespace
}  // namespace crawl
