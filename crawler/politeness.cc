// SPDX-License-Identifier: MIT
#include "crawler/politeness.h"

#include <algorithm>

namespace crawl {

namespace {

constexpr int64_t kBackoffFirstMs = 1000;
constexpr int kBackoffLevelMax = 20;

}  // namespace

int64_t Politeness::delay_ms() const {
  int64_t delay = options_.delay_ms;
  if (crawl_delay_ms_) {
    delay = std::max(delay, std::min(*crawl_delay_ms_, options_.crawl_delay_max_ms));
  }
  if (backoff_level_ > 0) {
    const int64_t base = std::max(delay, kBackoffFirstMs);
    delay = std::max(delay, std::min(base << backoff_level_, options_.backoff_max_ms));
  }
  return delay;
}

void Politeness::not_before(int64_t at_ms) { next_at_ms_ = std::max(next_at_ms_, at_ms); }

void Politeness::on_start(int64_t now_ms) { not_before(now_ms + delay_ms()); }

void Politeness::on_end(int64_t now_ms, Feedback feedback, int64_t retry_after_ms) {
  if (feedback == Feedback::kStrained) {
    // Requests in flight together fail together: one incident raises the level once.
    const bool same_incident = raised_at_ms_ >= 0 && now_ms < raised_at_ms_ + delay_ms();
    if (!same_incident) {
      backoff_level_ = std::min(backoff_level_ + 1, kBackoffLevelMax);
      raised_at_ms_ = now_ms;
    }
  } else if (backoff_level_ > 0) {
    --backoff_level_;
  }
  not_before(now_ms + delay_ms());
  if (retry_after_ms >= 0) {
    not_before(now_ms + std::min(retry_after_ms, options_.retry_after_max_ms));
  }
}

}  // namespace crawl
