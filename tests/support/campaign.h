// SPDX-License-Identifier: MIT
#pragma once

// How long a campaign is, and by which chance.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace crawl {

// `brief` among the tests, `full` when tests/campaign runs it.
template <typename T>
T scaled(T brief, T full) {
  const char* wanted = std::getenv("CRAWL_CAMPAIGN");
  return wanted != nullptr && std::string_view(wanted) == "full" ? full : brief;
}

// CRAWL_TEST_SEED, or another one each time; printed, so that what happened can be repeated.
inline uint64_t test_seed() {
  const char* given = std::getenv("CRAWL_TEST_SEED");
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10)
                                         : static_cast<uint64_t>(now.tv_nsec) % 1'000'000'007;
  std::printf("CRAWL_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

}  // namespace crawl
