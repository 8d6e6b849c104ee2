// SPDX-License-Identifier: MIT
#pragma once

// What the commands that read ask of a database (Database::open_reader). Each struct is one answer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/database.h"
#include "storage/records.h"

namespace crawl {

// Of an event: a person may want to know. As SQL.
inline constexpr std::string_view kIsTrouble =
    "(kind IN ('quarantined', 'outage_began', 'host_given_up', 'archive_behind') OR "
    "(kind = 'fetcher_exited' AND code IS NOT 0))";

struct Count {
  std::string name;
  int64_t count = 0;
};

struct RunInfo {
  int64_t id = 0;
  int64_t started_at = 0;
  std::optional<int64_t> ended_at;
  std::string end_reason;  // "": running, or died without a successor
  int64_t pid = 0;
  int64_t pages = 0;
  int64_t bytes = 0;
};

struct StatusAnswer {
  std::optional<RunInfo> last_run;
  int64_t runs = 0;
  std::vector<Count> states;    // of URLs, by state
  std::vector<Count> outcomes;  // of URLs that are done, most first
  std::vector<Count> reasons;   // of URLs that were skipped, most first
  std::vector<Count> traps;     // of URLs that were skipped as traps, by rule, most first
  std::vector<HostRow> most_pages;
  std::vector<HostRow> most_errors;
  std::vector<HostRow> slowest;  // by latency
  // Of the last run, by kind: fetchers that crashed, quarantines, outages, hosts given up.
  std::vector<Count> troubles;
  std::vector<EventRow> last_events;  // latest first; no fetcher that began or ended as it should
  std::string sandbox;                // of the fetcher that was started last, as its event tells
  int64_t file_bytes = 0;             // the database and its log
  // Pages that say what an older one says; nullopt: not counted, as that would take too long.
  std::optional<int64_t> exact_duplicates, near_duplicates;
  std::optional<int64_t> broken_links;        // the same
  std::optional<std::vector<Count>> changes;  // of the last run; the same
};
// Not `whole`: the last run, its troubles and the pending URLs only, which is quick however large
// the database is.
Result<StatusAnswer> read_status(Database& database, const std::string& path, bool whole = true);

// What `crawl cat` shows. nullopt: no such URL.
struct StoredContent {
  std::string outcome;              // of the URL; "" when it was never fetched
  std::optional<std::string> zstd;  // the body's frame
  std::optional<std::string> text;
  // Where a run was asked for: of the version that was current when it ended.
  int64_t run_id = 0;  // the run that brought it; 0: there was none yet
  bool kept = true;    // false: it has made room for later ones
};
// The current content; with `run_id`, what that run left.
Result<std::optional<StoredContent>> read_content(Database& database, std::string_view url,
                                                  std::optional<int64_t> run_id = {});

}  // namespace crawl
