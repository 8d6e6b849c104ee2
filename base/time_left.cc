// SPDX-License-Identifier: MIT
#include "base/time_left.h"

#include <algorithm>

namespace crawl {

std::optional<int64_t> time_left_ms(const RunBudget& budget, int64_t elapsed_ms, int64_t pages,
                                    int64_t bytes) {
  constexpr int64_t kEarlyMs = 5'000;  // an average of nothing
  std::optional<int64_t> least;
  const auto consider = [&least](int64_t ms) {
    least = std::max<int64_t>(0, std::min(ms, least.value_or(ms)));
  };
  const auto at_this_rate = [&](int64_t max, int64_t done) {
    if (max == 0 || done == 0 || elapsed_ms < kEarlyMs) return;
    const double ms_each = static_cast<double>(elapsed_ms) / static_cast<double>(done);
    const double left = static_cast<double>(std::max<int64_t>(0, max - done)) * ms_each;
    if (left < 1e15) consider(static_cast<int64_t>(left));
  };
  if (budget.max_time_ms > 0) consider(budget.max_time_ms - elapsed_ms);
  at_this_rate(budget.max_pages, pages);
  at_this_rate(budget.max_bytes, bytes);
  return least;
}

}  // namespace crawl
