// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

namespace crawl {

// Where a run stops; 0: no limit.
struct RunBudget {
  int64_t max_pages = 0;
  int64_t max_bytes = 0;
  int64_t max_time_ms = 0;
};

// How long it takes until the first limit is reached, by the average so far: the rate of the moment
// would make it jump. nullopt: there is none, or it is too early to tell.
std::optional<int64_t> time_left_ms(const RunBudget& budget, int64_t elapsed_ms, int64_t pages,
                                    int64_t bytes);

}  // namespace crawl
