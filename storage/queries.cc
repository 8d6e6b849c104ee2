// SPDX-License-Identifier: MIT
#include "storage/queries.h"

#include <algorithm>

#include "storage/query_budget.h"
#include "storage/rows.h"
#include "storage/vacuum.h"

namespace crawl {

namespace {

constexpr int64_t kTopHosts = 5;
constexpr int64_t kLastEvents = 10;
constexpr int kCountBudgetMs = 1'000;

std::string string(const Statement& row, int column) { return std::string(row.text(column)); }

Result<void> read_counts(Database& database, std::string_view sql, std::vector<Count>& counts) {
  return for_each_row(database, sql, [&](Statement& row) {
    counts.push_back({string(row, 0), row.integer(1)});
  });
}

Result<void> read_hosts(Database& database, std::string_view sql, std::vector<HostRow>& hosts) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  query->bind(1, kTopHosts);
  return for_each_row(*query, [&](Statement& row) { hosts.push_back(host_row(row)); });
}

Result<void> read_runs(Database& database, StatusAnswer& answer) {
  return for_each_row(database,
                      "SELECT id, started_at, ended_at, end_reason, pid, pages, bytes, "
                      "(SELECT count(*) FROM run) FROM run ORDER BY id DESC LIMIT 1",
                      [&](Statement& row) {
                        RunInfo& run = answer.last_run.emplace();
                        run.id = row.integer(0);
                        run.started_at = row.integer(1);
                        run.ended_at = optional_integer(row, 2);
                        run.end_reason = row.text(3);
                        run.pid = row.integer(4);
                        run.pages = row.integer(5);
                        run.bytes = row.integer(6);
                        answer.runs = row.integer(7);
                      });
}

// Among the latest events; "" when a long run has had too many since.
Result<void> read_sandbox(Database& database, std::string& sandbox) {
  Result<Statement> query = database.prepare(
      "SELECT text FROM (SELECT kind, text FROM event ORDER BY id DESC LIMIT 100000) "
      "WHERE kind = 'fetcher_started' LIMIT 1");
  if (!query) return query.error();
  return for_each_row(*query, [&](Statement& row) { sandbox = row.text(0); });
}

Result<void> read_events(Database& database, std::vector<EventRow>& events) {
  Result<Statement> query = database.prepare(
      "SELECT at, kind, pid, code, signal, url, text FROM event WHERE kind <> 'fetcher_started' "
      "AND NOT (kind = 'fetcher_exited' AND code IS 0) ORDER BY id DESC LIMIT ?1");
  if (!query) return query.error();
  query->bind(1, kLastEvents);
  return for_each_row(*query, [&](Statement& row) {
    EventRow& event = events.emplace_back();
    event.at = row.integer(0);
    event.kind = row.text(1);
    event.pid = optional_integer(row, 2);
    event.code = optional_integer(row, 3);
    event.signal = optional_integer(row, 4);
    event.url = row.text(5);
    event.text = row.text(6);
  });
}

// A number that is worth having only when it comes quickly.
Result<void> count_quickly(Database& database, std::string_view sql,
                           std::optional<int64_t>& number) {
  const QueryBudget budget(database, kCountBudgetMs);
  Result<void> done = for_each_row(database, sql, [&](Statement& row) { number = row.integer(0); });
  if (budget.exceeded_by(done)) return {};
  return done;
}

// The latest 100,000 events are looked at.
Result<void> read_troubles(Database& database, std::vector<Count>& troubles) {
  return read_counts(
      database,
      "SELECT CASE kind WHEN 'fetcher_exited' THEN 'fetcher_crashed' ELSE kind END, count(*) FROM "
      "(SELECT run_id, kind, code FROM event ORDER BY id DESC LIMIT 100000) "
      "WHERE run_id = (SELECT max(id) FROM run) AND " +
          std::string(kIsTrouble) + " GROUP BY 1 ORDER BY 1",
      troubles);
}

Result<void> read_changes(Database& database, std::optional<std::vector<Count>>& changes) {
  const QueryBudget budget(database, kCountBudgetMs);
  std::vector<Count> counts;
  Result<void> done =
      read_counts(database,
                  "SELECT change, count(*) FROM visit WHERE change IS NOT NULL AND "
                  "run_id = (SELECT max(id) FROM run) GROUP BY change ORDER BY 1 DESC",
                  counts);
  if (budget.exceeded_by(done)) return {};
  changes = std::move(counts);
  return done;
}

void add(std::vector<Count>& counts, std::string_view name, int64_t count) {
  const auto there = std::find_if(counts.begin(), counts.end(),
                                  [&](const Count& one) { return one.name == name; });
  if (there == counts.end()) {
    counts.push_back({std::string(name), count});
  } else {
    there->count += count;
  }
}

// What became of the URLs, in one look at them.
Result<void> read_urls(Database& database, StatusAnswer& answer) {
  Result<void> done = for_each_row(
      database,
      "SELECT state, CASE state WHEN 'done' THEN outcome WHEN 'skipped' THEN reason END, CASE WHEN "
      "state = 'skipped' AND reason = 'trap' THEN coalesce(rule, '') END, count(*) FROM url "
      "GROUP BY 1, 2, 3",
      [&](Statement& row) {
        const std::string_view state = row.text(0);
        const int64_t count = row.integer(3);
        add(answer.states, state, count);
        if (state == name(UrlState::kDone)) add(answer.outcomes, row.text(1), count);
        if (state == name(UrlState::kSkipped)) add(answer.reasons, row.text(1), count);
        if (!row.is_null(2)) add(answer.traps, row.text(2), count);
      });
  for (std::vector<Count>* counts : {&answer.outcomes, &answer.reasons, &answer.traps}) {
    std::sort(counts->begin(), counts->end(), [](const Count& a, const Count& b) {
      return a.count != b.count ? a.count > b.count : a.name < b.name;
    });
  }
  return done;
}

// By its index.
Result<void> read_pending(Database& database, std::vector<Count>& states) {
  return read_counts(
      database, "SELECT state, count(*) FROM url WHERE state = 'pending' GROUP BY state", states);
}

// What takes its time.
Result<void> read_details(Database& database, StatusAnswer& answer) {
  Result<void> done =
      read_hosts(database, select_hosts("WHERE pages > 0 ORDER BY pages DESC, name LIMIT ?1"),
                 answer.most_pages);
  if (done) {
    done =
        read_hosts(database, select_hosts("WHERE errors > 0 ORDER BY errors DESC, name LIMIT ?1"),
                   answer.most_errors);
  }
  if (done) {
    done = read_hosts(database,
                      select_hosts("WHERE latency_ms > 0 ORDER BY latency_ms DESC, name LIMIT ?1"),
                      answer.slowest);
  }
  if (done) done = read_changes(database, answer.changes);
  if (done) {
    done = count_quickly(database, "SELECT count(*) FROM broken_links", answer.broken_links);
  }
  if (done) done = read_events(database, answer.last_events);
  if (done) done = read_sandbox(database, answer.sandbox);
  if (done) {
    done = count_quickly(database,
                         "SELECT count(*) - count(DISTINCT content_hash) FROM page "
                         "WHERE content_hash IS NOT NULL AND outcome <> 'gone'",
                         answer.exact_duplicates);
  }
  if (done) {
    done = count_quickly(database, "SELECT count(*) FROM near_duplicates", answer.near_duplicates);
  }
  return done;
}

}  // namespace

Result<StatusAnswer> read_status(Database& database, const std::string& path, bool whole) {
  StatusAnswer answer;
  // One transaction, so that all numbers are of one moment, also while a crawl is writing.
  if (Result<void> begun = database.execute("BEGIN"); !begun) return begun.error();
  Result<void> done = read_runs(database, answer);
  if (done) done = read_troubles(database, answer.troubles);
  if (done) done = whole ? read_urls(database, answer) : read_pending(database, answer.states);
  if (done && whole) done = read_details(database, answer);
  if (done) done = database.execute("COMMIT");
  if (!done) return done.error();
  answer.file_bytes = database_bytes(path);
  return answer;
}

namespace {

// The version of a URL that a run left: the content of the last visit until then that brought any.
Result<void> read_version(Database& database, int64_t url_id, int64_t run_id,
                          StoredContent& content) {
  Result<Statement> query = database.prepare(
      "SELECT v.run_id, coalesce(v.content_id, CASE WHEN v.at = p.changed_at THEN p.content_id "
      "END), v.at = p.changed_at, c.zstd, c.text FROM visit v JOIN page p ON p.url_id = v.url_id "
      "LEFT JOIN content c ON c.id = coalesce(v.content_id, CASE WHEN v.at = p.changed_at THEN "
      "p.content_id END) WHERE v.url_id = ?1 AND v.run_id <= ?2 AND "
      "v.change IN ('new', 'changed') ORDER BY v.id DESC LIMIT 1");
  if (!query) return query.error();
  query->bind(1, url_id);
  query->bind(2, run_id);
  return for_each_row(*query, [&](Statement& row) {
    content.run_id = row.integer(0);
    content.kept = !row.is_null(1) || row.integer(2) != 0;
    if (!row.is_null(3)) content.zstd = std::string(row.blob(3));
    if (!row.is_null(4)) content.text = std::string(row.text(4));
  });
}

}  // namespace

Result<std::optional<StoredContent>> read_content(Database& database, std::string_view url,
                                                  std::optional<int64_t> run_id) {
  Result<Statement> query = database.prepare(
      "SELECT u.id, u.outcome, c.zstd, c.text FROM url u LEFT JOIN page p ON p.url_id = u.id "
      "LEFT JOIN content c ON c.id = p.content_id WHERE u.url = ?1 LIMIT 1");
  if (!query) return query.error();
  query->bind(1, url);
  std::optional<StoredContent> content;
  int64_t id = 0;
  Result<void> done = for_each_row(*query, [&](Statement& row) {
    content.emplace();
    id = row.integer(0);
    content->outcome = row.text(1);
    if (run_id) return;
    if (!row.is_null(2)) content->zstd = std::string(row.blob(2));
    if (!row.is_null(3)) content->text = std::string(row.text(3));
  });
  if (done && content && run_id) done = read_version(database, id, *run_id, *content);
  if (!done) return done.error();
  return content;
}

}  // namespace crawl
