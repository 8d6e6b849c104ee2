// SPDX-License-Identifier: MIT
#pragma once

// Every URL ever seen, as a 64-bit XXH3 fingerprint of its canonical form → its row id: 16 bytes a
// slot, in RAM, rebuilt from the database at start. The fingerprint is seeded per database, so that
// nobody can craft collisions; among 10 million URLs the chance of one by accident is 3 in a
// million.
//
// The table is cut into shards that grow on their own: growing never stops the crawl for long and
// never needs a second copy of the whole.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace crawl {

class SeenTable {
 public:
  struct Entry {
    int64_t id = 0;
    bool skipped = false;  // decided against; a later, better link may change that
  };

  explicit SeenTable(uint64_t seed) : seed_(seed) {}

  uint64_t fingerprint(std::string_view canonical_url) const;
  std::optional<Entry> find(uint64_t fingerprint) const;
  // Adds the entry, or replaces the one that is there.
  void put(uint64_t fingerprint, Entry entry);

  size_t size() const { return size_; }
  size_t memory_bytes() const;

 private:
  struct Slot {
    uint64_t fingerprint = 0;  // 0: free
    uint64_t value = 0;        // id * 2 + skipped
  };
  struct Shard {
    std::vector<Slot> slots;  // a power of two, or empty
    size_t used = 0;
  };
  static constexpr size_t kShards = 256;

  static void grow(Shard& shard);
  // The slot that holds `fingerprint`, or the free one where it belongs.
  static size_t slot_of(const Shard& shard, uint64_t fingerprint);

  uint64_t seed_;
  size_t size_ = 0;
  std::array<Shard, kShards> shards_;
};

}  // namespace crawl
