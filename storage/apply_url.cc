// SPDX-License-Identifier: MIT
// What a unit does to the URLs' states, and how those that are pending are read back.
#include <algorithm>

#include "base/clock.h"
#include "storage/apply_statements.h"

namespace crawl {

Result<void> UnitApplier::apply_urls(const WriteUnit& unit) {
  for (const NewUrl& row : unit.new_urls) {
    Statement& insert = statements_->url;
    insert.bind(1, row.id);
    insert.bind(2, row.host_id);
    insert.bind(3, row.seed_id);
    bind_nonzero(insert, 4, row.via_id);
    insert.bind(5, row.depth);
    insert.bind(6, row.hops);
    insert.bind(7, row.rank);
    insert.bind(8, row.first_seen_at);
    insert.bind(9, name(row.role));
    insert.bind(10, name(row.state));
    insert.bind_or_null(11, name(row.reason));
    insert.bind_or_null(12, row.rule);
    insert.bind(13, row.url);
    if (Result<void> done = insert.run(); !done) return done;
  }
  for (const UrlUpgrade& row : unit.upgrades) {
    if (row.keeps_parents) {
      statements_->url_adopt.bind(1, row.id);
      statements_->url_adopt.bind(2, row.host_id);
      if (Result<void> done = statements_->url_adopt.run(); !done) return done;
      continue;
    }
    Statement& upgrade = statements_->url_upgrade;
    upgrade.bind(1, row.id);
    upgrade.bind(2, row.host_id);
    upgrade.bind(3, row.seed_id);
    bind_nonzero(upgrade, 4, row.via_id);
    upgrade.bind(5, row.depth);
    upgrade.bind(6, row.hops);
    upgrade.bind(7, row.rank);
    upgrade.bind(8, name(row.role));
    if (Result<void> done = upgrade.run(); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::apply_listed(const WriteUnit& unit, Revived& revived) {
  // The present, as far as the database knows; entries seldom come without a page before them.
  const int64_t now = latest_at_ != 0 ? latest_at_ : SystemClock().wall_ms();
  for (const ListedUrl& row : unit.listed) {
    if (row.modified_at <= 0) continue;
    Statement& list = statements_->list_url;
    list.bind(1, row.id);
    list.bind(2, row.modified_at);
    if (Result<void> done = list.run(); !done) return done;
    if (row.modified_at > now) continue;
    Statement& outdated = statements_->outdated;
    outdated.bind(1, row.id);
    outdated.bind(2, row.modified_at);
    outdated.bind(3, run_id_);
    Result<bool> found = outdated.step();
    if (!found) return found.error();
    if (!*found) continue;
    outdated.reset();
    if (Result<void> done = revive(row.id, revived); !done) return done;
  }
  return {};
}

namespace {

PendingUrl pending_url(const Statement& row) {
  PendingUrl url;
  url.id = row.integer(0);
  url.rank = row.integer(1);
  url.depth = row.integer(2);
  url.hops = row.integer(3);
  url.seed_id = row.integer(4);
  url.attempts = row.integer(5);
  url.strikes = row.integer(6);
  url.role = url_role_named(row.text(7)).value_or(UrlRole::kPage);
  url.url = row.text(8);
  url.etag = row.text(9);
  url.last_modified = row.text(10);
  url.robots_directives = static_cast<uint8_t>(row.integer(12));
  return url;
}

Result<void> append_pending(Statement& query, std::vector<PendingUrl>& urls) {
  for (;;) {
    Result<bool> row = query.step();
    if (!row) return row.error();
    if (!*row) return {};
    urls.push_back(pending_url(query));
  }
}

}  // namespace

Result<void> UnitApplier::revive(int64_t url_id, Revived& revived) {
  statements_->revive.bind(1, url_id);
  if (Result<void> done = statements_->revive.run(); !done) return done;
  Statement& query = statements_->pending_url;
  query.bind(1, url_id);
  Result<bool> row = query.step();
  if (!row) return row.error();
  if (!*row) return {};
  revived.urls.push_back({query.integer(11), pending_url(query)});
  query.reset();
  return {};
}

Result<void> UnitApplier::apply_url_updates(const WriteUnit& unit) {
  for (const UrlUpdate& row : unit.url_updates) {
    if (row.id == passed_over_ && unit.upgrades.empty()) continue;
    if (Result<void> done = apply_url_update(row); !done) return done;
  }
  if (settled_.url_id == 0) return {};
  Statement& due = statements_->url_due;
  due.bind(1, settled_.url_id);
  due.bind(2, settled_.due_at);
  return due.run();
}

Result<void> UnitApplier::apply_url_update(const UrlUpdate& row) {
  const bool own = row.id == settled_.url_id;
  const bool overridden = own && settled_.overrides && row.state == UrlState::kDone;
  Statement& update = statements_->url_update;
  update.bind(1, row.id);
  update.bind(2, name(row.state));
  if (row.state == UrlState::kPending) {
    update.bind_null(3);
  } else {
    update.bind_or_null(3, name(overridden ? settled_.outcome : row.outcome));
  }
  update.bind_or_null(4, overridden ? settled_.detail : row.reason);
  update.bind(5, row.attempts);
  update.bind(6, row.strikes);
  update.bind_or_null(7, row.rule);
  bind_nonzero(update, 8, own ? settled_.due_at : 0);
  if (Result<void> done = update.run(); !done) return done;
  if (own) settled_.url_id = 0;
  return {};
}

Result<TailLoaded> UnitApplier::load_tail(const TailRequest& request) {
  TailLoaded tail;
  tail.host_id = request.host_id;
  Statement& same = statements_->tail_at_rank;
  same.bind(1, request.host_id);
  same.bind(2, request.after_rank);
  same.bind(3, request.after_id);
  same.bind(4, int64_t{request.limit});
  if (Result<void> done = append_pending(same, tail.urls); !done) return done.error();
  Statement& behind = statements_->tail_behind;
  behind.bind(1, request.host_id);
  behind.bind(2, request.after_rank);
  behind.bind(3, request.limit - static_cast<int64_t>(tail.urls.size()));
  if (Result<void> done = append_pending(behind, tail.urls); !done) return done.error();
  tail.more = tail.urls.size() >= static_cast<size_t>(request.limit);
  return tail;
}

}  // namespace crawl
