// SPDX-License-Identifier: MIT
#pragma once

// What a report tells, as it was read from a database: a struct for each section. Its size depends
// on how many rows are shown, never on the database.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/family.h"
#include "report/scale.h"
#include "storage/queries.h"
#include "storage/records.h"

namespace crawl {

// How far a question got in its time.
struct Coverage {
  bool whole = true;
  int64_t rows = 0;  // that were read
};

// Of URLs, by what became of them.
struct UrlCounts {
  static constexpr size_t kDepthMax = 24;  // what lies deeper is counted there

  Coverage coverage;
  std::array<int64_t, static_cast<size_t>(UrlState::kLast) + 1> states{};
  std::array<int64_t, static_cast<size_t>(Outcome::kLast) + 1> outcomes{};
  std::array<int64_t, static_cast<size_t>(SkipReason::kLast) + 1> reasons{};
  FamilyCounts families{};
  std::array<FamilyCounts, kDepthMax + 1> depths{};

  int64_t of(Family family) const { return families[static_cast<size_t>(family)]; }
  int64_t of(UrlState state) const { return states[static_cast<size_t>(state)]; }
  int64_t fetched() const { return of(UrlState::kDone); }
  int64_t all() const { return coverage.rows; }
};

struct HostFigures {
  int64_t id = 0;
  std::string name, robots;  // robots: the state of its robots.txt
  int64_t delay_ms = 0, latency_ms = 0;
  FamilyCounts families{};
  int64_t fetched() const {
    int64_t sum = 0;
    for (size_t i = 0; i < kFetchedFamilies; ++i) sum += families[i];
    return sum;
  }
};

struct Hosts {
  Coverage coverage;
  std::vector<HostFigures> most_fetched;  // of all runs
  int64_t count = 0;                      // of all hosts
  FamilyCounts others{};                  // of URLs on hosts that are not listed
};

struct TroubledHost {
  std::string name, why;
  int64_t pages = 0, errors = 0;  // fetches of all runs, and those that failed
};

struct Troubles {
  Coverage hosts_coverage;
  int64_t hosts_count = 0;
  std::vector<TroubledHost> hosts;  // most errors first
  std::vector<Count> kinds;         // of the last run's events, as in StatusAnswer
  std::vector<EventRow> events;     // of the last run, latest first
};

struct PageFigure {
  std::string url, title;
  int64_t value = 0;
};

struct Pages {
  Coverage coverage;
  Distribution elapsed_ms{time_edges()};
  Distribution bytes{size_edges()};
  std::vector<Count> statuses;  // of answers, most first
  TimeColumns over_time;        // pages that the last run fetched
  std::vector<PageFigure> slowest, largest;
};

struct BrokenPlace {
  std::string url, anchor;
};

struct BrokenTarget {
  std::string url, outcome, reason;
  int64_t status = 0;  // 0: no answer
  int64_t links = 0;
  std::vector<BrokenPlace> places;  // the first few
};

struct Broken {
  Coverage coverage;
  int64_t links = 0, targets = 0;
  bool all_told_apart = true;  // false: there were more targets than are kept
  std::vector<BrokenTarget> most_linked;
};

struct CopyGroup {
  int64_t copies = 0;
  int64_t distance = 0;           // near copies: the most bits between two of them
  std::vector<std::string> urls;  // the first few
};

struct Copies {
  Coverage coverage;
  int64_t groups = 0;
  int64_t surplus = 0;  // pages that say what an older one says
  std::vector<CopyGroup> largest;
};

struct Change {
  std::string url, title, kind;
  bool text_changed = false;
};

struct Changes {
  Coverage coverage;
  bool first_run = false;  // everything is new, and nothing is listed
  int64_t gone = 0, changed = 0, added = 0;
  std::vector<Change> rows;  // gone, changed, new
  int64_t count() const { return gone + changed + added; }
};

struct Report {
  std::string database;  // as the user named it
  int64_t made_at = 0;   // wall ms
  int64_t file_bytes = 0;
  int64_t rows_max = 0;
  int64_t patience_ms = 0;
  std::optional<int64_t> running_pid;  // 0: running, nobody knows which process

  std::vector<RunInfo> runs;  // latest first
  int64_t runs_count = 0;
  UrlCounts urls;
  Hosts hosts;
  Troubles troubles;
  Pages pages;
  Broken broken;
  Copies copies, near_copies;
  Changes changes;

  // Without its folder, which is nobody's business where the page is shown.
  std::string_view name() const {
    return std::string_view(database).substr(database.rfind('/') + 1);
  }
  const RunInfo* last_run() const { return runs.empty() ? nullptr : &runs.front(); }
};

}  // namespace crawl
