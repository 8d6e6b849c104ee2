// SPDX-License-Identifier: MIT
// What a fetch does to the page, content and link tables.
#include <algorithm>
#include <initializer_list>

#include "storage/apply_change.h"
#include "storage/apply_statements.h"

namespace crawl {

Result<void> UnitApplier::apply_page(const PageRow& page) {
  Result<StoredPage> stored = stored_page(page.url_id);
  if (!stored) return stored.error();
  const FetchHistory& history = stored->history;
  const bool older = stored->exists && history.fetched_at >= page.fetched_at;
  if (page.archived && (older || (page.outcome == Outcome::kNotModified && !history.has_copy))) {
    passed_over_ = page.url_id;
    return {};
  }
  latest_at_ = std::max(latest_at_, page.fetched_at);
  Change change;
  settle_page(page, *stored, change);
  settle_url(page, change);
  if (Result<void> done = store_page(page, *stored, change); !done) return done;
  if (Result<void> done = count_page(page); !done) return done;
  if (Result<void> done = add_visit(page, change); !done) return done;
  if (!stored->exists || change.word.empty()) return {};
  Result<int64_t> released = versions_.keep_latest(contents_, page.url_id, options_.keep_versions);
  return released ? Result<void>() : released.error();
}

Result<void> UnitApplier::store_page(const PageRow& page, const StoredPage& stored,
                                     Change& change) {
  if (change.confirms) return confirm_copy(page, change);
  if (page.body_store == BodyStore::kReplace && page.outcome != Outcome::kNotModified) {
    return replace_page(page, stored, change);
  }
  return stored.exists ? update_facts(page, change) : insert_facts(page, change);
}

Result<UnitApplier::StoredPage> UnitApplier::stored_page(int64_t url_id) {
  Statement& query = statements_->stored_page;
  query.bind(1, url_id);
  Result<bool> row = query.step();
  if (!row) return row.error();
  StoredPage stored;
  if (!*row) return stored;
  stored.exists = true;
  FetchHistory& history = stored.history;
  history.gone = query.text(0) == name(Outcome::kGone);
  stored.changed_at = query.integer(1);
  stored.content_hash = query.integer(2);
  history.has_copy =
      !query.is_null(1) && (!query.is_null(2) || query.text(0) == name(Outcome::kOk));
  stored.text_hash = query.integer(3);
  stored.content_id = query.integer(4);
  history.canonical_elsewhere = !query.is_null(5);
  history.interval_ms = query.integer(6);
  history.failures = query.integer(7);
  history.failing_since = query.integer(8);
  history.missing_run = query.integer(9);
  history.fetched_at = query.integer(10);
  query.reset();
  return stored;
}

namespace {

void bind_text(Statement& statement, int first, std::initializer_list<std::string_view> values) {
  for (const std::string_view value : values) statement.bind_or_null(first++, value);
}

// Parameters 15 to 42: what only a fetch that replaces the page brings.
void bind_content(Statement& statement, const PageRow& page) {
  bind_nonzero(statement, 15, stored_hash(page.content_hash));
  bind_nonzero(statement, 16, stored_hash(page.text_hash));
  bind_nonzero(statement, 17, stored_hash(page.simhash));
  if (brings_copy(page) && !page.withheld) {
    statement.bind(18, static_cast<int64_t>(page.text.size()));
  } else {
    statement.bind_null(18);
  }
  bind_nonzero(statement, 20, page.canonical_id);
  bind_text(statement, 21,
            {page.content_type, page.charset, name(page.charset_source), name(page.document),
             name(page.parse_status), page.lang, name(page.lang_source)});
  statement.bind(28, int64_t{page.robots_directives});
  statement.bind(29, int64_t{page.links_dropped});
  statement.bind(30, static_cast<int64_t>(page.body_bytes));
  statement.bind(31, static_cast<int64_t>(page.wire_bytes));
  bind_nonzero(statement, 32, page.published_at);
  bind_nonzero(statement, 33, page.modified_at);
  bind_nonzero(statement, 34, page.unavailable_after);
  bind_text(statement, 35,
            {page.title, page.description, page.author, page.canonical, page.etag,
             page.last_modified, page.headers, page.metadata});
}

Content content_of(const PageRow& page) {
  Content content;
  if (!page.withheld && (brings_copy(page) || !page.text.empty())) {
    content.text = page.text;  // '' says that a page has no text
    content.main_text = page.main_text;
  }
  content.zstd = page.body_zstd;
  return content;
}

}  // namespace

// Parameters 1 to 13 are the same wherever a fetch's own facts are stored.
void UnitApplier::bind_facts(Statement& statement, const PageRow& page, const Change& change) {
  statement.bind(1, page.url_id);
  bind_nonzero(statement, 2, page.status);
  statement.bind(3, name(change.settled.outcome));
  statement.bind_or_null(4, change.detail);
  bind_nonzero(statement, 5, page.redirect_id);
  statement.bind(6, page.elapsed_ms);
  statement.bind(7, page.fetched_at);
  bind_nonzero(statement, 8, page.fetcher_pid);
  statement.bind_or_null(9, page.address);
  bind_nonzero(statement, 10, change.settled.interval_ms);
  statement.bind(11, change.settled.failures);
  bind_nonzero(statement, 12, change.settled.failing_since);
  bind_nonzero(statement, 13, change.settled.missing_run);
}

Result<void> UnitApplier::replace_page(const PageRow& page, const StoredPage& stored,
                                       Change& change) {
  Result<int64_t> content = contents_.replace(stored.content_id, content_of(page));
  if (!content) return content.error();
  change.content_id = *content;
  Statement& replace = statements_->replace_page;
  bind_facts(replace, page, change);
  bind_nonzero(replace, 14, change.changed_at);
  bind_content(replace, page);
  bind_nonzero(replace, 19, change.content_id);
  if (Result<void> done = replace.run(); !done) return done;
  return replace_links(page, stored);
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

Result<void> UnitApplier::insert_facts(const PageRow& page, const Change& change) {
  bind_facts(statements_->insert_facts, page, change);
  return statements_->insert_facts.run();
}

Result<void> UnitApplier::update_facts(const PageRow& page, const Change& change) {
  bind_facts(statements_->update_facts, page, change);
  return statements_->update_facts.run();
}

Result<void> UnitApplier::confirm_copy(const PageRow& page, const Change& change) {
  Statement& confirm = statements_->confirm_copy;
  confirm.bind(1, page.url_id);
  confirm.bind(2, page.elapsed_ms);
  confirm.bind(3, page.fetched_at);
  bind_nonzero(confirm, 4, page.fetcher_pid);
  bind_text(confirm, 5, {page.address, page.etag, page.last_modified});
  bind_nonzero(confirm, 8, change.settled.interval_ms);
  bind_nonzero(confirm, 9, change.word.empty() ? 0 : change.changed_at);
  return confirm.run();
}

}  // namespace crawl
