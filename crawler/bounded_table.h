// SPDX-License-Identifier: MIT
#pragma once

// A hash table that forgets the least rather than grow past its bound. An entry lives in one of
// eight neighbouring slots, so every operation looks at two or three cache lines. When the eight
// are taken and the table may not double any more, the entry of the least weight makes room: what
// was counted least is counted again from nothing.
//
// Entry: `uint64_t key` (0: no entry; otherwise evenly distributed, a hash with a secret seed),
// `uint64_t weight() const`, cheap to copy.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace crawl {

template <typename Entry>
class BoundedTable {
 public:
  // `slots_max` is a power of two.
  explicit BoundedTable(size_t slots_max) : slots_max_(slots_max) {}

  // nullptr: not there. Valid until the next at().
  const Entry* find(uint64_t key) const {
    if (slots_.empty()) return nullptr;
    const size_t begin = place(key);
    for (size_t i = begin; i < begin + kWindow; ++i) {
      if (slots_[i].key == key) return &slots_[i];
    }
    return nullptr;
  }

  // The entry, a new one where there was none. Valid until the next at().
  Entry& at(uint64_t key) {
    if (slots_.empty()) slots_.resize(kSlotsMin + kWindow - 1);
    while (true) {
      const size_t begin = place(key);
      size_t chosen = begin;
      for (size_t i = begin; i < begin + kWindow; ++i) {
        if (slots_[i].key == key) return slots_[i];
        if (rank(slots_[i]) < rank(slots_[chosen])) chosen = i;
      }
      if (slots_[chosen].key != 0 && capacity() < slots_max_) {
        grow();
        continue;
      }
      slots_[chosen] = Entry{};
      slots_[chosen].key = key;
      return slots_[chosen];
    }
  }

  size_t bytes() const { return slots_.capacity() * sizeof(Entry); }

 private:
  static constexpr size_t kWindow = 8;
  static constexpr size_t kSlotsMin = 64;

  size_t capacity() const { return slots_.size() - (kWindow - 1); }
  size_t place(uint64_t key) const { return static_cast<size_t>(key) & (capacity() - 1); }
  // An empty slot ranks below all.
  static uint64_t rank(const Entry& entry) { return entry.key == 0 ? 0 : entry.weight() + 1; }

  void grow() {
    std::vector<Entry> old =
        std::exchange(slots_, std::vector<Entry>(2 * capacity() + kWindow - 1));
    for (const Entry& entry : old) {
      if (entry.key == 0) continue;
      const size_t begin = place(entry.key);
      const auto first = slots_.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto least = std::min_element(
          first, first + kWindow, [](const Entry& a, const Entry& b) { return rank(a) < rank(b); });
      if (rank(*least) < rank(entry)) *least = entry;
    }
  }

  const size_t slots_max_;
  std::vector<Entry> slots_;
};

}  // namespace crawl
