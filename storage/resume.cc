// SPDX-License-Identifier: MIT
#include "storage/resume.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "storage/revisit.h"
#include "storage/rows.h"

namespace crawl {

namespace {

Result<int64_t> scalar(Database& database, std::string_view sql) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  Result<bool> row = query->step();
  if (!row) return row.error();
  return *row ? query->integer(0) : 0;
}

// Runs `body` in one transaction: all of it or nothing.
template <typename Body>
Result<void> in_transaction(Database& database, Body body) {
  if (Result<void> begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = body();
  if (done) done = database.execute("COMMIT");
  if (!done && sqlite3_get_autocommit(database.handle()) == 0) {
    sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return done;
}

Result<void> insert_run(Database& database, int64_t started_at, int64_t pid,
                        const std::string& options_json, RunStart& start) {
  Result<int64_t> died = scalar(database,
                                "SELECT count(*) FROM run WHERE id = (SELECT max(id) FROM run) AND "
                                "coalesce(end_reason, 'copied') = 'copied'");
  if (!died) return died.error();
  start.previous_died = *died != 0;
  Result<int64_t> before = scalar(database, "SELECT started_at FROM run ORDER BY id DESC LIMIT 1");
  if (!before) return before.error();
  start.previous_started_at = *before;
  const char* close = "UPDATE run SET end_reason = 'died' WHERE end_reason IS NULL";
  if (Result<void> closed = database.execute(close); !closed) return closed;

  Result<Statement> insert =
      database.prepare("INSERT INTO run(started_at, pid, options) VALUES(?1, ?2, ?3) RETURNING id");
  if (!insert) return insert.error();
  insert->bind(1, started_at);
  insert->bind(2, pid);
  insert->bind(3, options_json);
  Result<bool> row = insert->step();
  if (!row) return row.error();
  start.run_id = insert->integer(0);
  return {};
}

Result<void> read_counters(Database& database, RunStart& start) {
  struct Counter {
    const char* sql;
    int64_t* value;
  };
  int64_t seed = 0, any_pending = 0, any_done = 0;
  const Counter counters[] = {
      {"SELECT value FROM meta WHERE key = 'fingerprint_seed'", &seed},
      {"SELECT coalesce(max(id), 0) + 1 FROM url", &start.next_url_id},
      {"SELECT coalesce(max(id), 0) + 1 FROM host", &start.next_host_id},
      {"SELECT coalesce(max(id), 0) + 1 FROM seed", &start.next_seed_id},
      {"SELECT EXISTS (SELECT 1 FROM url WHERE state = 'pending')", &any_pending},
      {"SELECT EXISTS (SELECT 1 FROM url WHERE state = 'done')", &any_done},
  };
  for (const Counter& counter : counters) {
    Result<int64_t> value = scalar(database, counter.sql);
    if (!value) return value.error();
    *counter.value = *value;
  }
  start.fingerprint_seed = static_cast<uint64_t>(seed);
  start.any_pending = any_pending != 0;
  start.any_done = any_done != 0;
  return {};
}

}  // namespace

Result<RunStart> begin_run(Database& database, int64_t started_at, int64_t pid,
                           const std::string& options_json) {
  RunStart start;
  Result<void> done = in_transaction(
      database, [&] { return insert_run(database, started_at, pid, options_json, start); });
  if (!done) return done.error();
  if (Result<void> read = read_counters(database, start); !read) return read.error();
  return start;
}

Result<void> end_run(Database& database, int64_t run_id, const std::string& reason,
                     int64_t ended_at) {
  Result<Statement> update =
      database.prepare("UPDATE run SET ended_at = ?2, end_reason = ?3 WHERE id = ?1");
  if (!update) return update.error();
  update->bind(1, run_id);
  update->bind(2, ended_at);
  update->bind(3, reason);
  return update->run();
}

Result<void> take_back(Database& database, std::string_view kind) {
  Result<Statement> remove =
      database.prepare("DELETE FROM event WHERE kind = ?1 AND run_id = (SELECT max(id) FROM run)");
  if (!remove) return remove.error();
  remove->bind(1, kind);
  return remove->run();
}

Result<void> adopt_seeds(Database& database, const std::vector<AdoptedSeed>& seeds) {
  return in_transaction(database, [&]() -> Result<void> {
    const char* former = "UPDATE url SET role = 'page' WHERE role = 'seed'";
    if (Result<void> done = database.execute(former); !done) return done;
    Result<Statement> adopt = database.prepare(
        "UPDATE url SET role = 'seed', depth = 0, hops = 0, rank = 0, seed_id = ?2 WHERE id = ?1");
    if (!adopt) return adopt.error();
    for (const AdoptedSeed& seed : seeds) {
      adopt->bind(1, seed.url_id);
      adopt->bind(2, seed.seed_id);
      if (Result<void> done = adopt->run(); !done) return done;
    }
    return {};
  });
}

Result<int64_t> mark_due(Database& database, int64_t now, bool everything) {
  // Nothing is due later than the longest interval from now, unless the clock was set back. To look
  // for shorter ones costs a look at every page, so there must be a sign of it.
  Result<int64_t> set_back = scalar(
      database, fmt::format("SELECT count(*) FROM run WHERE max(started_at, ifnull(ended_at, 0)) > "
                            "{}",
                            now + kIntervalMinMs));
  if (!set_back) return set_back.error();
  int64_t marked = 0;
  Result<void> done = in_transaction(database, [&]() -> Result<void> {
    // A copy that is as new as what a sitemap knows of is not fetched again for its sake, nor is
    // one for a change that lies in the future. A sitemap that is not there waits like any page.
    Result<Statement> update = database.prepare(
        "UPDATE url SET state = 'pending', outcome = NULL, reason = NULL, rule = NULL, "
        "attempts = 0 WHERE state = 'done' AND outcome IS NOT 'crashed_fetcher' AND "
        "(?2 OR role = 'seed' OR (role = 'sitemap' AND outcome NOT IN ('http_error', 'gone')) OR "
        "due_at IS NULL OR due_at <= ?1 OR due_at > ?1 + ?3 OR (listed_at <= ?1 AND "
        "listed_at > (SELECT fetched_at FROM page WHERE url_id = url.id)) OR "
        "(?4 AND (SELECT fetched_at FROM page WHERE url_id = url.id) > ?1 + ?5))");
    if (!update) return update.error();
    update->bind(1, now);
    update->bind(2, int64_t{everything ? 1 : 0});
    update->bind(3, kIntervalMaxMs);
    update->bind(4, *set_back);
    update->bind(5, kIntervalMinMs);
    if (Result<void> ran = update->run(); !ran) return ran;
    marked = sqlite3_changes64(database.handle());
    return database.execute("DELETE FROM meta WHERE key = 'decided_by'");
  });
  if (!done) return done.error();
  return marked;
}

Result<void> remember_robots_agent(Database& database, std::string_view robots_agent) {
  return in_transaction(database, [&]() -> Result<void> {
    Result<Statement> query = database.prepare("SELECT value FROM meta WHERE key = 'robots_agent'");
    if (!query) return query.error();
    Result<bool> row = query->step();
    if (!row) return row.error();
    const bool same = *row && query->text(0) == robots_agent;
    query->reset();
    if (same) return {};
    // Since when an origin's robots.txt cannot be had is the same for all agents.
    const char* forget =
        "DELETE FROM robots_txt WHERE failing_since IS NULL;"
        "UPDATE robots_txt SET state = 'unreachable', fetched_at = NULL";
    if (Result<void> forgotten = database.execute(forget); !forgotten) return forgotten;
    Result<Statement> update =
        database.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES('robots_agent', ?1)");
    if (!update) return update.error();
    update->bind(1, robots_agent);
    return update->run();
  });
}

Result<void> for_each_skipped(Database& database,
                              const std::function<void(const SkippedUrl&)>& visit) {
  return for_each_row(database,
                      "SELECT url, reason, rule, role, depth, hops, seed_id, via_id FROM url "
                      "WHERE state = 'skipped' ORDER BY id",
                      [&](const Statement& row) {
                        SkippedUrl skipped{row.text(0), row.text(1), row.text(2)};
                        skipped.role = url_role_named(row.text(3)).value_or(UrlRole::kPage);
                        skipped.depth = row.integer(4);
                        skipped.hops = row.integer(5);
                        skipped.seed_id = row.integer(6);
                        skipped.via_id = row.integer(7);
                        visit(skipped);
                      });
}

Result<std::string> recall_decider(Database& database) {
  Result<Statement> query = database.prepare("SELECT value FROM meta WHERE key = 'decided_by'");
  if (!query) return query.error();
  Result<bool> row = query->step();
  if (!row) return row.error();
  return *row ? std::string(query->text(0)) : std::string();
}

Result<void> for_each_seed(Database& database, const std::function<void(const SeedRow&)>& visit) {
  return for_each_row(database, "SELECT id, url, depth, scope, tag FROM seed ORDER BY id",
                      [&](const Statement& row) {
                        SeedRow seed;
                        seed.id = row.integer(0);
                        seed.url = row.text(1);
                        seed.depth = optional_integer(row, 2);
                        seed.scope = row.text(3);
                        seed.tag = row.text(4);
                        visit(seed);
                      });
}

Result<void> for_each_host(Database& database, const std::function<void(const HostRow&)>& visit) {
  return for_each_row(database, select_hosts("ORDER BY id"),
                      [&](const Statement& row) { visit(host_row(row)); });
}

Result<std::optional<HostRow>> load_host(Database& database, int64_t id) {
  Result<Statement> query = database.prepare(select_hosts("WHERE id = ?1"));
  if (!query) return query.error();
  query->bind(1, id);
  Result<bool> row = query->step();
  if (!row) return row.error();
  if (!*row) return std::optional<HostRow>();
  return std::optional<HostRow>(host_row(*query));
}

Result<void> for_each_url(Database& database, const std::function<void(const KnownUrl&)>& visit) {
  return for_each_row(database, "SELECT id, host_id, state, url FROM url ORDER BY id",
                      [&](const Statement& row) {
                        visit({row.integer(0), row.integer(1), row.text(2), row.text(3)});
                      });
}

Result<void> for_each_pending_host(
    Database& database, const std::function<void(int64_t host_id, int64_t pending)>& visit) {
  return for_each_row(database,
                      "SELECT host_id, count(*) FROM url WHERE state = 'pending' GROUP BY host_id",
                      [&](const Statement& row) { visit(row.integer(0), row.integer(1)); });
}

Result<std::vector<AnsweringHost>> hosts_that_answered(Database& database, size_t hosts_max) {
  Result<Statement> query = database.prepare(
      "SELECT h.id, h.name, max(r.scheme), max(r.fetched_at) FROM robots_txt r "
      "JOIN host h ON h.id = r.host_id WHERE r.state IN ('ok', 'unavailable') "
      "AND r.fetched_at > 0 AND h.pages > h.errors GROUP BY h.id ORDER BY 4 DESC LIMIT ?1");
  if (!query) return query.error();
  query->bind(1, static_cast<int64_t>(hosts_max));
  std::vector<AnsweringHost> hosts;
  const Result<void> read = for_each_row(*query, [&](const Statement& row) {
    hosts.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2))});
  });
  if (!read) return read.error();
  return hosts;
}

}  // namespace crawl
