// SPDX-License-Identifier: MIT
#pragma once

// What a database that is written to every night for years can do without.

#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

// Times are milliseconds since 1970.
struct PruneLimits {
  std::optional<int> versions;  // keep so many different versions of each page, at least 1
  // Of pages that are gone since before then: content, links and headers go; and the URL with all
  // that is known of it where nothing that stays refers to it.
  std::optional<int64_t> gone_before;
  // Visits before then that changed nothing, but for each URL's last; events before then.
  std::optional<int64_t> history_before;
  bool dry_run = false;  // count only: everything is rolled back
};

struct Pruned {
  int64_t versions = 0;
  int64_t pages = 0;  // emptied
  int64_t urls = 0;   // forgotten
  int64_t visits = 0;
  int64_t events = 0;
};

// Called now and then with the rows looked at so far; false: give up (kClosed), what has been
// committed stays.
using PruneProgress = std::function<bool(int64_t rows)>;

// Works through the database in transactions of a thousand rows or so: another connection may read
// meanwhile, and an end in between leaves it whole. `database` is the writing connection, and its
// caller holds the run lock. Numbers that are given to new URLs, visits and events are never those
// of removed ones. A run without an end is marked as died.
Result<Pruned> prune(Database& database, const PruneLimits& limits, const PruneProgress& progress);

}  // namespace crawl
