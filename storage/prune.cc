// SPDX-License-Identifier: MIT
#include "storage/prune.h"

#include <sqlite3.h>

#include <utility>
#include <vector>

#include "storage/content_store.h"
#include "storage/kept_versions.h"
#include "storage/query_budget.h"
#include "storage/rows.h"

namespace crawl {

namespace {

constexpr int64_t kBatch = 1'000;  // URLs or visits in a transaction

constexpr const char* kVersioned =
    "SELECT DISTINCT url_id FROM visit WHERE content_id IS NOT NULL AND url_id > ?1 "
    "ORDER BY url_id LIMIT ?2";
constexpr const char* kGoneSince =
    "p.outcome = 'gone' AND (SELECT max(at) FROM visit v WHERE v.url_id = p.url_id AND "
    "v.change = 'gone') < ?1";
// Nothing is left that a 304 could confirm.
constexpr const char* kEmpty =
    "UPDATE page SET content_id = NULL, content_hash = NULL, text_hash = NULL, simhash = NULL, "
    "text_bytes = NULL, etag = NULL, last_modified = NULL, headers = NULL, metadata = NULL, "
    "description = NULL, author = NULL, canonical = NULL, canonical_id = NULL, redirect_id = NULL "
    "WHERE url_id = ?1";
constexpr const char* kForget =
    "INSERT INTO temp.forgotten SELECT p.url_id FROM page p JOIN url u ON u.id = p.url_id WHERE "
    "u.role = 'page' AND u.id < (SELECT max(id) FROM url) AND "
    "u.id <> (SELECT url_id FROM visit ORDER BY id DESC LIMIT 1) AND ";
// Those that something else refers to. Each table is read once; what it looks for is in memory.
constexpr const char* kReferred[] = {
    "DELETE FROM temp.forgotten WHERE id IN (SELECT l.dst_id FROM link l CROSS JOIN temp.forgotten "
    "f ON f.id = l.dst_id WHERE l.src_id NOT IN (SELECT id FROM temp.forgotten))",
    "DELETE FROM temp.forgotten WHERE id IN (SELECT u.via_id FROM url u CROSS JOIN temp.forgotten "
    "f ON f.id = u.via_id WHERE u.id NOT IN (SELECT id FROM temp.forgotten))",
    "DELETE FROM temp.forgotten WHERE id IN (SELECT p.redirect_id FROM page p CROSS JOIN "
    "temp.forgotten f ON f.id = p.redirect_id WHERE p.url_id NOT IN (SELECT id FROM "
    "temp.forgotten))",
    "DELETE FROM temp.forgotten WHERE id IN (SELECT p.canonical_id FROM page p CROSS JOIN "
    "temp.forgotten f ON f.id = p.canonical_id WHERE p.url_id NOT IN (SELECT id FROM "
    "temp.forgotten))",
};
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
      done = remove_rows("SELECT max(id) FROM visit", kOldVisits, pruned_.visits);
      if (done) done = remove_rows("SELECT max(id) FROM event", kOldEvents, pruned_.events);
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

  // The URLs that `sql` finds, a batch after another; ?1 and ?2 of it are the last one and a limit,
  // ?3, where it has that, is `time`.
  template <typename Work>
  Result<void> for_urls(const char* sql, std::optional<int64_t> time, Work work) {
    Result<Statement> query = database_.prepare(sql);
    if (!query) return query.error();
    int64_t last = 0;
    for (;;) {
      query->bind(1, last);
      query->bind(2, kBatch);
      if (time) query->bind(3, *time);
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
    const std::string gone =
        std::string("SELECT 1 FROM page p WHERE p.url_id = ?2 AND ") + kGoneSince;
    Result<Statement> emptied = database_.prepare(gone);
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
        "SELECT p.url_id FROM page p WHERE p.url_id > ?1 AND p.outcome = 'gone' AND "
        "(p.content_hash "
        "IS NOT NULL OR p.headers IS NOT NULL) AND (SELECT max(at) FROM visit v WHERE v.url_id = "
        "p.url_id AND v.change = 'gone') < ?3 ORDER BY p.url_id LIMIT ?2";
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
      const char* next = "SELECT id FROM temp.forgotten WHERE id > ?1 ORDER BY id LIMIT ?2";
      done = for_urls(next, {}, [&](int64_t url_id) { return remove_url(url_id); });
    }
    const Result<void> dropped = database_.execute("DROP TABLE temp.forgotten");
    return done ? dropped : done;
  }

  // URLs that refer to each other may go together; one that stays keeps those that it refers to.
  Result<void> find_forgotten(int64_t before) {
    Result<Statement> all = database_.prepare(std::string(kForget) + kGoneSince);
    if (!all) return all.error();
    all->bind(1, before);
    if (Result<void> done = all->run(); !done) return done;
    for (int64_t kept = 1; kept > 0;) {
      kept = 0;
      for (const char* sql : kReferred) {
        if (Result<void> done = database_.execute(sql); !done) return done;
        kept += sqlite3_changes64(database_.handle());
      }
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

  Result<void> remove_rows(const char* last, const char* sql, int64_t& removed) {
    int64_t end = 0;
    Result<void> done =
        for_each_row(database_, last, [&](const Statement& row) { end = row.integer(0); });
    if (!done) return done;
    Result<Statement> statement = database_.prepare(sql);
    if (!statement) return statement.error();
    for (int64_t id = 0; id < end; id += kBatch) {
      statement->bind(1, id);
      statement->bind(2, id + kBatch);
      statement->bind(3, *limits_.history_before);
      done = transaction(kBatch, [&]() -> Result<void> {
        Result<void> one = statement->run();
        if (one) removed += sqlite3_changes64(database_.handle());
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
  Result<uint64_t> seed = fingerprint_seed(database);
  if (!seed) return seed.error();
  Result<ContentStore> contents = ContentStore::create(database, *seed);
  if (!contents) return contents.error();
  Result<KeptVersions> versions = KeptVersions::create(database);
  if (!versions) return versions.error();
  Pruner pruner(database, limits, progress, std::move(*contents), std::move(*versions));
  const QueryBudget interruptible(database, [&] { return !progress(pruner.rows()); });
  Result<Pruned> pruned = pruner.all();
  if (!pruned && interruptible.exceeded_by(pruned.error())) {
    return Error{Errc::kClosed, 0, "interrupted"};
  }
  return pruned;
}

}  // namespace crawl
