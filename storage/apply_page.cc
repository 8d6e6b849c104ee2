// SPDX-License-Identifier: MIT
// What a fetch does to the page, body, link and visit tables.
#include "storage/apply_statements.h"

namespace crawl {

namespace {

// Hashes are unsigned in C++ and signed in SQLite; 0 stands for none.
int64_t stored_hash(uint64_t hash) { return static_cast<int64_t>(hash); }

// True when this fetch brought content to keep: a whole page, or what came of one that was too
// large.
bool brings_copy(const PageRow& page) {
  return page.body_store == BodyStore::kReplace &&
         (page.outcome == Outcome::kOk || page.content_hash != 0);
}

// What host.errors counts: fetches that brought neither what was asked for nor where it went.
bool is_error(Outcome outcome) {
  return outcome != Outcome::kOk && outcome != Outcome::kNotModified &&
         outcome != Outcome::kRedirect && outcome != Outcome::kTooLarge &&
         outcome != Outcome::kUnsupportedType;
}

}  // namespace

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
  if (done = count_page(page); !done) return done;
  return add_visit(page, content_hash, change);
}

// In the page's own unit, so that after any crash the counts are those of the rows.
Result<void> UnitApplier::count_page(const PageRow& page) {
  ++pages_;
  bytes_ += static_cast<int64_t>(page.body_bytes);
  Statement& count = statements_->host_count;
  count.bind(1, page.url_id);
  count.bind(2, int64_t{is_error(page.outcome) ? 1 : 0});
  return count.run();
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

}  // namespace crawl
