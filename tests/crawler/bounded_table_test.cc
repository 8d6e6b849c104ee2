// SPDX-License-Identifier: MIT
#include "crawler/bounded_table.h"

#include <random>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

struct Entry {
  uint64_t key = 0;
  uint32_t count = 0;
  uint64_t weight() const { return count; }
};

constexpr size_t kSlots = 1024;
constexpr size_t kBytesMax = 2 * kSlots * sizeof(Entry);

}  // namespace

TEST_CASE("bounded_table: what fits is kept", "[bounded_table]") {
  BoundedTable<Entry> table(size_t{1} << 20);
  CHECK(table.bytes() == 0);
  CHECK(table.find(1) == nullptr);
  std::mt19937_64 random(1);
  std::vector<uint64_t> keys(20'000);
  for (uint64_t& key : keys) key = random() | 1;
  for (uint32_t round = 1; round <= 3; ++round) {
    for (const uint64_t key : keys) REQUIRE(++table.at(key).count == round);
  }
  for (const uint64_t key : keys) {
    const Entry* entry = table.find(key);
    REQUIRE(entry != nullptr);
    CHECK(entry->key == key);
    CHECK(entry->count == 3);
  }
  CHECK(table.find(2) == nullptr);
}

TEST_CASE("bounded_table: at its bound it forgets what weighs least", "[bounded_table]") {
  BoundedTable<Entry> table(kSlots);
  std::mt19937_64 random(2);
  std::vector<uint64_t> heavy(100);
  for (uint64_t& key : heavy) {
    key = random() | 1;
    table.at(key).count = 1000;
  }
  for (int i = 0; i < 100'000; ++i) ++table.at(random() | 1).count;
  CHECK(table.bytes() < kBytesMax);
  for (const uint64_t key : heavy) {
    const Entry* entry = table.find(key);
    REQUIRE(entry != nullptr);
    CHECK(entry->count == 1000);
  }
}

TEST_CASE("bounded_table: keys that fall together do not make it grow past its bound",
          "[bounded_table]") {
  BoundedTable<Entry> table(kSlots);
  for (uint64_t i = 1; i < 10'000; ++i) ++table.at(i << 32).count;
  CHECK(table.bytes() < kBytesMax);
  CHECK(table.find(uint64_t{9'999} << 32) != nullptr);
}

}  // namespace crawl
