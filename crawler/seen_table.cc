// SPDX-License-Identifier: MIT
#include "crawler/seen_table.h"

#include <xxhash.h>

#include <utility>

namespace crawl {

namespace {

// The shard takes the top bits and the slot the bottom ones, so the two are independent.
size_t shard_index(uint64_t fingerprint) { return static_cast<size_t>(fingerprint >> 56); }

}  // namespace

uint64_t SeenTable::fingerprint(std::string_view canonical_url) const {
  const uint64_t hash = XXH3_64bits_withSeed(canonical_url.data(), canonical_url.size(), seed_);
  return hash == 0 ? 1 : hash;
}

size_t SeenTable::slot_of(const Shard& shard, uint64_t fingerprint) {
  const size_t mask = shard.slots.size() - 1;
  size_t at = static_cast<size_t>(fingerprint) & mask;
  while (shard.slots[at].fingerprint != 0 && shard.slots[at].fingerprint != fingerprint) {
    at = (at + 1) & mask;
  }
  return at;
}

std::optional<SeenTable::Entry> SeenTable::find(uint64_t fingerprint) const {
  const Shard& shard = shards_[shard_index(fingerprint)];
  if (shard.slots.empty()) return std::nullopt;
  const Slot& slot = shard.slots[slot_of(shard, fingerprint)];
  if (slot.fingerprint == 0) return std::nullopt;
  return Entry{static_cast<int64_t>(slot.value >> 1), (slot.value & 1) != 0};
}

void SeenTable::put(uint64_t fingerprint, Entry entry) {
  Shard& shard = shards_[shard_index(fingerprint)];
  // Linear probing stays short up to a load of 7/8.
  if ((shard.used + 1) * 8 > shard.slots.size() * 7) grow(shard);
  Slot& slot = shard.slots[slot_of(shard, fingerprint)];
  if (slot.fingerprint == 0) {
    slot.fingerprint = fingerprint;
    ++shard.used;
    ++size_;
  }
  slot.value = static_cast<uint64_t>(entry.id) << 1 | (entry.skipped ? 1 : 0);
}

void SeenTable::grow(Shard& shard) {
  Shard larger;
  larger.slots.resize(shard.slots.empty() ? 16 : shard.slots.size() * 2);
  larger.used = shard.used;
  for (const Slot& slot : shard.slots) {
    if (slot.fingerprint != 0) larger.slots[slot_of(larger, slot.fingerprint)] = slot;
  }
  shard = std::move(larger);
}

size_t SeenTable::memory_bytes() const {
  size_t slots = 0;
  for (const Shard& shard : shards_) slots += shard.slots.capacity();
  return slots * sizeof(Slot) + sizeof(*this);
}

}  // namespace crawl
