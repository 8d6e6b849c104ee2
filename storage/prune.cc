// SPDX-License-Identifier: MIT
#include "storage/prune.h"

#include <sqlite3.h>

#include <utility>
#include <vector>

#include "storage/content_store.h"
#include "storage/kept_versions.h"
#include "storage/query_budget.h"
#include "storage/rows.h"
#include "storage/temporary_files.h"

namespace crawl {

namespace {

constexpr int64_t kBatch = 1'000;      // URLs or visits in a transaction
constexpr int64_t kViaBatch = 20'000;  // of which few are written

constexpr const char* kVersioned =
    "SELECT DISTINCT url_id FROM visit WHERE content_id IS NOT NULL AND url_id > ?2 "
    "ORDER BY url_id LIMIT ?3";
// Gone since before ?1, and not back since. One that was emptied, is asked for again and is still
// missing has the outcome of that answer.
#define CRAWL_GONE_SINCE(page)                                                                     \
  page                                                                                             \
      ".outcome IN ('gone', 'http_error') AND (" page ".outcome = 'gone' OR " page                 \
      ".content_hash IS NULL) AND (SELECT CASE change WHEN 'gone' THEN at END FROM visit v WHERE " \
      "v.url_id = " page ".url_id AND v.change IS NOT NULL ORDER BY v.id DESC LIMIT 1) < ?1"
// Nothing is left that a 304 could confirm.
constexpr const char* kEmpty =
    "UPDATE page SET content_id = NULL, content_hash = NULL, text_hash = NULL, simhash = NULL, "
    "text_bytes = NULL, etag = NULL, last_modified = NULL, headers = NULL, metadata = NULL, "
    "description = NULL, author = NULL, canonical = NULL, canonical_id = NULL, redirect_id = NULL "
    "WHERE url_id = ?1";
constexpr const char* kForget =
    "INSERT INTO temp.forgotten SELECT p.url_id FROM page p JOIN url u ON u.id = p.url_id WHERE "
    "u.role = 'page' AND u.id < (SELECT max(id) FROM url) AND "
    "u.id <> (SELECT url_id FROM visit ORDER BY id DESC LIMIT 1) AND " CRAWL_GONE_SINCE("p");
// But for those that a page refers to which is not gone since then itself. Each table is read once.
constexpr const char* kReferred[] = {
    "DELETE FROM temp.forgotten WHERE id IN (SELECT l.dst_id FROM link l CROSS JOIN temp.forgotten "
    "f ON f.id = l.dst_id CROSS JOIN page s ON s.url_id = l.src_id WHERE "
    "(" CRAWL_GONE_SINCE("s") ") IS NOT TRUE)",
    "DELETE FROM temp.forgotten WHERE id IN (SELECT s.redirect_id FROM page s CROSS JOIN "
    "temp.forgotten f ON f.id = s.redirect_id WHERE (" CRAWL_GONE_SINCE("s") ") IS NOT TRUE)",
    "DELETE FROM temp.forgotten WHERE id IN (SELECT s.canonical_id FROM page s CROSS JOIN "
    "temp.forgotten f ON f.id = s.canonical_id WHERE (" CRAWL_GONE_SINCE("s") ") IS NOT TRUE)",
};
// What was found on them stays, and where it was found is forgotten: before they go, so that no end
// in between leaves a reference to nothing.
constexpr const char* kForgetVia =
    "UPDATE url SET via_id = NULL WHERE id > ?1 AND id <= ?2 AND via_id IN "
    "(SELECT id FROM temp.forgotten)";
constexpr const char* kOldVisits =
    "DELETE FROM visit WHERE id > ?1 AND id <= ?2 AND at < ?3 AND change IS NULL AND content_id IS "
    "NULL AND EXISTS (SELECT 1 FROM visit later WHERE later.url_id = visit.url_id AND later.id > "
    "visit.id)";
constexpr const char* kOldEvents =
    "DELETE FROM event WHERE id > ?1 AND id <= ?2 AND at < ?3 AND id < (SELECT max(id) FROM event)";

class Pruner {
 public:
  Pruner(Database& database, const PruneLimits& limits, const PruneProgress& progress,
         ContentStore contents, KeptVersions versions)
      : database_(database),
        limits_(limits),
        progress_(progress),
        contents_(std::move(contents)),
        versions_(std::move(versions)) {}

  Result<Pruned> all() {
    Result<void> done;
    if (limits_.gone_before) done = empty_pages(*limits_.gone_before);
    if (done && limits_.gone_before) done = forget_urls(*limits_.gone_before);
    if (done && limits_.versions) done = drop_versions(*limits_.versions);
    if (done && limits_.history_before) {
      done = in_batches("SELECT max(id) FROM visit", kOldVisits, kBatch, limits_.history_before,
                        &pruned_.visits);
    }
    if (done && limits_.history_before) {
      done = in_batches("SELECT max(id) FROM event", kOldEvents, kBatch, limits_.history_before,
                        &pruned_.events);
    }
    if (!done) return done.error();
    return pruned_;
  }
  int64_t rows() const { return rows_; }

 private:
  // One transaction around `work`, and then a look at whether to go on.
  template <typename Work>
  Result<void> transaction(int64_t rows, Work work) {
    if (Result<void> begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
    Result<void> done = work();
    if (done) done = database_.execute(limits_.dry_run ? "ROLLBACK" : "COMMIT");
    if (!done) {
      sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
      return done;
    }
    rows_ += rows;
    if (!progress_(rows_)) return Error{Errc::kClosed, 0, "interrupted"};
    return database_.checkpoint(SQLITE_CHECKPOINT_PASSIVE, 0);
  }

  // The URLs that `sql` finds, a batch after another; ?2 and ?3 of it are the last one and a limit,
  // ?1, where it has that, is `time`.
  template <typename Work>
  Result<void> for_urls(const char* sql, std::optional<int64_t> time, Work work) {
    Result<Statement> query = database_.prepare(sql);
    if (!query) return query.error();
    int64_t last = 0;
    for (;;) {
      if (time) query->bind(1, *time);
      query->bind(2, last);
      query->bind(3, kBatch);
      std::vector<int64_t> ids;
      Result<void> done =
          for_each_row(*query, [&](const Statement& row) { ids.push_back(row.integer(0)); });
      if (!done || ids.empty()) return done;
      last = ids.back();
      done = transaction(static_cast<int64_t>(ids.size()), [&]() -> Result<void> {
        for (const int64_t id : ids) {
          if (Result<void> one = work(id); !one) return one;
        }
        return {};
      });
      if (!done) return done;
    }
  }

  Result<void> drop_versions(int wanted) {
    Result<Statement> emptied =
        database_.prepare("SELECT 1 FROM page p WHERE p.url_id = ?2 AND " CRAWL_GONE_SINCE("p"));
    if (!emptied) return emptied.error();
    return for_urls(kVersioned, {}, [&](int64_t url_id) -> Result<void> {
      if (limits_.dry_run && limits_.gone_before) {
        // Counted already, and still there.
        emptied->bind(1, *limits_.gone_before);
        emptied->bind(2, url_id);
        Result<bool> row = emptied->step();
        if (!row) return row.error();
        if (*row) {
          emptied->reset();
          return {};
        }
      }
      Result<int64_t> released = versions_.keep_latest(contents_, url_id, wanted);
      if (!released) return released.error();
      pruned_.versions += *released;
      return {};
    });
  }

  Result<void> empty_pages(int64_t before) {
    Result<Statement> content = database_.prepare("SELECT content_id FROM page WHERE url_id = ?1");
    if (!content) return content.error();
    Result<Statement> links = database_.prepare("DELETE FROM link WHERE src_id = ?1");
    if (!links) return links.error();
    Result<Statement> page = database_.prepare(kEmpty);
    if (!page) return page.error();
    const char* full =
        "SELECT p.url_id FROM page p WHERE p.url_id > ?2 AND p.outcome = 'gone' AND "
        "(p.content_hash "
        "IS NOT NULL OR p.headers IS NOT NULL) AND " CRAWL_GONE_SINCE(
            "p") " ORDER BY p.url_id LIMIT ?3";
    return for_urls(full, before, [&](int64_t url_id) -> Result<void> {
      int64_t content_id = 0;
      content->bind(1, url_id);
      Result<void> done =
          for_each_row(*content, [&](const Statement& row) { content_id = row.integer(0); });
      if (done) done = contents_.release(content_id);
      if (!done) return done;
      Result<int64_t> released = versions_.keep_latest(contents_, url_id, 0);
      if (!released) return released.error();
      pruned_.versions += *released;
      ++pruned_.pages;
      links->bind(1, url_id);
      page->bind(1, url_id);
      done = links->run();
      return done ? page->run() : done;
    });
  }

  Result<void> forget_urls(int64_t before) {
    Result<void> done = database_.execute("CREATE TEMP TABLE forgotten (id INTEGER PRIMARY KEY)");
    if (!done) return done;
    done = find_forgotten(before);
    if (done) {
      done = in_batches("SELECT max(id) FROM url", kForgetVia, kViaBatch, {}, nullptr);
    }
    if (done) {
      const char* next = "SELECT id FROM temp.forgotten WHERE id > ?2 ORDER BY id LIMIT ?3";
      done = for_urls(next, {}, [&](int64_t url_id) { return remove_url(url_id); });
    }
    const Result<void> dropped = database_.execute("DROP TABLE temp.forgotten");
    return done ? dropped : done;
  }

  Result<void> find_forgotten(int64_t before) {
    Result<Statement> all = database_.prepare(kForget);
    if (!all) return all.error();
    all->bind(1, before);
    if (Result<void> done = all->run(); !done) return done;
    for (const char* sql : kReferred) {
      Result<Statement> referred = database_.prepare(sql);
      if (!referred) return referred.error();
      referred->bind(1, before);
      if (Result<void> done = referred->run(); !done) return done;
    }
    return {};
  }

  Result<void> remove_url(int64_t url_id) {
    for (const char* sql :
         {"DELETE FROM link WHERE src_id = ?1", "DELETE FROM page WHERE url_id = ?1",
          "DELETE FROM visit WHERE url_id = ?1", "DELETE FROM url WHERE id = ?1"}) {
      Result<Statement> statement = database_.prepare(sql);
      if (!statement) return statement.error();
      statement->bind(1, url_id);
      if (Result<void> done = statement->run(); !done) return done;
    }
    ++pruned_.urls;
    return {};
  }

  // `sql` on all rows with ids up to what `last` gives: ?1 and ?2 are the ends of a batch, ?3,
  // where it has that, is `time`.
  Result<void> in_batches(const char* last, const char* sql, int64_t batch,
                          std::optional<int64_t> time, int64_t* changed) {
    int64_t end = 0;
    Result<void> done =
        for_each_row(database_, last, [&](const Statement& row) { end = row.integer(0); });
    if (!done) return done;
    Result<Statement> statement = database_.prepare(sql);
    if (!statement) return statement.error();
    for (int64_t id = 0; id < end; id += batch) {
      statement->bind(1, id);
      statement->bind(2, id + batch);
      if (time) statement->bind(3, *time);
      done = transaction(batch, [&]() -> Result<void> {
        Result<void> one = statement->run();
        if (one && changed != nullptr) *changed += sqlite3_changes64(database_.handle());
        return one;
      });
      if (!done) return done;
    }
    return {};
  }

  Database& database_;
  const PruneLimits& limits_;
  const PruneProgress& progress_;
  ContentStore contents_;
  KeptVersions versions_;
  Pruned pruned_;
  int64_t rows_ = 0;
};

}  // namespace

Result<Pruned> prune(Database& database, const PruneLimits& limits, const PruneProgress& progress) {
  // As the next run would: whoever holds the lock now is no run.
  const char* close = "UPDATE run SET end_reason = 'died' WHERE end_reason IS NULL";
  if (Result<void> done = database.execute(close); !done) return done.error();
  Result<uint64_t> seed = fingerprint_seed(database);
  if (!seed) return seed.error();
  Result<ContentStore> contents = ContentStore::create(database, *seed);
  if (!contents) return contents.error();
  Result<KeptVersions> versions = KeptVersions::create(database);
  if (!versions) return versions.error();
  Pruner pruner(database, limits, progress, std::move(*contents), std::move(*versions));
  // What is forgotten may be much: in a file, not in memory.
  const TemporaryFiles beside(database);
  const QueryBudget interruptible(database, [&] { return !progress(pruner.rows()); });
  Result<Pruned> pruned = pruner.all();
  if (!pruned && interruptible.exceeded_by(pruned.error())) {
    return Error{Errc::kClosed, 0, "interrupted"};
  }
  return pruned;
}

}  // namespace crawl
