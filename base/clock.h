// SPDX-License-Identifier: MIT
#pragma once

// Time for the whole project. Timers and delays use the monotonic clock; the wall clock is only
// recorded (and compared with what an earlier run recorded). Tests pass a FakeClock.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawl {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t monotonic_ms() const = 0;
  virtual int64_t wall_ms() const = 0;  // since 1970-01-01T00:00:00Z
};

class SystemClock final : public Clock {
 public:
  int64_t monotonic_ms() const override;
  int64_t wall_ms() const override;
};

class FakeClock final : public Clock {
 public:
  int64_t monotonic_ms() const override { return monotonic_ms_; }
  int64_t wall_ms() const override { return wall_ms_; }
  void advance_ms(int64_t ms) {
    monotonic_ms_ += ms;
    wall_ms_ += ms;
  }
  void jump_wall_ms(int64_t ms) { wall_ms_ += ms; }

 private:
  int64_t monotonic_ms_ = 1'000'000;
  int64_t wall_ms_ = 1'700'000'000'000;
};

// "2026-01-31T23:59:59.123Z" (ISO 8601, UTC, milliseconds).
std::string iso8601_utc(int64_t wall_ms);

}  // namespace crawl
