// SPDX-License-Identifier: MIT
// What a fetch does to the visit table and to the counts.
#include "storage/apply_change.h"
#include "storage/apply_statements.h"

namespace crawl {

// In the page's own unit, so that after any crash the counts are those of the rows.
Result<void> UnitApplier::count_page(const PageRow& page) {
  ++pages_;
  bytes_ += static_cast<int64_t>(page.body_bytes);
  Statement& count = statements_->host_count;
  count.bind(1, page.url_id);
  count.bind(2, int64_t{page.counts_as_error ? 1 : 0});
  return count.run();
}

Result<void> UnitApplier::add_visit(const PageRow& page, const Change& change) {
  const bool brings_version = change.word == "new" || change.word == "changed";
  const bool keeps = options_.keep_versions > 1 && brings_version && change.content_id != 0;
  if (keeps) {
    if (Result<void> done = contents_.add_reference(change.content_id); !done) return done;
  }
  Statement& insert = statements_->visit;
  insert.bind(1, page.url_id);
  insert.bind(2, run_id_);
  insert.bind(3, page.fetched_at);
  bind_nonzero(insert, 4, page.status);
  insert.bind(5, name(change.visit_outcome));
  bind_nonzero(insert, 6, change.content_hash);
  bind_nonzero(insert, 7, static_cast<int64_t>(page.body_bytes));
  insert.bind_or_null(8, change.word);
  if (change.word.empty()) {
    insert.bind_null(9);
  } else {
    insert.bind(9, int64_t{change.text_changed ? 1 : 0});
  }
  bind_nonzero(insert, 10, keeps ? change.content_id : 0);
  return insert.run();
}

Result<void> UnitApplier::add_attempt(const AttemptRow& attempt) {
  Statement& insert = statements_->visit;
  insert.bind(1, attempt.url_id);
  insert.bind(2, run_id_);
  insert.bind(3, attempt.at);
  bind_nonzero(insert, 4, attempt.status);
  insert.bind(5, name(attempt.outcome));
  for (int unknown = 6; unknown <= 10; ++unknown) insert.bind_null(unknown);
  return insert.run();
}

}  // namespace crawl
