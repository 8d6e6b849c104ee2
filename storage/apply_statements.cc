// SPDX-License-Identifier: MIT
#include "storage/apply_statements.h"

#include <utility>

namespace crawl {

namespace {

constexpr const char* kInsertSeed =
    "INSERT INTO seed(id, url, depth, scope, tag) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(url) "
    "DO UPDATE SET depth = excluded.depth, scope = excluded.scope, tag = excluded.tag";
constexpr const char* kInsertHost =
    "INSERT INTO host(id, robots_state, robots_rules, robots_at, crawl_delay_ms, delay_ms, "
    "next_at, name) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr const char* kUpdateHost =
    "UPDATE host SET robots_state = ?2, robots_rules = ?3, robots_at = ?4, crawl_delay_ms = ?5, "
    "delay_ms = ?6, next_at = ?7 WHERE id = ?1";
constexpr const char* kCountPage =
    "UPDATE host SET pages = pages + 1, errors = errors + ?2 "
    "WHERE id = (SELECT host_id FROM url WHERE id = ?1)";
constexpr const char* kInsertUrl =
    "INSERT INTO url(id, host_id, seed_id, via_id, depth, first_seen_at, state, reason, url, hops) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr const char* kUpgradeUrl =
    "UPDATE url SET state = 'pending', outcome = NULL, reason = NULL, host_id = ?2, seed_id = ?3, "
    "via_id = ?4, depth = ?5, hops = ?6 WHERE id = ?1";
constexpr const char* kUpdateUrl =
    "UPDATE url SET state = ?2, outcome = ?3, reason = ?4, attempts = ?5, strikes = ?6 "
    "WHERE id = ?1";
constexpr const char* kInsertEvent =
    "INSERT INTO event(run_id, at, kind, pid, code, signal, url, text) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

constexpr const char* kStoredPage =
    "SELECT outcome, content_hash, changed_at FROM page WHERE url_id = ?1";
constexpr const char* kReplacePage =
    "INSERT OR REPLACE INTO page(url_id, status, outcome, detail, redirect_id, elapsed_ms, "
    "fetched_at, fetcher_pid, address, content_type, charset, charset_source, title, description, "
    "lang, canonical, robots_directives, parse_status, links_dropped, bytes, wire_bytes, "
    "changed_at, "
    "content_hash, text_hash, simhash, etag, last_modified, headers, text) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
    "?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)";
constexpr const char* kInsertFacts =
    "INSERT INTO page(url_id, status, outcome, detail, redirect_id, elapsed_ms, fetched_at, "
    "fetcher_pid, address) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
constexpr const char* kUpdateFacts =
    "UPDATE page SET status = ?2, outcome = ?3, detail = ?4, redirect_id = ?5, elapsed_ms = ?6, "
    "fetched_at = ?7, fetcher_pid = ?8, address = ?9 WHERE url_id = ?1";
// A copy that a failure in between had marked is good again.
constexpr const char* kConfirmCopy =
    "UPDATE page SET status = CASE WHEN outcome IN ('ok', 'too_large') THEN status ELSE 200 END, "
    "detail = CASE WHEN outcome = 'too_large' THEN detail END, "
    "outcome = CASE WHEN outcome = 'too_large' THEN outcome ELSE 'ok' END, redirect_id = NULL, "
    "elapsed_ms = ?2, fetched_at = ?3, fetcher_pid = ?4, address = coalesce(?5, address), "
    "etag = coalesce(?6, etag), last_modified = coalesce(?7, last_modified) WHERE url_id = ?1";
constexpr const char* kReplaceBody = "INSERT OR REPLACE INTO body(url_id, zstd) VALUES(?1, ?2)";
constexpr const char* kDeleteBody = "DELETE FROM body WHERE url_id = ?1";
constexpr const char* kDeleteLinks = "DELETE FROM link WHERE src_id = ?1";
constexpr const char* kInsertLink =
    "INSERT INTO link(src_id, seq, dst_id, kind, rel, anchor) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
constexpr const char* kInsertVisit =
    "INSERT OR REPLACE INTO visit(url_id, run_id, at, status, outcome, content_hash, change) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
constexpr const char* kCounters = "UPDATE run SET pages = ?2, bytes = ?3 WHERE id = ?1";

}  // namespace

Result<void> UnitApplier::Statements::prepare(Database& database) {
  const std::pair<Statement*, const char*> all[] = {
      {&seed, kInsertSeed},
      {&host, kInsertHost},
      {&host_update, kUpdateHost},
      {&host_count, kCountPage},
      {&url, kInsertUrl},
      {&url_upgrade, kUpgradeUrl},
      {&url_update, kUpdateUrl},
      {&event, kInsertEvent},
      {&stored_page, kStoredPage},
      {&replace_page, kReplacePage},
      {&insert_facts, kInsertFacts},
      {&update_facts, kUpdateFacts},
      {&confirm_copy, kConfirmCopy},
      {&replace_body, kReplaceBody},
      {&delete_body, kDeleteBody},
      {&delete_links, kDeleteLinks},
      {&link, kInsertLink},
      {&visit, kInsertVisit},
      {&counters, kCounters},
      {&tail_at_depth, kTailAtDepthSql},
      {&tail_deeper, kTailDeeperSql},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return {};
}

}  // namespace crawl
