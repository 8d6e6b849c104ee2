// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/units.h"
#include "report/asking.h"

namespace crawl {

Result<void> read_hosts(const Asking& asking, Report& report) {
  Result<Statement> query = asking.database.prepare(
      "SELECT h.id, h.name, h.delay_ms, h.latency_ms, coalesce("
      "(SELECT state FROM robots_txt WHERE host_id = h.id AND scheme = 'https'), "
      "(SELECT state FROM robots_txt WHERE host_id = h.id AND scheme = 'http'), 'unknown') "
      "FROM (SELECT id, name, delay_ms, latency_ms FROM host ORDER BY pages DESC, name LIMIT ?1) "
      "h");
  if (!query) return query.error();
  query->bind(1, asking.question.rows_max);
  Result<Coverage> found = for_each_in_time(asking, *query, [&](Statement& row) {
    HostFigures& host = report.hosts.most_fetched.emplace_back();
    host.id = row.integer(0);
    host.name = row.text(1);
    host.delay_ms = row.integer(2);
    host.latency_ms = row.integer(3);
    host.robots = row.text(4);
  });
  if (!found) return found.error();
  report.hosts.coverage = *found;
  return for_each_row(asking.database, "SELECT count(*) FROM host",
                      [&](Statement& row) { report.hosts.count = row.integer(0); });
}

namespace {

struct Trouble {
  TroubledHost host;
  bool operator<(const Trouble& other) const {
    if (host.errors != other.host.errors) return host.errors < other.host.errors;
    return host.name > other.host.name;
  }
};

// Reasons, as one line.
std::string reasons(const Statement& row) {
  const int64_t pages = row.integer(1);
  const int64_t errors = row.integer(2);
  std::string why;
  const auto add = [&why](const std::string& reason) { why += (why.empty() ? "" : "; ") + reason; };
  if (row.integer(5) != 0) add("its robots.txt cannot be had");
  if (errors > 0 && errors == pages) {
    add("every fetch has failed");
  } else if (errors * 2 >= pages && errors > 0) {
    add("half of all fetches, or more, have failed");
  }
  if (row.integer(3) > 0) {
    add(fmt::format("slowed down after errors, to one request in {}",
                    format_duration_ms(row.integer(4))));
  }
  return why;
}

Result<void> read_troubled_hosts(const Asking& asking, Troubles& troubles) {
  Result<Statement> query = asking.database.prepare(
      "SELECT name, pages, errors, backoff_level, delay_ms, silent FROM "
      "(SELECT name, pages, errors, backoff_level, delay_ms, EXISTS (SELECT 1 FROM robots_txt "
      " WHERE host_id = host.id AND state = 'unreachable') AS silent FROM host) "
      "WHERE silent OR backoff_level > 0 OR (errors > 0 AND errors * 2 >= pages)");
  if (!query) return query.error();
  Largest<Trouble, std::less<Trouble>> worst(static_cast<size_t>(asking.question.rows_max), {});
  Result<Coverage> found = for_each_in_time(asking, *query, [&](Statement& row) {
    worst.offer({{std::string(row.text(0)), reasons(row), row.integer(1), row.integer(2)}});
  });
  if (!found) return found.error();
  troubles.hosts_coverage = *found;
  troubles.hosts_count = found->rows;
  for (Trouble& trouble : worst.take()) troubles.hosts.push_back(std::move(trouble.host));
  return {};
}

// Of the latest 100,000 events, those of the last run that tell of trouble.
constexpr std::string_view kLatestEvents =
    "FROM (SELECT * FROM event ORDER BY id DESC LIMIT 100000) WHERE run_id = ?1";

Result<void> read_events(const Asking& asking, int64_t run_id, int64_t rows_max,
                         std::vector<EventRow>& events) {
  Result<Statement> query = asking.database.prepare(
      fmt::format("SELECT at, kind, pid, code, signal, url, text {} AND ({} OR kind IN "
                  "('outage_ended', 'limit')) LIMIT ?2",
                  kLatestEvents, kIsTrouble));
  if (!query) return query.error();
  query->bind(1, run_id);
  query->bind(2, rows_max);
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

Result<void> count_events(const Asking& asking, int64_t run_id, std::vector<Count>& kinds) {
  Result<Statement> query = asking.database.prepare(
      fmt::format("SELECT CASE kind WHEN 'fetcher_exited' THEN 'fetcher_crashed' ELSE kind END, "
                  "count(*) {} AND {} GROUP BY 1 ORDER BY 1",
                  kLatestEvents, kIsTrouble));
  if (!query) return query.error();
  query->bind(1, run_id);
  return for_each_row(*query, [&](Statement& row) {
    kinds.push_back({std::string(row.text(0)), row.integer(1)});
  });
}

}  // namespace

Result<void> read_troubles(const Asking& asking, Report& report) {
  if (Result<void> done = read_troubled_hosts(asking, report.troubles); !done) return done;
  if (report.last_run() == nullptr) return {};
  const int64_t run_id = report.last_run()->id;
  if (Result<void> done = count_events(asking, run_id, report.troubles.kinds); !done) return done;
  return read_events(asking, run_id, std::min<int64_t>(asking.question.rows_max, 50),
                     report.troubles.events);
}

}  // namespace crawl
