// SPDX-License-Identifier: MIT
#pragma once

// What one WriteUnit does to the tables: the prepared statements of the writing connection and the
// rules of records.h. Transactions are the caller's. Used by one thread.

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "storage/database.h"
#include "storage/records.h"
#include "storage/writer.h"

namespace crawl {

struct TailRequest {
  int64_t host_id = 0;
  int64_t after_depth = 0;
  int64_t after_id = 0;
  int limit = 0;
};

// Pending URLs of a host after (depth, id), in two steps: SQLite seeks in its index to a depth, and
// to an id within one depth, but not to a pair. The validators of a page without a copy are worth
// nothing: a 304 would leave it without one.
#define CRAWL_TAIL_COLUMNS                                                           \
  "SELECT u.id, u.depth, u.hops, u.seed_id, u.attempts, u.strikes, u.url, p.etag, "  \
  "p.last_modified "                                                                 \
  "FROM url u LEFT JOIN page p ON p.url_id = u.id AND p.changed_at IS NOT NULL AND " \
  "p.content_hash IS NOT NULL WHERE u.state = 'pending' AND u.host_id = ?1 AND "
inline constexpr const char* kTailAtDepthSql =
    CRAWL_TAIL_COLUMNS "u.depth = ?2 AND u.id > ?3 ORDER BY u.id LIMIT ?4";
inline constexpr const char* kTailDeeperSql =
    CRAWL_TAIL_COLUMNS "u.depth > ?2 ORDER BY u.depth, u.id LIMIT ?3";
#undef CRAWL_TAIL_COLUMNS

class UnitApplier {
 public:
  // `database` must outlive the applier.
  static Result<std::unique_ptr<UnitApplier>> create(Database& database, int64_t run_id);
  ~UnitApplier();
  UnitApplier(const UnitApplier&) = delete;
  UnitApplier& operator=(const UnitApplier&) = delete;

  // After an error the open transaction is to be rolled back.
  Result<void> apply(const WriteUnit& unit);
  Result<TailLoaded> load_tail(const TailRequest& request);
  // Writes to the run's row how many page rows its fetches wrote, whatever their outcome, and how
  // many bytes of decoded bodies came with them.
  Result<void> store_counters();

 private:
  struct Statements;
  struct StoredPage;
  struct Change;
  UnitApplier(int64_t run_id, std::unique_ptr<Statements> statements);

  Result<void> apply_seeds(const WriteUnit& unit);
  Result<void> apply_hosts(const WriteUnit& unit);
  Result<void> apply_urls(const WriteUnit& unit);
  Result<void> apply_url_updates(const WriteUnit& unit);
  Result<void> apply_events(const WriteUnit& unit);

  Result<void> apply_page(const PageRow& page);
  Result<StoredPage> stored_page(int64_t url_id);
  Result<void> replace_page(const PageRow& page, const StoredPage& stored, int64_t changed_at);
  Result<void> replace_body(const PageRow& page, const StoredPage& stored);
  Result<void> replace_links(const PageRow& page, const StoredPage& stored);
  Result<void> insert_facts(const PageRow& page);
  Result<void> update_facts(const PageRow& page);
  Result<void> confirm_copy(const PageRow& page);
  Result<void> count_page(const PageRow& page);
  Result<void> add_visit(const PageRow& page, int64_t content_hash, std::string_view change);

  const int64_t run_id_;
  std::unique_ptr<Statements> statements_;
  int64_t pages_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace crawl
