// SPDX-License-Identifier: MIT
#include "storage/queries.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "storage/rows.h"

namespace crawl {

namespace {

constexpr int64_t kTopHosts = 5;
constexpr int64_t kLastEvents = 10;
constexpr int kChainMax =
    100;  // deeper than any sensible --depth; ends a loop in a damaged database

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

Result<void> read_events(Database& database, std::vector<EventRow>& events) {
  Result<Statement> query = database.prepare(
      "SELECT at, kind, pid, code, signal, url, text FROM event ORDER BY id DESC LIMIT ?1");
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

int64_t size_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? int64_t{info.st_size} : 0;
}

Result<void> read_url_row(Database& database, std::string_view url, std::optional<UrlStory>& story,
                          int64_t& via_id, int64_t& host_id) {
  Result<Statement> query = database.prepare(
      "SELECT u.id, u.depth, u.hops, u.attempts, u.strikes, u.first_seen_at, u.url, u.state, "
      "u.outcome, u.reason, s.url, s.tag, u.via_id, u.host_id "
      "FROM url u LEFT JOIN seed s ON s.id = u.seed_id WHERE u.url = ?1 LIMIT 1");
  if (!query) return query.error();
  query->bind(1, url);
  return for_each_row(*query, [&](Statement& row) {
    UrlStory& found = story.emplace();
    found.id = row.integer(0);
    found.depth = row.integer(1);
    found.hops = row.integer(2);
    found.attempts = row.integer(3);
    found.strikes = row.integer(4);
    found.first_seen_at = row.integer(5);
    found.url = row.text(6);
    found.state = row.text(7);
    found.outcome = row.text(8);
    found.reason = row.text(9);
    found.seed = row.text(10);
    found.tag = row.text(11);
    via_id = row.integer(12);
    host_id = row.integer(13);
  });
}

Result<void> read_chain(Database& database, int64_t via_id, std::vector<ChainStep>& chain) {
  Result<Statement> query = database.prepare("SELECT depth, url, via_id FROM url WHERE id = ?1");
  if (!query) return query.error();
  for (int step = 0; via_id != 0 && step < kChainMax; ++step) {
    query->bind(1, via_id);
    via_id = 0;
    Result<void> done = for_each_row(*query, [&](Statement& row) {
      chain.push_back({row.integer(0), string(row, 1)});
      via_id = row.integer(2);
    });
    if (!done) return done;
  }
  return {};
}

Result<void> read_page(Database& database, UrlStory& story) {
  Result<Statement> query = database.prepare(
      "SELECT p.status, p.bytes, p.detail, p.title, p.content_type, r.url, "
      "(SELECT count(*) FROM link WHERE src_id = p.url_id), "
      "EXISTS (SELECT 1 FROM content WHERE id = p.content_id AND zstd IS NOT NULL) "
      "FROM page p LEFT JOIN url r ON r.id = p.redirect_id WHERE p.url_id = ?1");
  if (!query) return query.error();
  query->bind(1, story.id);
  return for_each_row(*query, [&](Statement& row) {
    story.fetched = true;
    story.status = row.integer(0);
    story.bytes = row.integer(1);
    story.detail = row.text(2);
    story.title = row.text(3);
    story.content_type = row.text(4);
    story.redirect = row.text(5);
    story.links_out = row.integer(6);
    story.has_body = row.integer(7) != 0;
  });
}

Result<void> read_visits(Database& database, UrlStory& story) {
  Result<Statement> query = database.prepare(
      "SELECT run_id, at, status, outcome, change FROM visit WHERE url_id = ?1 "
      "ORDER BY run_id, at");
  if (!query) return query.error();
  query->bind(1, story.id);
  return for_each_row(*query, [&](Statement& row) {
    story.visits.push_back(
        {row.integer(0), row.integer(1), row.integer(2), string(row, 3), string(row, 4)});
  });
}

Result<void> read_host(Database& database, int64_t host_id, UrlStory& story) {
  Result<Statement> query = database.prepare(select_hosts("WHERE id = ?1"));
  if (!query) return query.error();
  query->bind(1, host_id);
  return for_each_row(*query, [&](Statement& row) { story.host = host_row(row); });
}

}  // namespace

Result<StatusAnswer> read_status(Database& database, const std::string& path) {
  StatusAnswer answer;
  // One transaction, so that all numbers are of one moment, also while a crawl is writing.
  if (Result<void> begun = database.execute("BEGIN"); !begun) return begun.error();
  Result<void> done = read_runs(database, answer);
  if (done) {
    done = read_counts(database, "SELECT state, count(*) FROM url GROUP BY state", answer.states);
  }
  if (done) {
    done = read_counts(database,
                       "SELECT outcome, count(*) FROM url WHERE state = 'done' GROUP BY outcome "
                       "ORDER BY 2 DESC, 1",
                       answer.outcomes);
  }
  if (done) {
    done = read_counts(database,
                       "SELECT reason, count(*) FROM url WHERE state = 'skipped' GROUP BY reason "
                       "ORDER BY 2 DESC, 1",
                       answer.reasons);
  }
  if (done) {
    done = read_hosts(database, select_hosts("WHERE pages > 0 ORDER BY pages DESC, name LIMIT ?1"),
                      answer.most_pages);
  }
  if (done) {
    done =
        read_hosts(database, select_hosts("WHERE errors > 0 ORDER BY errors DESC, name LIMIT ?1"),
                   answer.most_errors);
  }
  if (done) done = read_events(database, answer.last_events);
  if (done) done = database.execute("COMMIT");
  if (!done) return done.error();
  answer.file_bytes = size_of(path) + size_of(path + "-wal");
  return answer;
}

Result<std::optional<UrlStory>> read_url(Database& database, std::string_view url) {
  std::optional<UrlStory> story;
  int64_t via_id = 0;
  int64_t host_id = 0;
  if (Result<void> done = database.execute("BEGIN"); !done) return done.error();
  Result<void> done = read_url_row(database, url, story, via_id, host_id);
  if (done && story) {
    done = read_chain(database, via_id, story->chain);
    if (done) done = read_page(database, *story);
    if (done) done = read_visits(database, *story);
    if (done) done = read_host(database, host_id, *story);
  }
  if (done) done = database.execute("COMMIT");
  if (!done) return done.error();
  return story;
}

Result<LinkCount> count_links_to(Database& database, int64_t url_id, int budget_ms) {
  using SteadyClock = std::chrono::steady_clock;
  Result<Statement> query = database.prepare("SELECT 1 FROM link WHERE dst_id = ?1");
  if (!query) return query.error();
  query->bind(1, url_id);
  auto deadline = SteadyClock::now() + std::chrono::milliseconds(budget_ms);
  sqlite3_progress_handler(
      database.handle(), 100'000,
      [](void* context) {
        return SteadyClock::now() > *static_cast<SteadyClock::time_point*>(context) ? 1 : 0;
      },
      &deadline);
  LinkCount links;
  Result<void> done = for_each_row(*query, [&](Statement&) { ++links.count; });
  const bool interrupted = sqlite3_errcode(database.handle()) == SQLITE_INTERRUPT;
  sqlite3_progress_handler(database.handle(), 0, nullptr, nullptr);
  if (!done && !interrupted) return done.error();
  links.complete = done.has_value();
  return links;
}

Result<std::vector<std::string>> nearest_urls(Database& database, std::string_view authority,
                                              std::string_view url, size_t limit) {
  Result<Statement> query =
      database.prepare("SELECT url FROM url WHERE host_id = (SELECT id FROM host WHERE name = ?1)");
  if (!query) return query.error();
  query->bind(1, authority);
  std::vector<std::pair<size_t, std::string>> best;  // most alike first, at most `limit`
  Result<void> done = for_each_row(*query, [&](Statement& row) {
    const std::string_view known = row.text(0);
    const size_t shorter = std::min(known.size(), url.size());
    const auto end = known.begin() + static_cast<std::ptrdiff_t>(shorter);
    const auto alike =
        static_cast<size_t>(std::mismatch(known.begin(), end, url.begin()).first - known.begin());
    const auto place = std::find_if(best.begin(), best.end(),
                                    [&](const auto& other) { return other.first < alike; });
    if (place == best.end() && best.size() >= limit) return;
    best.insert(place, {alike, std::string(known)});
    if (best.size() > limit) best.pop_back();
  });
  if (!done) return done.error();
  std::vector<std::string> urls;
  for (auto& [alike, known] : best) urls.push_back(std::move(known));
  return urls;
}

Result<std::optional<StoredContent>> read_content(Database& database, std::string_view url) {
  Result<Statement> query = database.prepare(
      "SELECT u.outcome, c.zstd, c.text FROM url u LEFT JOIN page p ON p.url_id = u.id "
      "LEFT JOIN content c ON c.id = p.content_id WHERE u.url = ?1 LIMIT 1");
  if (!query) return query.error();
  query->bind(1, url);
  std::optional<StoredContent> content;
  Result<void> done = for_each_row(*query, [&](Statement& row) {
    content.emplace();
    content->outcome = row.text(0);
    if (!row.is_null(1)) content->zstd = std::string(row.blob(1));
    if (!row.is_null(2)) content->text = std::string(row.text(2));
  });
  if (!done) return done.error();
  return content;
}

}  // namespace crawl
