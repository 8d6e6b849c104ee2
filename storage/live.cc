// SPDX-License-Identifier: MIT
#include "storage/live.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/time_left.h"
#include "storage/query_budget.h"
#include "storage/rows.h"

namespace crawl {

namespace {

constexpr int64_t kLatelyMs = 60'000;
constexpr int64_t kVisitsMax = 20'000;     // that are looked at
constexpr int64_t kEventsMax = 1'000'000;  // within the time of a count
constexpr int kCountBudgetMs = 500;

using Fetchers = std::map<int64_t, LiveFetcher>;

// Those that were started and have not ended, from the latest event to earlier ones.
Result<void> read_fetchers(Database& database, int64_t run_id, Fetchers& alive) {
  Result<Statement> query = database.prepare(
      "SELECT pid, kind FROM (SELECT run_id, pid, kind, id FROM event ORDER BY id DESC LIMIT ?2) "
      "WHERE run_id = ?1 AND kind IN ('fetcher_started', 'fetcher_exited') ORDER BY id DESC");
  if (!query) return query.error();
  query->bind(1, run_id);
  query->bind(2, kEventsMax);
  std::set<int64_t> known;
  const QueryBudget budget(database, kCountBudgetMs);
  Result<void> done = for_each_row(*query, [&](const Statement& row) {
    const int64_t pid = row.integer(0);
    if (known.insert(pid).second && row.text(1) == "fetcher_started") alive[pid].pid = pid;
  });
  return budget.exceeded_by(done) ? Result<void>() : done;
}

// A retry has no page of its own yet: it is the fetcher's of the page's last fetch.
Result<void> read_visits(Database& database, int64_t run_id, int64_t now_ms, Fetchers& alive,
                         LiveAnswer& answer) {
  Result<Statement> query = database.prepare(
      "SELECT v.at, p.fetcher_pid, u.url FROM visit v JOIN page p ON p.url_id = v.url_id JOIN url "
      "u "
      "ON u.id = v.url_id WHERE v.id > (SELECT max(id) FROM visit) - ?3 AND v.run_id = ?1 AND "
      "v.at >= ?2 ORDER BY v.id DESC");
  if (!query) return query.error();
  query->bind(1, run_id);
  query->bind(2, now_ms - kLatelyMs);
  query->bind(3, kVisitsMax);
  int64_t count = 0;
  int64_t oldest = now_ms;
  Result<void> done = for_each_row(*query, [&](const Statement& row) {
    ++count;
    oldest = std::min(oldest, row.integer(0));
    const auto fetcher = alive.find(row.integer(1));
    if (fetcher == alive.end()) return;
    ++fetcher->second.pages;
    if (!fetcher->second.last_url.empty()) return;
    fetcher->second.last_url = row.text(2);
    fetcher->second.last_at = row.integer(0);
  });
  if (count > 1 && now_ms > oldest) {
    answer.pages_per_second =
        static_cast<double>(count) * 1000 / static_cast<double>(now_ms - oldest);
  }
  return done;
}

Result<void> read_hosts(Database& database, int64_t now_ms, LiveAnswer& answer) {
  const QueryBudget budget(database, kCountBudgetMs);
  Result<Statement> query = database.prepare(
      "SELECT sum(next_at <= ?1), sum(next_at > ?1) FROM host h WHERE EXISTS "
      "(SELECT 1 FROM url WHERE host_id = h.id AND state = 'pending')");
  if (!query) return query.error();
  query->bind(1, now_ms);
  Result<void> done = for_each_row(*query, [&](const Statement& row) {
    answer.hosts_ready = row.integer(0);
    answer.hosts_waiting = row.integer(1);
  });
  return budget.exceeded_by(done) ? Result<void>() : done;
}

Result<void> read_pending(Database& database, LiveAnswer& answer) {
  const QueryBudget budget(database, kCountBudgetMs);
  Result<void> done = for_each_row(database, "SELECT count(*) FROM url WHERE state = 'pending'",
                                   [&](const Statement& row) { answer.pending = row.integer(0); });
  return budget.exceeded_by(done) ? Result<void>() : done;
}

Result<void> read_run(Database& database, int64_t now_ms, LiveAnswer& answer) {
  return for_each_row(
      database,
      "SELECT started_at, pages, bytes, json_extract(options, '$.max_pages'), "
      "json_extract(options, '$.max_bytes'), json_extract(options, '$.max_time_ms'), id, "
      "end_reason IS NOT NULL FROM run "
      "ORDER BY id DESC LIMIT 1",
      [&](const Statement& row) {
        answer.run = row.integer(6);
        answer.ended = row.integer(7) != 0;
        answer.pages = row.integer(1);
        answer.bytes = row.integer(2);
        const RunBudget budget{row.integer(3), row.integer(4), row.integer(5)};
        answer.left_ms =
            time_left_ms(budget, now_ms - row.integer(0), row.integer(1), row.integer(2));
      });
}

}  // namespace

Result<LiveAnswer> read_live(Database& database, int64_t now_ms) {
  LiveAnswer answer;
  Result<void> done = read_run(database, now_ms, answer);
  Fetchers alive;
  if (done) done = read_fetchers(database, answer.run, alive);
  if (done) done = read_visits(database, answer.run, now_ms, alive, answer);
  if (done) done = read_hosts(database, now_ms, answer);
  if (done) done = read_pending(database, answer);
  if (!done) return done.error();
  for (auto& [pid, fetcher] : alive) answer.fetchers.push_back(std::move(fetcher));
  return answer;
}

}  // namespace crawl
