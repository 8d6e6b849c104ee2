// SPDX-License-Identifier: MIT
#include "crawler/progress.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/columns.h"
#include "base/escape.h"
#include "base/time_left.h"
#include "base/units.h"

namespace crawl {
namespace {

constexpr int64_t kRedrawMs = 200;
constexpr int64_t kSummaryMs = 60'000;
constexpr int64_t kRateWindowMs = 10'000;
constexpr int64_t kDescribeMs = 1'000;
constexpr int kFetchersShownMax = 16;

std::string rate_text(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", rate);
  return text;
}

std::string padded(const std::string& text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

// As many of the first ones as there is room for.
std::string joined(const std::vector<std::string>& parts, int columns) {
  std::string line;
  for (const std::string& part : parts) {
    const std::string longer = line.empty() ? part : line + "  " + part;
    if (!line.empty() && display_width(longer) > columns) break;
    line = longer;
  }
  return line;
}

// For a shell: bare where that is safe, else in single quotes.
std::string shell_word(const std::string& word) {
  const bool safe = !word.empty() &&
                    word.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+:@%") ==
                        std::string::npos;
  if (safe) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string end_text(std::string_view reason) {
  if (reason == "done") return "done";
  if (reason == "interrupted") return "interrupted";
  if (reason == "disk_full") return "stopped by a full disk";
  if (reason.starts_with("max_")) {
    std::string option = "stopped by --" + std::string(reason);
    std::replace(option.begin(), option.end(), '_', '-');
    return option;
  }
  return "ended (" + std::string(reason) + ")";
}

}  // namespace

ProgressStyle progress_style(bool quiet, bool wanted, LogFormat format, int fd, const char* term) {
  if (quiet) return ProgressStyle::kNone;
  if (!wanted) return ProgressStyle::kEndOnly;
  if (format == LogFormat::kText && can_redraw(fd, term)) return ProgressStyle::kLive;
  return ProgressStyle::kSummaries;
}

Progress::Progress(const Clock& clock, Logger& logger, Options options)
    : clock_(clock),
      logger_(logger),
      reports_(clock, LogLevel::kInfo, options.format, options.fd),
      options_(std::move(options)),
      screen_(options_.fd, options_.columns, options_.rows),
      described_ms_(clock.monotonic_ms() - kDescribeMs),
      drawn_ms_(clock.monotonic_ms()) {
  if (options_.style != ProgressStyle::kLive) return;
  drawn_ms_ -= kRedrawMs;
  logger_.around_write([this] { screen_.erase(); }, [this] { draw(); });
}

Progress::~Progress() {
  if (options_.style != ProgressStyle::kLive) return;
  screen_.erase();
  logger_.around_write(nullptr, nullptr);
}

void Progress::sample(const ProgressSnapshot& snapshot, int64_t now_ms) {
  samples_.emplace_back(now_ms, snapshot.pages);
  while (samples_.size() > 2 && now_ms - samples_.front().first > kRateWindowMs)
    samples_.pop_front();
}

double Progress::pages_per_second() const {
  if (samples_.size() < 2) return 0;
  const auto ms = static_cast<double>(samples_.back().first - samples_.front().first);
  const auto pages = static_cast<double>(samples_.back().second - samples_.front().second);
  return ms <= 0 ? 0 : pages * 1000 / ms;
}

// The most telling first: the last ones give way where there is no room.
std::vector<std::string> Progress::parts(const ProgressSnapshot& s) const {
  std::vector<std::string> parts = {format_duration_ms(s.elapsed_ms / 1000 * 1000),
                                    counted(s.pages, "page"), rate_text(pages_per_second()) + "/s"};
  if (const auto left =
          time_left_ms(options_.budget, s.elapsed_ms, s.pages, static_cast<int64_t>(s.bytes))) {
    parts.push_back(format_duration_ms(*left / 1000 * 1000) + " left");
  }
  parts.push_back("queued " + group_digits(s.pending));
  parts.push_back("errors " + group_digits(s.errors));
  parts.push_back(format_bytes(s.bytes));
  parts.push_back("hosts " + group_digits(s.hosts_ready) + "+" + group_digits(s.hosts_waiting));
  parts.push_back("in flight " + group_digits(s.in_flight));
  parts.push_back(counted(s.fetchers, "fetcher"));
  return parts;
}

void Progress::update(const ProgressSnapshot& snapshot) {
  const bool live = options_.style == ProgressStyle::kLive;
  if (finished_ || (!live && options_.style != ProgressStyle::kSummaries)) return;
  const int64_t now = clock_.monotonic_ms();
  if (now - drawn_ms_ < (live ? kRedrawMs : kSummaryMs)) return;
  drawn_ms_ = now;
  sample(snapshot, now);
  if (!live) return reports_.info(joined(parts(snapshot), std::numeric_limits<int>::max()));
  parts_ = parts(snapshot);
  describe_fetchers(snapshot, now);
  draw();
}

// "  12345   4 in flight  waits 12 s  https://docs.example/guide"
void Progress::describe_fetchers(const ProgressSnapshot& snapshot, int64_t now_ms) {
  if (now_ms - described_ms_ < kDescribeMs) return;
  described_ms_ = now_ms;
  fetchers_.clear();
  const size_t room = static_cast<size_t>(std::min(screen_.room() - 1, kFetchersShownMax));
  const size_t all = snapshot.at_work.size();
  const size_t shown = all > room && room > 0 ? room - 1 : std::min(all, room);
  for (size_t i = 0; i < shown; ++i) {
    const FetcherActivity& one = snapshot.at_work[i];
    std::string line = padded(std::to_string(one.pid), 9);
    if (one.doing.empty()) {
      fetchers_.push_back(line + padded("idle", 6));
      continue;
    }
    std::string doing(one.doing);
    if (one.for_ms >= 1000) doing += " " + format_duration_ms(one.for_ms / 1000 * 1000);
    line += padded(group_digits(one.in_flight), 6) + " in flight  ";
    doing.resize(std::max<size_t>(doing.size(), 12), ' ');
    fetchers_.push_back(line + doing + "  " + escape_for_terminal(one.url));
  }
  if (shown < all) {
    fetchers_.push_back("  and " + counted(static_cast<int64_t>(all - shown), "more", "more"));
  }
}

void Progress::draw() {
  if (parts_.empty() || finished_) return;
  std::vector<std::string> lines = {joined(parts_, screen_.columns() - 1)};
  for (const std::string& fetcher : fetchers_) {
    lines.push_back(abridge(fetcher, screen_.columns() - 1));
  }
  screen_.draw(lines);
}

void Progress::say(const std::string& line) {
  if (options_.format == LogFormat::kJson) return reports_.info(line);
  complain(line, options_.fd);
}

void Progress::finish(const ProgressSnapshot& s, std::string_view end_reason) {
  if (finished_) return;
  screen_.erase();
  finished_ = true;
  if (options_.style == ProgressStyle::kNone) return;
  const double seconds = static_cast<double>(std::max<int64_t>(1, s.elapsed_ms)) / 1000;
  std::string line = end_text(end_reason) + ": " + counted(s.pages, "page") + " (" +
                     format_bytes(s.bytes) + ") in " + format_duration_ms(s.elapsed_ms) + ", " +
                     rate_text(static_cast<double>(s.pages) / seconds) + " pages/s";
  if (s.errors > 0) line += "; " + counted(s.errors, "error");
  if (s.pending > 0) {
    line +=
        "; " + counted(s.pending, "URL") + " still to fetch: run the same command again to resume";
  }
  say(line);
  // What to type next is for people.
  if (options_.database.empty() || options_.format == LogFormat::kJson) return;
  const std::string database = shell_word(options_.database);
  say("next: crawl status -d " + database);
  say("      sqlite3 " + database + " \"SELECT status, title, url FROM pages LIMIT 10\"");
}

}  // namespace crawl
