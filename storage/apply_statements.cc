// SPDX-License-Identifier: MIT
#include "storage/apply_statements.h"

#include <utility>

namespace crawl {

namespace {

constexpr const char* kInsertSeed =
    "INSERT INTO seed(id, url, depth, scope, tag) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(url) "
    "DO UPDATE SET depth = excluded.depth, scope = excluded.scope, tag = excluded.tag";
constexpr const char* kInsertHost =
    "INSERT INTO host(id, delay_ms, backoff_level, latency_ms, next_at, name) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
constexpr const char* kUpdateHost =
    "UPDATE host SET delay_ms = ?2, backoff_level = ?3, latency_ms = ?4, next_at = ?5 "
    "WHERE id = ?1";
// A host's row is stored far more often than its robots.txt changes.
constexpr const char* kStoreRobots =
    "INSERT INTO robots_txt(host_id, scheme, state, rules, fetched_at, failing_since, "
    "crawl_delay_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(host_id, scheme) DO UPDATE SET "
    "state = excluded.state, rules = excluded.rules, fetched_at = excluded.fetched_at, "
    "failing_since = excluded.failing_since, crawl_delay_ms = excluded.crawl_delay_ms "
    "WHERE state <> excluded.state OR rules IS NOT excluded.rules OR "
    "fetched_at IS NOT excluded.fetched_at OR failing_since IS NOT excluded.failing_since OR "
    "crawl_delay_ms IS NOT excluded.crawl_delay_ms";
constexpr const char* kForgetRobots = "DELETE FROM robots_txt WHERE host_id = ?1 AND scheme = ?2";
constexpr const char* kCountPage =
    "UPDATE host SET pages = pages + 1, errors = errors + ?2 "
    "WHERE id = (SELECT host_id FROM url WHERE id = ?1)";
constexpr const char* kInsertEvent =
    "INSERT INTO event(run_id, at, kind, pid, code, signal, url, text) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr const char* kDecidedBy =
    "INSERT OR REPLACE INTO meta(key, value) VALUES('decided_by', ?1)";
constexpr const char* kCounters = "UPDATE run SET pages = ?2, bytes = ?3 WHERE id = ?1";

constexpr const char* kInsertUrl =
    "INSERT INTO url(id, host_id, seed_id, via_id, depth, hops, rank, first_seen_at, role, state, "
    "reason, rule, url) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
constexpr const char* kUpgradeUrl =
    "UPDATE url SET state = 'pending', outcome = NULL, reason = NULL, rule = NULL, host_id = ?2, "
    "seed_id = ?3, via_id = ?4, depth = ?5, hops = ?6, rank = ?7, role = ?8 WHERE id = ?1";
constexpr const char* kAdoptUrl =
    "UPDATE url SET state = 'pending', outcome = NULL, reason = NULL, rule = NULL, host_id = ?2 "
    "WHERE id = ?1";
constexpr const char* kUpdateUrl =
    "UPDATE url SET state = ?2, outcome = ?3, reason = ?4, attempts = ?5, strikes = ?6, "
    "rule = ?7, due_at = coalesce(?8, due_at) WHERE id = ?1";
constexpr const char* kUrlDue = "UPDATE url SET due_at = ?2 WHERE id = ?1";
constexpr const char* kListUrl =
    "UPDATE url SET listed_at = ?2 WHERE id = ?1 AND (listed_at IS NULL OR listed_at < ?2)";
// Once in a run: two sitemaps that call each other new would have no end.
constexpr const char* kOutdated =
    "SELECT 1 FROM url u JOIN page p ON p.url_id = u.id WHERE u.id = ?1 AND u.state = 'done' AND "
    "u.outcome IS NOT 'crashed_fetcher' AND p.fetched_at < ?2 AND NOT EXISTS "
    "(SELECT 1 FROM visit WHERE url_id = ?1 AND run_id = ?3)";
constexpr const char* kRevive =
    "UPDATE url SET state = 'pending', outcome = NULL, reason = NULL, rule = NULL, attempts = 0 "
    "WHERE id = ?1";

constexpr const char* kStoredPage =
    "SELECT outcome, changed_at, content_hash, text_hash, content_id, canonical_id, interval_ms, "
    "failures, failing_since, missing_run, fetched_at FROM page WHERE url_id = ?1";
constexpr const char* kReplacePage =
    "INSERT OR REPLACE INTO page(url_id, status, outcome, detail, redirect_id, elapsed_ms, "
    "fetched_at, fetcher_pid, address, interval_ms, failures, failing_since, missing_run, "
    "changed_at, content_hash, text_hash, simhash, text_bytes, content_id, canonical_id, "
    "content_type, charset, charset_source, document, parse_status, lang, lang_source, "
    "robots_directives, links_dropped, bytes, wire_bytes, published_at, modified_at, "
    "unavailable_after, title, description, author, canonical, etag, last_modified, headers, "
    "metadata) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
    "?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, "
    "?36, ?37, ?38, ?39, ?40, ?41, ?42)";
constexpr const char* kInsertFacts =
    "INSERT INTO page(url_id, status, outcome, detail, redirect_id, elapsed_ms, fetched_at, "
    "fetcher_pid, address, interval_ms, failures, failing_since, missing_run) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
constexpr const char* kUpdateFacts =
    "UPDATE page SET status = ?2, outcome = ?3, detail = ?4, redirect_id = ?5, elapsed_ms = ?6, "
    "fetched_at = ?7, fetcher_pid = ?8, address = ?9, interval_ms = ?10, failures = ?11, "
    "failing_since = ?12, missing_run = ?13 WHERE url_id = ?1";
// A copy that a failure in between had marked is good again.
constexpr const char* kConfirmCopy =
    "UPDATE page SET status = CASE WHEN outcome IN ('ok', 'too_large') THEN status ELSE 200 END, "
    "detail = CASE WHEN outcome = 'too_large' THEN detail END, "
    "outcome = CASE WHEN outcome = 'too_large' THEN outcome ELSE 'ok' END, redirect_id = NULL, "
    "elapsed_ms = ?2, fetched_at = ?3, fetcher_pid = ?4, address = coalesce(?5, address), "
    "etag = coalesce(?6, etag), last_modified = coalesce(?7, last_modified), interval_ms = ?8, "
    "changed_at = coalesce(?9, changed_at), failures = 0, failing_since = NULL, missing_run = NULL "
    "WHERE url_id = ?1";
constexpr const char* kDeleteLinks = "DELETE FROM link WHERE src_id = ?1";
constexpr const char* kInsertLink =
    "INSERT INTO link(src_id, seq, dst_id, kind, rel, anchor) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
constexpr const char* kInsertVisit =
    "INSERT INTO visit(url_id, run_id, at, status, outcome, content_hash, bytes, "
    "change, text_changed, content_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

}  // namespace

Result<void> UnitApplier::Statements::prepare(Database& database) {
  const std::pair<Statement*, const char*> all[] = {
      {&seed, kInsertSeed},
      {&host, kInsertHost},
      {&host_update, kUpdateHost},
      {&robots, kStoreRobots},
      {&forget_robots, kForgetRobots},
      {&host_count, kCountPage},
      {&event, kInsertEvent},
      {&decided_by, kDecidedBy},
      {&counters, kCounters},
      {&url, kInsertUrl},
      {&url_upgrade, kUpgradeUrl},
      {&url_adopt, kAdoptUrl},
      {&url_update, kUpdateUrl},
      {&url_due, kUrlDue},
      {&list_url, kListUrl},
      {&outdated, kOutdated},
      {&revive, kRevive},
      {&pending_url, kPendingUrlSql},
      {&tail_at_rank, kTailAtRankSql},
      {&tail_behind, kTailBehindSql},
      {&stored_page, kStoredPage},
      {&replace_page, kReplacePage},
      {&insert_facts, kInsertFacts},
      {&update_facts, kUpdateFacts},
      {&confirm_copy, kConfirmCopy},
      {&delete_links, kDeleteLinks},
      {&link, kInsertLink},
      {&visit, kInsertVisit},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return {};
}

}  // namespace crawl
