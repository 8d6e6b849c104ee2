// SPDX-License-Identifier: MIT
#pragma once

// What a run that is under way is doing, as far as the database tells: what has been committed, so
// that it is a second or so behind.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

struct LiveFetcher {
  int64_t pid = 0;
  int64_t pages = 0;     // of the fetches that are looked at
  std::string last_url;  // "": none lately
  int64_t last_at = 0;
};

struct LiveAnswer {
  int64_t run = 0;  // 0: there was none yet
  bool ended = false;
  int64_t pages = 0;
  int64_t bytes = 0;
  std::optional<int64_t> pending;  // nullopt: not counted, as that would take too long
  double pages_per_second = 0;     // in the last minute
  std::optional<int64_t> left_ms;
  // Those with URLs to fetch: that may be asked now, and that wait for their delay. nullopt: not
  // counted, as that would take too long.
  std::optional<int64_t> hosts_ready, hosts_waiting;
  std::vector<LiveFetcher> fetchers;  // that are alive, by PID
};

// Of the last run, which is under way.
Result<LiveAnswer> read_live(Database& database, int64_t now_ms);

}  // namespace crawl
