// SPDX-License-Identifier: MIT
#pragma once

// What one WriteUnit does to the tables: the prepared statements of the writing connection and the
// rules of records.h. Transactions are the caller's. Used by one thread.

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "storage/content_store.h"
#include "storage/database.h"
#include "storage/kept_versions.h"
#include "storage/records.h"
#include "storage/writer.h"

namespace crawl {

struct TailRequest {
  int64_t host_id = 0;
  int64_t after_rank = 0;
  int64_t after_id = 0;
  int limit = 0;
};

// The validators of a page without a copy are worth nothing: a 304 would leave it without one. Nor
// may a 304 confirm what will be, or by now is, not to be shown any more (bit 8: that is known).
#define CRAWL_PENDING_COLUMNS                                                               \
  "SELECT u.id, u.rank, u.depth, u.hops, u.seed_id, u.attempts, u.strikes, u.role, u.url, " \
  "p.etag, p.last_modified, u.host_id, p.robots_directives FROM url u LEFT JOIN page p "    \
  "ON p.url_id = u.id AND "                                                                 \
  "p.changed_at IS NOT NULL AND p.content_hash IS NOT NULL AND "                            \
  "(p.unavailable_after IS NULL OR p.robots_directives & 8) WHERE "
// Pending URLs of a host after (rank, id), in two steps: SQLite seeks in its index to a rank, and
// to an id within one rank, but not to a pair.
inline constexpr const char* kTailAtRankSql = CRAWL_PENDING_COLUMNS
    "u.state = 'pending' AND u.host_id = ?1 AND u.rank = ?2 AND u.id > ?3 ORDER BY u.id LIMIT ?4";
inline constexpr const char* kTailBehindSql = CRAWL_PENDING_COLUMNS
    "u.state = 'pending' AND u.host_id = ?1 AND u.rank > ?2 ORDER BY u.rank, u.id LIMIT ?3";
inline constexpr const char* kPendingUrlSql = CRAWL_PENDING_COLUMNS "u.id = ?1";
#undef CRAWL_PENDING_COLUMNS

// How fetches are kept and repeated: Writer::Options says what each means.
struct ApplyOptions {
  int64_t revisit_ms = 0;
  int keep_versions = 1;
};

class UnitApplier {
 public:
  // `database` must outlive the applier.
  static Result<std::unique_ptr<UnitApplier>> create(Database& database, int64_t run_id,
                                                     const ApplyOptions& options);
  ~UnitApplier();
  UnitApplier(const UnitApplier&) = delete;
  UnitApplier& operator=(const UnitApplier&) = delete;

  // After an error the open transaction is to be rolled back. What `unit.listed` revives is added
  // to `revived`.
  Result<void> apply(const WriteUnit& unit, Revived& revived);
  Result<TailLoaded> load_tail(const TailRequest& request);
  // Writes to the run's row how many page rows its fetches wrote, whatever their outcome, and how
  // many bytes of decoded bodies came with them.
  Result<void> store_counters();

 private:
  struct Statements;
  struct StoredPage;
  struct Change;
  // What the unit's page made of its URL; stored with the URL's next update.
  struct SettledUrl {
    int64_t url_id = 0;  // 0: none
    int64_t due_at = 0;
    Outcome outcome = Outcome::kNone;
    bool overrides = false;  // outcome and detail are others than the fetcher's
    std::string detail;
  };
  UnitApplier(int64_t run_id, const ApplyOptions& options, std::unique_ptr<Statements> statements,
              ContentStore contents, KeptVersions versions);

  Result<void> apply_seeds(const WriteUnit& unit);
  Result<void> apply_hosts(const WriteUnit& unit);
  Result<void> update_host(const HostRow& row);
  Result<void> apply_robots(const HostRow& row);
  Result<void> apply_urls(const WriteUnit& unit);
  Result<void> apply_listed(const WriteUnit& unit, Revived& revived);
  Result<void> revive(int64_t url_id, Revived& revived);
  Result<void> apply_url_updates(const WriteUnit& unit);
  Result<void> apply_url_update(const UrlUpdate& row);
  Result<void> apply_events(const WriteUnit& unit);

  Result<void> apply_page(const PageRow& page);
  Result<StoredPage> stored_page(int64_t url_id);
  void settle_page(const PageRow& page, const StoredPage& stored, Change& change) const;
  void settle_url(const PageRow& page, Change& change);
  Result<void> store_page(const PageRow& page, const StoredPage& stored, Change& change);
  Result<void> replace_page(const PageRow& page, const StoredPage& stored, Change& change);
  Result<void> replace_links(const PageRow& page, const StoredPage& stored);
  static void bind_facts(Statement& statement, const PageRow& page, const Change& change);
  Result<void> insert_facts(const PageRow& page, const Change& change);
  Result<void> update_facts(const PageRow& page, const Change& change);
  Result<void> confirm_copy(const PageRow& page, const Change& change);
  Result<void> count_page(const PageRow& page);
  Result<void> add_visit(const PageRow& page, const Change& change);
  Result<void> add_attempt(const AttemptRow& attempt);

  const int64_t run_id_;
  const ApplyOptions options_;
  std::unique_ptr<Statements> statements_;
  ContentStore contents_;
  KeptVersions versions_;
  SettledUrl settled_;
  int64_t passed_over_ = 0;  // the URL whose page of this unit was not stored; 0: none
  int64_t latest_at_ = 0;    // of the fetches of this run: what counts as now
  int64_t pages_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace crawl
