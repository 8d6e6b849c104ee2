// SPDX-License-Identifier: MIT
#include "storage/apply.h"

#include <utility>

namespace crawl {

namespace {

// Hashes are unsigned in C++ and signed in SQLite; 0 stands for none.
int64_t stored_hash(uint64_t hash) { return static_cast<int64_t>(hash); }

void bind_nonzero(Statement& statement, int index, int64_t value) {
  if (value != 0) {
    statement.bind(index, value);
  } else {
    statement.bind_null(index);
  }
}

// True when this fetch brought content to keep: a whole page, or what came of one that was too
// large.
bool brings_copy(const PageRow& page) {
  return page.body_store == BodyStore::kReplace &&
         (page.outcome == Outcome::kOk || page.content_hash != 0);
}

void bind_host_state(Statement& statement, const HostRow& row) {
  statement.bind(2, name(row.robots_state));
  statement.bind_or_null(3, row.robots_rules);
  bind_nonzero(statement, 4, row.robots_at);
  statement.bind_optional(5, row.crawl_delay_ms);
  statement.bind(6, row.delay_ms);
  statement.bind(7, row.next_at);
  statement.bind(8, row.pages);
  statement.bind(9, row.errors);
}

constexpr const char* kInsertSeed =
    "INSERT INTO seed(id, url, depth, scope, tag) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(url) "
    "DO UPDATE SET depth = excluded.depth, scope = excluded.scope, tag = excluded.tag";
constexpr const char* kInsertHost =
    "INSERT INTO host(id, robots_state, robots_rules, robots_at, crawl_delay_ms, delay_ms, "
    "next_at, "
    "pages, errors, name) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr const char* kUpdateHost =
    "UPDATE host SET robots_state = ?2, robots_rules = ?3, robots_at = ?4, crawl_delay_ms = ?5, "
    "delay_ms = ?6, next_at = ?7, pages = ?8, errors = ?9 WHERE id = ?1";
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

struct UnitApplier::Statements {
  Statement seed, host, host_update, url, url_upgrade, url_update, event, stored_page, replace_page,
      insert_facts, update_facts, confirm_copy, replace_body, delete_body, delete_links, link,
      visit, counters, tail_at_depth, tail_deeper;

  Result<void> prepare(Database& database) {
    const std::pair<Statement*, const char*> all[] = {
        {&seed, kInsertSeed},
        {&host, kInsertHost},
        {&host_update, kUpdateHost},
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
};

// What the database holds of a page before this fetch.
struct UnitApplier::StoredPage {
  bool exists = false;
  bool has_copy = false;  // content of an earlier fetch is there
  bool gone = false;      // and its last fetch said so
  int64_t content_hash = 0;
  int64_t changed_at = 0;
};

struct UnitApplier::Change {
  // The word for visit.change; "" when nothing changed.
  static std::string_view between(const StoredPage& stored, const PageRow& page) {
    if (brings_copy(page)) {
      if (!stored.has_copy || stored.gone) return "new";
      return stored.content_hash != stored_hash(page.content_hash) ? "changed" : "";
    }
    if (!stored.has_copy) return {};
    if (page.outcome == Outcome::kGone) return stored.gone ? "" : "gone";
    // The page became something without content, a redirect for one.
    return page.body_store == BodyStore::kReplace ? "changed" : "";
  }
};

UnitApplier::UnitApplier(int64_t run_id, std::unique_ptr<Statements> statements)
    : run_id_(run_id), statements_(std::move(statements)) {}

UnitApplier::~UnitApplier() = default;

Result<std::unique_ptr<UnitApplier>> UnitApplier::create(Database& database, int64_t run_id) {
  auto statements = std::make_unique<Statements>();
  if (Result<void> prepared = statements->prepare(database); !prepared) return prepared.error();
  return std::unique_ptr<UnitApplier>(new UnitApplier(run_id, std::move(statements)));
}

Result<void> UnitApplier::apply(const WriteUnit& unit) {
  if (Result<void> done = apply_seeds(unit); !done) return done;
  if (Result<void> done = apply_hosts(unit); !done) return done;
  if (Result<void> done = apply_urls(unit); !done) return done;
  if (unit.page) {
    if (Result<void> done = apply_page(*unit.page); !done) return done;
  }
  if (Result<void> done = apply_url_updates(unit); !done) return done;
  for (const HostRow& row : unit.host_updates) {
    Statement& update = statements_->host_update;
    update.bind(1, row.id);
    bind_host_state(update, row);
    if (Result<void> done = update.run(); !done) return done;
  }
  return apply_events(unit);
}

Result<void> UnitApplier::apply_seeds(const WriteUnit& unit) {
  for (const SeedRow& row : unit.seeds) {
    Statement& insert = statements_->seed;
    insert.bind(1, row.id);
    insert.bind(2, row.url);
    insert.bind_optional(3, row.depth);
    insert.bind_or_null(4, row.scope);
    insert.bind_or_null(5, row.tag);
    if (Result<void> done = insert.run(); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::apply_hosts(const WriteUnit& unit) {
  for (const HostRow& row : unit.new_hosts) {
    Statement& insert = statements_->host;
    insert.bind(1, row.id);
    bind_host_state(insert, row);
    insert.bind(10, row.name);
    if (Result<void> done = insert.run(); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::apply_urls(const WriteUnit& unit) {
  for (const NewUrl& row : unit.new_urls) {
    Statement& insert = statements_->url;
    insert.bind(1, row.id);
    insert.bind(2, row.host_id);
    insert.bind(3, row.seed_id);
    bind_nonzero(insert, 4, row.via_id);
    insert.bind(5, row.depth);
    insert.bind(6, row.first_seen_at);
    insert.bind(7, name(row.state));
    insert.bind_or_null(8, name(row.reason));
    insert.bind(9, row.url);
    insert.bind(10, row.hops);
    if (Result<void> done = insert.run(); !done) return done;
  }
  for (const UrlUpgrade& row : unit.upgrades) {
    Statement& upgrade = statements_->url_upgrade;
    upgrade.bind(1, row.id);
    upgrade.bind(2, row.host_id);
    upgrade.bind(3, row.seed_id);
    bind_nonzero(upgrade, 4, row.via_id);
    upgrade.bind(5, row.depth);
    upgrade.bind(6, row.hops);
    if (Result<void> done = upgrade.run(); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::apply_url_updates(const WriteUnit& unit) {
  for (const UrlUpdate& row : unit.url_updates) {
    Statement& update = statements_->url_update;
    update.bind(1, row.id);
    update.bind(2, name(row.state));
    if (row.state == UrlState::kPending) {
      update.bind_null(3);
    } else {
      update.bind_or_null(3, name(row.outcome));
    }
    update.bind_or_null(4, row.reason);
    update.bind(5, row.attempts);
    update.bind(6, row.strikes);
    if (Result<void> done = update.run(); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::apply_events(const WriteUnit& unit) {
  for (const EventRow& row : unit.events) {
    Statement& insert = statements_->event;
    insert.bind(1, run_id_);
    insert.bind(2, row.at);
    insert.bind(3, row.kind);
    insert.bind_optional(4, row.pid);
    insert.bind_optional(5, row.code);
    insert.bind_optional(6, row.signal);
    insert.bind_or_null(7, row.url);
    insert.bind_or_null(8, row.text);
    if (Result<void> done = insert.run(); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::apply_page(const PageRow& page) {
  Result<StoredPage> stored = stored_page(page.url_id);
  if (!stored) return stored.error();
  const std::string_view change = Change::between(*stored, page);
  const bool confirms = page.outcome == Outcome::kNotModified && stored->has_copy;
  int64_t content_hash = stored_hash(page.content_hash);
  Result<void> done;
  if (confirms) {
    content_hash = stored->content_hash;
    done = confirm_copy(page);
  } else if (page.body_store == BodyStore::kReplace && page.outcome != Outcome::kNotModified) {
    done = replace_page(page, *stored, change.empty() ? stored->changed_at : page.fetched_at);
  } else {
    done = stored->exists ? update_facts(page) : insert_facts(page);
  }
  if (!done) return done;
  if (page.outcome == Outcome::kOk || confirms) {
    ++pages_;
    bytes_ += static_cast<int64_t>(page.body_bytes);
  }
  return add_visit(page, content_hash, change);
}

Result<UnitApplier::StoredPage> UnitApplier::stored_page(int64_t url_id) {
  Statement& query = statements_->stored_page;
  query.bind(1, url_id);
  Result<bool> row = query.step();
  if (!row) return row.error();
  StoredPage stored;
  if (!*row) return stored;
  stored.exists = true;
  stored.gone = query.text(0) == name(Outcome::kGone);
  stored.content_hash = query.integer(1);
  stored.changed_at = query.integer(2);
  stored.has_copy = !query.is_null(2) && (!query.is_null(1) || query.text(0) == name(Outcome::kOk));
  query.reset();
  return stored;
}

namespace {

// The first nine parameters are the same wherever a fetch's own facts are stored.
void bind_facts(Statement& statement, const PageRow& page) {
  statement.bind(1, page.url_id);
  bind_nonzero(statement, 2, page.status);
  statement.bind(3, name(page.outcome));
  statement.bind_or_null(4, page.detail);
  bind_nonzero(statement, 5, page.redirect_id);
  statement.bind(6, page.elapsed_ms);
  statement.bind(7, page.fetched_at);
  bind_nonzero(statement, 8, page.fetcher_pid);
  statement.bind_or_null(9, page.address);
}

void bind_content(Statement& statement, const PageRow& page) {
  statement.bind_or_null(10, page.content_type);
  statement.bind_or_null(11, page.charset);
  statement.bind_or_null(12, name(page.charset_source));
  statement.bind_or_null(13, page.title);
  statement.bind_or_null(14, page.description);
  statement.bind_or_null(15, page.lang);
  statement.bind_or_null(16, page.canonical);
  statement.bind(17, int64_t{page.robots_directives});
  statement.bind(18, name(page.parse_status));
  statement.bind(19, int64_t{page.links_dropped});
  statement.bind(20, static_cast<int64_t>(page.body_bytes));
  statement.bind(21, static_cast<int64_t>(page.wire_bytes));
  bind_nonzero(statement, 23, stored_hash(page.content_hash));
  bind_nonzero(statement, 24, stored_hash(page.text_hash));
  bind_nonzero(statement, 25, stored_hash(page.simhash));
  statement.bind_or_null(26, page.etag);
  statement.bind_or_null(27, page.last_modified);
  statement.bind_or_null(28, page.headers);
  if (brings_copy(page)) {
    statement.bind(29, page.text);  // '' says that a page has no text
  } else {
    statement.bind_or_null(29, page.text);
  }
}

}  // namespace

Result<void> UnitApplier::replace_page(const PageRow& page, const StoredPage& stored,
                                       int64_t changed_at) {
  Statement& replace = statements_->replace_page;
  bind_facts(replace, page);
  bind_content(replace, page);
  bind_nonzero(replace, 22, changed_at);
  if (Result<void> done = replace.run(); !done) return done;
  if (Result<void> done = replace_body(page, stored); !done) return done;
  return replace_links(page, stored);
}

Result<void> UnitApplier::replace_body(const PageRow& page, const StoredPage& stored) {
  if (!page.body_zstd.empty()) {
    Statement& replace = statements_->replace_body;
    replace.bind(1, page.url_id);
    replace.bind_blob(2, page.body_zstd);
    return replace.run();
  }
  if (!stored.exists) return {};
  statements_->delete_body.bind(1, page.url_id);
  return statements_->delete_body.run();
}

Result<void> UnitApplier::replace_links(const PageRow& page, const StoredPage& stored) {
  if (stored.exists) {
    statements_->delete_links.bind(1, page.url_id);
    if (Result<void> done = statements_->delete_links.run(); !done) return done;
  }
  Statement& insert = statements_->link;
  insert.bind(1, page.url_id);
  int64_t seq = 0;
  for (const LinkRow& link : page.links) {
    insert.bind(2, seq++);
    insert.bind(3, link.dst_id);
    insert.bind(4, name(link.kind));
    insert.bind_or_null(5, link.rel);
    insert.bind_or_null(6, link.anchor);
    if (Result<void> done = insert.run(); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::insert_facts(const PageRow& page) {
  bind_facts(statements_->insert_facts, page);
  return statements_->insert_facts.run();
}

Result<void> UnitApplier::update_facts(const PageRow& page) {
  bind_facts(statements_->update_facts, page);
  return statements_->update_facts.run();
}

Result<void> UnitApplier::confirm_copy(const PageRow& page) {
  Statement& confirm = statements_->confirm_copy;
  confirm.bind(1, page.url_id);
  confirm.bind(2, page.elapsed_ms);
  confirm.bind(3, page.fetched_at);
  bind_nonzero(confirm, 4, page.fetcher_pid);
  confirm.bind_or_null(5, page.address);
  confirm.bind_or_null(6, page.etag);
  confirm.bind_or_null(7, page.last_modified);
  return confirm.run();
}

Result<void> UnitApplier::add_visit(const PageRow& page, int64_t content_hash,
                                    std::string_view change) {
  Statement& insert = statements_->visit;
  insert.bind(1, page.url_id);
  insert.bind(2, run_id_);
  insert.bind(3, page.fetched_at);
  bind_nonzero(insert, 4, page.status);
  insert.bind(5, name(page.outcome));
  bind_nonzero(insert, 6, content_hash);
  insert.bind_or_null(7, change);
  return insert.run();
}

namespace {

Result<void> append_pending(Statement& query, std::vector<PendingUrl>& urls) {
  for (;;) {
    Result<bool> row = query.step();
    if (!row) return row.error();
    if (!*row) return {};
    PendingUrl& url = urls.emplace_back();
    url.id = query.integer(0);
    url.depth = query.integer(1);
    url.hops = query.integer(2);
    url.seed_id = query.integer(3);
    url.attempts = query.integer(4);
    url.strikes = query.integer(5);
    url.url = query.text(6);
    url.etag = query.text(7);
    url.last_modified = query.text(8);
  }
}

}  // namespace

Result<TailLoaded> UnitApplier::load_tail(const TailRequest& request) {
  TailLoaded tail;
  tail.host_id = request.host_id;
  Statement& same = statements_->tail_at_depth;
  same.bind(1, request.host_id);
  same.bind(2, request.after_depth);
  same.bind(3, request.after_id);
  same.bind(4, int64_t{request.limit});
  if (Result<void> done = append_pending(same, tail.urls); !done) return done.error();
  Statement& deeper = statements_->tail_deeper;
  deeper.bind(1, request.host_id);
  deeper.bind(2, request.after_depth);
  deeper.bind(3, request.limit - static_cast<int64_t>(tail.urls.size()));
  if (Result<void> done = append_pending(deeper, tail.urls); !done) return done.error();
  tail.more = tail.urls.size() >= static_cast<size_t>(request.limit);
  return tail;
}

Result<void> UnitApplier::store_counters() {
  Statement& update = statements_->counters;
  update.bind(1, run_id_);
  update.bind(2, pages_);
  update.bind(3, bytes_);
  return update.run();
}

}  // namespace crawl
