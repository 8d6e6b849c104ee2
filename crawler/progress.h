// SPDX-License-Identifier: MIT
#pragma once

// What a run says about itself on stderr: live lines on a terminal, one summary line per minute
// elsewhere, and a short account at the end. No colours, so that NO_COLOR has nothing to switch
// off.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/live_lines.h"
#include "base/log.h"
#include "base/time_left.h"

namespace crawl {

// What a fetcher is doing at this moment.
struct FetcherActivity {
  int64_t pid = 0;
  int64_t in_flight = 0;
  std::string_view doing;  // "parses", …; "waits" for the answer of the oldest; "" for nothing
  std::string_view url;    // of the page that it is doing that with; valid until update() returns
  int64_t for_ms = 0;      // it waits
};

struct ProgressSnapshot {
  int64_t run_id = 0;
  int64_t elapsed_ms = 0;
  int64_t pages = 0;    // fetched in this run
  uint64_t bytes = 0;   // of decoded bodies
  int64_t pending = 0;  // URLs still to fetch
  int64_t in_flight = 0;
  int64_t errors = 0;  // fetches that failed for good
  int64_t hosts_ready = 0;
  int64_t hosts_waiting = 0;             // for their delay
  int fetchers = 0;                      // ready
  int64_t fetchers_died = 0;             // in this run, not as they should
  std::vector<FetcherActivity> at_work;  // where Progress::tells_fetchers()
};

enum class ProgressStyle : uint8_t {
  kNone,       // nothing at all, also at the end (-q)
  kSummaries,  // one line per minute
  kLive,       // lines that are redrawn, at most five times a second
  kEndOnly,    // --no-progress
};

// Live only where `fd` is a terminal that can erase a line (TERM is set and not "dumb") and the log
// is text.
ProgressStyle progress_style(bool quiet, bool wanted, LogFormat format, int fd, const char* term);

class Progress {
 public:
  struct Options {
    ProgressStyle style = ProgressStyle::kSummaries;
    LogFormat format = LogFormat::kText;
    std::string database;  // named in what to type next
    RunBudget budget;
    int fd = 2;
    int columns = 0;  // 0: ask the terminal, each time
    int rows = 0;
  };

  // Both must outlive this object, which stands in the way of `logger`'s lines until then.
  Progress(const Clock& clock, Logger& logger, Options options);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool tells_fetchers() const { return options_.style == ProgressStyle::kLive; }
  // Cheap when there is nothing to draw; call as often as you like.
  void update(const ProgressSnapshot& snapshot);
  // `end_reason` is run.end_reason: done, interrupted, max_pages, max_time, max_bytes, failed.
  void finish(const ProgressSnapshot& snapshot, std::string_view end_reason);

 private:
  void sample(const ProgressSnapshot& snapshot, int64_t now_ms);
  double pages_per_second() const;
  std::vector<std::string> parts(const ProgressSnapshot& snapshot) const;
  void describe_fetchers(const ProgressSnapshot& snapshot, int64_t now_ms);
  void draw();
  void say(const std::string& line);

  const Clock& clock_;
  Logger& logger_;
  Logger reports_;  // summaries are wanted whatever level the log has
  Options options_;
  LiveLines screen_;
  std::vector<std::string> parts_;     // of the first line, as last drawn; none: nothing was
  std::vector<std::string> fetchers_;  // a line for each; these change once a second, to be read
  int64_t described_ms_ = 0;
  bool finished_ = false;
  int64_t drawn_ms_;                                 // monotonic; of the last redraw or summary
  std::deque<std::pair<int64_t, int64_t>> samples_;  // (monotonic ms, pages) of the last seconds
};

}  // namespace crawl
