// SPDX-License-Identifier: MIT
#include "crawler/seen_table.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

TEST_CASE("seen table: what was put is found, with its mark", "[seen]") {
  SeenTable table(42);
  for (int64_t id = 1; id <= 100'000; ++id) {
    table.put(table.fingerprint("http://h/" + std::to_string(id)), {id, id % 3 == 0});
  }
  CHECK(table.size() == 100'000);
  bool all = true;
  for (int64_t id = 1; id <= 100'000; ++id) {
    const auto entry = table.find(table.fingerprint("http://h/" + std::to_string(id)));
    all = all && entry && entry->id == id && entry->skipped == (id % 3 == 0);
  }
  CHECK(all);
  CHECK_FALSE(table.find(table.fingerprint("http://h/0")));
}

TEST_CASE("seen table: putting again replaces", "[seen]") {
  SeenTable table(1);
  const uint64_t fingerprint = table.fingerprint("http://h/");
  table.put(fingerprint, {7, true});
  table.put(fingerprint, {7, false});
  CHECK(table.size() == 1);
  CHECK_FALSE(table.find(fingerprint)->skipped);
}

TEST_CASE("seen table: the seed changes every fingerprint", "[seen]") {
  CHECK(SeenTable(1).fingerprint("http://h/") != SeenTable(2).fingerprint("http://h/"));
}

TEST_CASE("seen table: memory stays below 40 bytes a URL", "[seen]") {
  SeenTable table(7);
  for (uint64_t i = 1; i <= 1'000'000; ++i)
    table.put(i * 0x9E3779B97F4A7C15ULL, {static_cast<int64_t>(i), false});
  CHECK(table.memory_bytes() / table.size() <= 40);
}

}  // namespace
}  // namespace crawl
