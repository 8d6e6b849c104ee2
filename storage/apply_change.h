// SPDX-License-Identifier: MIT
#pragma once

// What the database holds of a page, and what a fetch makes of it; seen by apply*.cc only.

#include <cstdint>
#include <string_view>

#include "storage/apply.h"
#include "storage/revisit.h"

namespace crawl {

// Hashes are unsigned in C++ and signed in SQLite; 0 stands for none.
inline int64_t stored_hash(uint64_t hash) { return static_cast<int64_t>(hash); }

// True when this fetch brought content to keep: a whole page, or what came of one that was too
// large.
inline bool brings_copy(const PageRow& page) {
  return page.body_store == BodyStore::kReplace &&
         (page.outcome == Outcome::kOk || page.content_hash != 0);
}

struct UnitApplier::StoredPage {
  bool exists = false;
  FetchHistory history;
  int64_t changed_at = 0;
  int64_t content_hash = 0;
  int64_t text_hash = 0;
  int64_t content_id = 0;
};

struct UnitApplier::Change {
  std::string_view word;  // for visit.change; "" when nothing changed
  bool text_changed = false;
  bool confirms = false;  // the stored copy is still current
  int64_t content_hash = 0;
  int64_t content_id = 0;
  int64_t changed_at = 0;
  std::string_view detail;
  Outcome visit_outcome = Outcome::kNone;
  Settlement settled;
};

}  // namespace crawl
