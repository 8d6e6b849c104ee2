// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <array>
#include <ctime>
#include <utility>

#include "base/escape.h"
#include "base/long_job.h"
#include "base/retry.h"

namespace crawl {

namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"error", "warning", "info", "debug"};

// The time of day where the reader sits; JSON lines carry the whole time in UTC.
std::string local_time_of_day(int64_t wall_ms) {
  const auto when = static_cast<time_t>(wall_ms / 1000);
  tm parts{};
  localtime_r(&when, &parts);
  std::array<char, 16> text{};
  const size_t n = std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
  return std::string(text.data(), n);
}

}  // namespace

void complain(std::string_view text, int fd) {
  LongJob::make_way();
  write_all(fd, "crawl: " + escape_for_terminal(text) + "\n");
}

Logger::Logger(const Clock& clock, LogLevel level, LogFormat format, int fd)
    : clock_(clock), level_(level), format_(format), fd_(fd) {}

void Logger::around_write(std::function<void()> before, std::function<void()> after) {
  before_ = std::move(before);
  after_ = std::move(after);
}

void Logger::write(LogLevel level, std::string_view text) {
  if (!enabled(level)) return;
  const std::string_view level_name = kLevelNames[static_cast<size_t>(level)];
  std::string line;
  if (format_ == LogFormat::kJson) {
    line += "{\"time\":\"" + iso8601_utc(clock_.wall_ms()) + "\",\"level\":\"";
    line += level_name;
    line += "\",\"text\":\"" + escape_for_json(text) + "\"}\n";
  } else {
    line += local_time_of_day(clock_.wall_ms()) + " ";
    line += level_name;
    line += ": " + escape_for_terminal(text) + "\n";
  }
  if (before_) before_();
  write_all(fd_, line);
  if (after_) after_();
}

}  // namespace crawl
