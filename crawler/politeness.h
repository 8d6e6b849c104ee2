// SPDX-License-Identifier: MIT
#pragma once

// When a host may be asked again. The delay counts from the end of one request to the start of the
// next. What a host says about itself, and how it fares, can only lengthen it: --delay is the
// floor.

#include <cstdint>
#include <optional>

namespace crawl {

class Politeness {
 public:
  struct Options {
    int64_t delay_ms = 1000;              // --delay: the floor; 0: the host is ours
    int64_t crawl_delay_max_ms = 30'000;  // a longer Crawl-delay is capped
    double delay_factor = 2;              // --delay-factor: times the host's latency; 0: off
    int64_t latency_delay_max_ms = 30'000;
    int64_t backoff_max_ms = 10 * 60'000;  // before jitter
    int64_t retry_after_max_ms = 60 * 60'000;
    uint64_t jitter_seed = 0;  // the same seed and host: the same jitter
  };

  // `host_id`: hosts that fail together do not come back together.
  Politeness(const Options& options, int64_t host_id);

  void set_floor(int64_t delay_ms) { options_.delay_ms = delay_ms; }
  void set_crawl_delay(std::optional<int64_t> ms) { crawl_delay_ms_ = ms; }

  enum class Feedback : uint8_t {
    kServed,    // the host answered and is well
    kFailed,    // a failure that says nothing about its load: changes nothing
    kStrained,  // 429, 503, time-out, refused connection: back off
  };
  // How a request ended.
  struct Ending {
    Feedback feedback = Feedback::kServed;
    int64_t retry_after_ms = -1;  // -1: the host named none
    int64_t elapsed_ms = 0;
  };
  void on_start(int64_t now_ms);
  // True when the back-off rose.
  bool on_end(int64_t now_ms, const Ending& ending);

  // max(--delay, Crawl-delay, latency, back-off): what separates two requests now, without jitter.
  int64_t delay_ms() const;
  int64_t next_at_ms() const { return next_at_ms_; }  // monotonic; no request before
  void not_before(int64_t at_ms);

  // What a later run goes on with.
  int64_t backoff_level() const { return backoff_level_; }
  int64_t latency_ms() const { return latency_ms_; }
  void restore(int64_t backoff_level, int64_t latency_ms);

 private:
  int64_t steady_delay_ms() const;
  void learn_latency(const Ending& ending);
  bool change_level(int64_t now_ms, Feedback feedback);
  int64_t jitter_ms();

  Options options_;
  std::optional<int64_t> crawl_delay_ms_;
  int64_t backoff_level_ = 0;
  int64_t latency_ms_ = 0;  // smoothed; 0: none known
  int64_t raised_at_ms_ = kNever;
  int64_t lowered_at_ms_ = kNever;
  int64_t next_at_ms_ = 0;
  uint64_t random_;

  static constexpr int64_t kNever = -1;
};

// What is left of a pause that was stored as the wall-clock time of its end. `delay_ms`: what
// separates two requests at least. A time further ahead than any pause can reach was stored before
// the clock was set back, and says no more than that there was a request: then it is the delay.
int64_t rest_of_pause_ms(int64_t next_at_wall_ms, int64_t now_wall_ms, int64_t delay_ms);

}  // namespace crawl
