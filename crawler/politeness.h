// SPDX-License-Identifier: MIT
#pragma once

// When a host may be asked again. The delay counts from the end of one request to the start of the
// next; errors only ever lengthen it.

#include <cstdint>
#include <optional>

namespace crawl {

class Politeness {
 public:
  struct Options {
    int64_t delay_ms = 1000;              // --delay: the floor
    int64_t crawl_delay_max_ms = 30'000;  // a longer Crawl-delay is capped
    int64_t backoff_max_ms = 10 * 60'000;
    int64_t retry_after_max_ms = 60 * 60'000;
  };

  explicit Politeness(const Options& options) : options_(options) {}

  void set_crawl_delay(std::optional<int64_t> ms) { crawl_delay_ms_ = ms; }

  enum class Feedback {
    kServed,    // the host answered and is well
    kStrained,  // 429, 503, time-out, refused connection: back off
  };
  void on_start(int64_t now_ms);
  // `retry_after_ms`: -1 when the host named none.
  void on_end(int64_t now_ms, Feedback feedback, int64_t retry_after_ms);

  // max(--delay, Crawl-delay, back-off): what separates two requests now.
  int64_t delay_ms() const;
  int64_t next_at_ms() const { return next_at_ms_; }  // monotonic; no request before
  void not_before(int64_t at_ms);

 private:
  Options options_;
  std::optional<int64_t> crawl_delay_ms_;
  int backoff_level_ = 0;
  int64_t raised_at_ms_ = -1;  // when the level last rose
  int64_t next_at_ms_ = 0;
};

}  // namespace crawl
