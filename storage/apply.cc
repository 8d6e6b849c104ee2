// SPDX-License-Identifier: MIT
#include "storage/apply.h"

#include <utility>

#include "storage/apply_statements.h"
#include "storage/rows.h"

namespace crawl {

UnitApplier::UnitApplier(int64_t run_id, const ApplyOptions& options,
                         std::unique_ptr<Statements> statements, ContentStore contents,
                         KeptVersions versions)
    : run_id_(run_id),
      options_(options),
      statements_(std::move(statements)),
      contents_(std::move(contents)),
      versions_(std::move(versions)) {}

UnitApplier::~UnitApplier() = default;

Result<std::unique_ptr<UnitApplier>> UnitApplier::create(Database& database, int64_t run_id,
                                                         const ApplyOptions& options) {
  auto statements = std::make_unique<Statements>();
  if (Result<void> prepared = statements->prepare(database); !prepared) return prepared.error();
  Result<uint64_t> seed = fingerprint_seed(database);
  if (!seed) return seed.error();
  Result<ContentStore> contents = ContentStore::create(database, *seed);
  if (!contents) return contents.error();
  Result<KeptVersions> versions = KeptVersions::create(database);
  if (!versions) return versions.error();
  return std::unique_ptr<UnitApplier>(new UnitApplier(run_id, options, std::move(statements),
                                                      std::move(*contents), std::move(*versions)));
}

Result<void> UnitApplier::apply(const WriteUnit& unit, Revived& revived) {
  settled_ = {};
  passed_over_ = 0;
  if (Result<void> done = apply_seeds(unit); !done) return done;
  if (Result<void> done = apply_hosts(unit); !done) return done;
  if (Result<void> done = apply_urls(unit); !done) return done;
  if (unit.page) {
    if (Result<void> done = apply_page(*unit.page); !done) return done;
  }
  if (unit.attempt) {
    if (Result<void> done = add_attempt(*unit.attempt); !done) return done;
  }
  if (!unit.decided_by.empty()) {
    statements_->decided_by.bind(1, unit.decided_by);
    if (Result<void> done = statements_->decided_by.run(); !done) return done;
  }
  if (Result<void> done = apply_listed(unit, revived); !done) return done;
  if (Result<void> done = apply_url_updates(unit); !done) return done;
  for (const HostRow& row : unit.host_updates) {
    if (Result<void> done = update_host(row); !done) return done;
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

namespace {

void bind_host_state(Statement& statement, const HostRow& row) {
  statement.bind(1, row.id);
  statement.bind(2, row.delay_ms);
  statement.bind(3, row.backoff_level);
  statement.bind(4, row.latency_ms);
  statement.bind(5, row.next_at);
}

}  // namespace

Result<void> UnitApplier::apply_hosts(const WriteUnit& unit) {
  for (const HostRow& row : unit.new_hosts) {
    Statement& insert = statements_->host;
    bind_host_state(insert, row);
    insert.bind(6, row.name);
    if (Result<void> done = insert.run(); !done) return done;
    if (Result<void> done = apply_robots(row); !done) return done;
  }
  return {};
}

Result<void> UnitApplier::update_host(const HostRow& row) {
  bind_host_state(statements_->host_update, row);
  if (Result<void> done = statements_->host_update.run(); !done) return done;
  return row.robots_unchanged ? Result<void>() : apply_robots(row);
}

Result<void> UnitApplier::apply_robots(const HostRow& row) {
  for (size_t i = 0; i < row.robots.size(); ++i) {
    const RobotsRow& robots = row.robots[i];
    const bool known = robots.state != RobotsState::kUnknown;
    Statement& statement = known ? statements_->robots : statements_->forget_robots;
    statement.bind(1, row.id);
    statement.bind(2, kRobotsSchemes[i]);
    if (known) {
      statement.bind(3, name(robots.state));
      statement.bind_or_null(4, robots.rules);
      bind_nonzero(statement, 5, robots.fetched_at);
      bind_nonzero(statement, 6, robots.failing_since);
      statement.bind_optional(7, robots.crawl_delay_ms);
    }
    if (Result<void> done = statement.run(); !done) return done;
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

Result<void> UnitApplier::store_counters() {
  Statement& update = statements_->counters;
  update.bind(1, run_id_);
  update.bind(2, pages_);
  update.bind(3, bytes_);
  return update.run();
}

}  // namespace crawl
