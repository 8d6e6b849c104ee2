// SPDX-License-Identifier: MIT
#pragma once

// The prepared statements behind UnitApplier; seen by apply*.cc only.

#include "storage/apply.h"

namespace crawl {

struct UnitApplier::Statements {
  Statement seed, host, host_update, host_count, url, url_upgrade, url_update, event, stored_page,
      replace_page, insert_facts, update_facts, confirm_copy, replace_body, delete_body,
      delete_links, link, visit, counters, tail_at_depth, tail_deeper;

  Result<void> prepare(Database& database);
};

inline void bind_nonzero(Statement& statement, int index, int64_t value) {
  if (value != 0) {
    statement.bind(index, value);
  } else {
    statement.bind_null(index);
  }
}

}  // namespace crawl
