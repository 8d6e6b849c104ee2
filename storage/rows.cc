// SPDX-License-Identifier: MIT
#include "storage/rows.h"

namespace crawl {

Result<int64_t> read_number(Database& database, std::string_view sql) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  const Result<bool> row = query->step();
  if (!row) return row.error();
  return *row ? query->integer(0) : 0;
}

Result<uint64_t> fingerprint_seed(Database& database) {
  uint64_t seed = 0;
  Result<void> done =
      for_each_row(database, "SELECT value FROM meta WHERE key = 'fingerprint_seed'",
                   [&](const Statement& row) { seed = static_cast<uint64_t>(row.integer(0)); });
  if (!done) return done.error();
  return seed;
}

Result<bool> has_history(Database& database, int64_t visit_id, int64_t url_id, int64_t at) {
  const Result<int64_t> last = read_number(database, "SELECT max(id) FROM visit");
  if (!last) return last.error();
  if (*last < visit_id) return false;
  Result<Statement> query = database.prepare("SELECT url_id, at FROM visit WHERE id = ?1");
  if (!query) return query.error();
  query->bind(1, visit_id);
  const Result<bool> row = query->step();
  if (!row) return row.error();
  return !*row ||
         ((url_id == 0 || query->integer(0) == url_id) && (at == 0 || query->integer(1) == at));
}

std::string select_hosts(std::string_view rest) {
  return "SELECT id, name, delay_ms, backoff_level, latency_ms, next_at, pages, errors, "
         "a.state, a.rules, a.fetched_at, a.failing_since, a.crawl_delay_ms, "
         "b.state, b.rules, b.fetched_at, b.failing_since, b.crawl_delay_ms "
         "FROM host LEFT JOIN robots_txt a ON a.host_id = id AND a.scheme = 'http' "
         "LEFT JOIN robots_txt b ON b.host_id = id AND b.scheme = 'https' " +
         std::string(rest);
}

HostRow host_row(const Statement& row) {
  HostRow host;
  host.id = row.integer(0);
  host.name = row.text(1);
  host.delay_ms = row.integer(2);
  host.backoff_level = row.integer(3);
  host.latency_ms = row.integer(4);
  host.next_at = row.integer(5);
  host.pages = row.integer(6);
  host.errors = row.integer(7);
  int column = 8;
  for (RobotsRow& robots : host.robots) {
    robots.state = robots_state_named(row.text(column)).value_or(RobotsState::kUnknown);
    robots.rules = row.text(column + 1);
    robots.fetched_at = row.integer(column + 2);
    robots.failing_since = row.integer(column + 3);
    robots.crawl_delay_ms = optional_integer(row, column + 4);
    column += 5;
  }
  return host;
}

}  // namespace crawl
