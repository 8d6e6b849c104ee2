// SPDX-License-Identifier: MIT
#include "storage/apply.h"

#include <utility>

#include "storage/apply_statements.h"

namespace crawl {

namespace {

void bind_host_state(Statement& statement, const HostRow& row) {
  statement.bind(2, name(row.robots_state));
  statement.bind_or_null(3, row.robots_rules);
  bind_nonzero(statement, 4, row.robots_at);
  statement.bind_optional(5, row.crawl_delay_ms);
  statement.bind(6, row.delay_ms);
  statement.bind(7, row.next_at);
}

}  // namespace

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
    insert.bind(8, row.name);
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
