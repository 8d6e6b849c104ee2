// SPDX-License-Identifier: MIT
#pragma once

// Log lines on stderr: "12:00:01 warning: text" (local time), or one JSON object per line:
// {"time":"2026-01-31T23:59:59.123Z","level":"warning","text":"…"}. Text is escaped here; each line
// is one write(2), so that lines of several processes do not mix; what cannot be written is
// dropped. Single-threaded: the loop thread of the coordinator logs.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace crawl {

enum class LogLevel : uint8_t { kError = 0, kWarning = 1, kInfo = 2, kDebug = 3 };
enum class LogFormat : uint8_t { kText, kJson };

// "crawl: text", escaped, as one line on stderr: for commands that keep no log.
void complain(std::string_view text, int fd = 2);

class Logger {
 public:
  Logger(const Clock& clock, LogLevel level, LogFormat format, int fd = 2);

  void error(std::string_view text) { write(LogLevel::kError, text); }
  void warning(std::string_view text) { write(LogLevel::kWarning, text); }
  void info(std::string_view text) { write(LogLevel::kInfo, text); }
  void debug(std::string_view text) { write(LogLevel::kDebug, text); }
  bool enabled(LogLevel level) const { return level <= level_; }

  // Called before and after a line is written, so that a live progress line can get out of the way.
  void around_write(std::function<void()> before, std::function<void()> after);

 private:
  void write(LogLevel level, std::string_view text);

  const Clock& clock_;
  LogLevel level_;
  LogFormat format_;
  int fd_;
  std::function<void()> before_, after_;
};

}  // namespace crawl
