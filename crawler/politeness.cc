// SPDX-License-Identifier: MIT
#include "crawler/politeness.h"

#include <algorithm>

namespace crawl {

namespace {

constexpr int64_t kBackoffFirstMs = 1000;
constexpr int64_t kBackoffLevelMax = 20;
constexpr int64_t kJitterParts = 4;  // up to a quarter
constexpr int64_t kSmoothing = 4;    // a new latency counts for a quarter
constexpr int64_t kLatencyMaxMs = 60'000;

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t next_random(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

int64_t rest_of_pause_ms(int64_t next_at_wall_ms, int64_t now_wall_ms, int64_t delay_ms) {
  const int64_t longest =
      std::max(Politeness::Options().retry_after_max_ms, delay_ms + delay_ms / kJitterParts + 1);
  const int64_t rest = next_at_wall_ms - now_wall_ms;
  return rest > longest ? delay_ms : std::max<int64_t>(rest, 0);
}

Politeness::Politeness(const Options& options, int64_t host_id)
    : options_(options), random_(options.jitter_seed + static_cast<uint64_t>(host_id)) {
  random_ = next_random(random_);  // neighbours are far apart
}

int64_t Politeness::steady_delay_ms() const {
  int64_t delay = options_.delay_ms;
  if (crawl_delay_ms_) {
    delay = std::max(delay, std::min(*crawl_delay_ms_, options_.crawl_delay_max_ms));
  }
  if (options_.delay_ms > 0) {
    const double scaled = options_.delay_factor * static_cast<double>(latency_ms_);
    const double capped = std::min(scaled, static_cast<double>(options_.latency_delay_max_ms));
    delay = std::max(delay, static_cast<int64_t>(capped));
  }
  return delay;
}

int64_t Politeness::delay_ms() const {
  const int64_t delay = steady_delay_ms();
  if (backoff_level_ == 0) return delay;
  const int64_t base = std::max(delay, kBackoffFirstMs);
  return std::max(delay, std::min(base << backoff_level_, options_.backoff_max_ms));
}

int64_t Politeness::jitter_ms() {
  if (backoff_level_ == 0) return 0;
  const auto range = static_cast<uint64_t>(delay_ms() / kJitterParts + 1);
  return static_cast<int64_t>(next_random(random_) % range);
}

void Politeness::not_before(int64_t at_ms) { next_at_ms_ = std::max(next_at_ms_, at_ms); }

void Politeness::restore(int64_t backoff_level, int64_t latency_ms) {
  backoff_level_ = std::clamp<int64_t>(backoff_level, 0, kBackoffLevelMax);
  latency_ms_ = std::clamp<int64_t>(latency_ms, 0, kLatencyMaxMs);
}

void Politeness::on_start(int64_t now_ms) { not_before(now_ms + delay_ms()); }

// A refusal is often quick: it must not make the host look fast.
void Politeness::learn_latency(const Ending& ending) {
  if (ending.feedback == Feedback::kFailed) return;
  const int64_t sample = std::clamp<int64_t>(ending.elapsed_ms, 0, kLatencyMaxMs);
  if (ending.feedback == Feedback::kStrained && sample <= latency_ms_) return;
  latency_ms_ = latency_ms_ == 0 ? sample : latency_ms_ + (sample - latency_ms_) / kSmoothing;
}

// Requests in flight together fail and succeed together: one incident raises the level once, and
// one recovery lowers it once.
bool Politeness::change_level(int64_t now_ms, Feedback feedback) {
  const auto is_past = [&](int64_t at_ms) {
    return at_ms == kNever || now_ms >= at_ms + delay_ms();
  };
  if (feedback == Feedback::kStrained) {
    if (!is_past(raised_at_ms_)) return false;
    backoff_level_ = std::min(backoff_level_ + 1, kBackoffLevelMax);
    raised_at_ms_ = now_ms;
    return true;
  }
  if (feedback == Feedback::kServed && backoff_level_ > 0 && is_past(raised_at_ms_) &&
      is_past(lowered_at_ms_)) {
    --backoff_level_;
    lowered_at_ms_ = now_ms;
  }
  return false;
}

bool Politeness::on_end(int64_t now_ms, const Ending& ending) {
  // Before the latency of this very request lengthens the delay that an incident lasts.
  const bool rose = change_level(now_ms, ending.feedback);
  learn_latency(ending);
  not_before(now_ms + delay_ms() + jitter_ms());
  if (ending.retry_after_ms >= 0) {
    not_before(now_ms + std::min(ending.retry_after_ms, options_.retry_after_max_ms));
  }
  return rose;
}

}  // namespace crawl
