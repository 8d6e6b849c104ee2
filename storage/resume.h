// SPDX-License-Identifier: MIT
#pragma once

// What the coordinator reads once at start, on the writing connection, before the writer thread
// takes it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/database.h"
#include "storage/records.h"

namespace crawl {

struct RunStart {
  int64_t run_id = 0;
  uint64_t fingerprint_seed = 0;  // random, made when the database was made
  int64_t next_url_id = 1;
  int64_t next_host_id = 1;
  int64_t next_seed_id = 1;
  bool any_pending = false;  // URLs
  bool any_done = false;
  bool previous_died = false;  // the last run has no end here: it was killed, or copied
  int64_t previous_started_at = 0;
};

// Marks runs without an end as 'died', inserts the row of this run, and reads the counters.
Result<RunStart> begin_run(Database& database, int64_t started_at, int64_t pid,
                           const std::string& options_json);

// Records the end of a run that has no writer yet.
Result<void> end_run(Database& database, int64_t run_id, const std::string& reason,
                     int64_t ended_at);

// Removes the last run's events of a kind, which are true no more.
Result<void> take_back(Database& database, std::string_view kind);

// A seed whose URL has a row already.
struct AdoptedSeed {
  int64_t url_id = 0;
  int64_t seed_id = 0;
};
// Gives the rows of these URLs the role, depth and place in the queue of seeds; what was a seed and
// is none of them becomes a page like others.
Result<void> adopt_seeds(Database& database, const std::vector<AdoptedSeed>& seeds);

// Makes pending what is done and to be fetched again: seeds and sitemaps that are there, what is
// due at `now` (wall ms), what was never fetched, what a sitemap or a feed says has changed since
// its last fetch; what was fetched in the future, by a clock that was set back since; or
// everything. Never what killed its fetchers. Returns the number of URLs. Resets attempts, keeps
// strikes. Forgets by what was decided (recall_decider): a revisit is under way until its first
// units say so again, and a run that follows its death sees that.
Result<int64_t> mark_due(Database& database, int64_t now, bool everything);

// Records whose robots.txt groups are obeyed from now on. Where that was another product token so
// far, the rules that are stored are forgotten: they are another group's.
Result<void> remember_robots_agent(Database& database, std::string_view robots_agent);

// A URL that was decided against.
struct SkippedUrl {
  std::string_view url, reason, rule;
  UrlRole role = UrlRole::kPage;
  int64_t depth = 0;
  int64_t hops = 0;
  int64_t seed_id = 0;
  int64_t via_id = 0;
};
Result<void> for_each_skipped(Database& database,
                              const std::function<void(const SkippedUrl&)>& visit);
// What WriteUnit::decided_by last was; "" before.
Result<std::string> recall_decider(Database& database);

Result<void> for_each_seed(Database& database, const std::function<void(const SeedRow&)>& visit);
// One host's row, while the crawl runs; by a read-only connection.
Result<std::optional<HostRow>> load_host(Database& database, int64_t id);

// Hosts that answered when they were last asked for their robots.txt, the latest first.
struct AnsweringHost {
  int64_t id = 0;
  std::string name, scheme;
};
Result<std::vector<AnsweringHost>> hosts_that_answered(Database& database, size_t hosts_max);
Result<void> for_each_host(Database& database, const std::function<void(const HostRow&)>& visit);
struct KnownUrl {
  int64_t id = 0;
  int64_t host_id = 0;
  std::string_view state, url;
};
Result<void> for_each_url(Database& database, const std::function<void(const KnownUrl&)>& visit);
// Hosts with pending URLs, and how many.
Result<void> for_each_pending_host(
    Database& database, const std::function<void(int64_t host_id, int64_t pending)>& visit);

}  // namespace crawl
