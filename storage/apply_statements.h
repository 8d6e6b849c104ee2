// SPDX-License-Identifier: MIT
#pragma once

// The prepared statements behind UnitApplier; seen by apply*.cc only.

#include "storage/apply.h"

namespace crawl {

struct UnitApplier::Statements {
  Statement seed, host, host_update, robots, forget_robots, host_count, event, decided_by, counters;
  Statement url, url_upgrade, url_adopt, url_update, url_due, list_url, outdated, revive,
      pending_url, tail_at_rank, tail_behind;
  Statement stored_page, replace_page, insert_facts, update_facts, confirm_copy, delete_links, link,
      visit;

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
