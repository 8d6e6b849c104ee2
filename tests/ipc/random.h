// SPDX-License-Identifier: MIT
#pragma once

// Random input for property tests. The seed is fresh for each run and printed by a failing case
// (CAPTURE(seed)); CRAWL_TEST_SEED=number repeats it.

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace crawl::test {

inline uint64_t random_seed() {
  if (const char* fixed = std::getenv("CRAWL_TEST_SEED")) return std::strtoull(fixed, nullptr, 10);
  return std::random_device{}();
}

// A number from 0 to below - 1.
inline uint64_t pick(std::mt19937_64& random, uint64_t below) { return random() % below; }

// The bytes of message `index`: whoever knows the seed can tell whether they arrived whole. Sizes
// favour the small, with some longer than a ring of `ring_bytes`.
inline std::string numbered_message(uint64_t seed, uint64_t index, size_t ring_bytes) {
  std::mt19937_64 random(seed * 1'000'003 + index);
  const uint64_t kind = pick(random, 20);
  const size_t size = kind == 0  ? pick(random, 5 * ring_bytes)
                      : kind < 4 ? pick(random, ring_bytes)
                                 : pick(random, 100);
  std::string message(size, '\0');
  for (char& c : message) c = static_cast<char>(random() & 0xff);
  return message;
}

}  // namespace crawl::test
