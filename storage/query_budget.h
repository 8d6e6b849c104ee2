// SPDX-License-Identifier: MIT
#pragma once

// A bound on how long queries of one connection may take, for answers that a large database makes
// slow and that are worth having only when they are quick.

#include <chrono>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

class QueryBudget {
 public:
  QueryBudget(Database& database, int budget_ms);
  ~QueryBudget();
  QueryBudget(const QueryBudget&) = delete;
  QueryBudget& operator=(const QueryBudget&) = delete;

  // True: `done` is the error of a query that ran out of time.
  bool exceeded_by(const Result<void>& done) const { return !done && over_; }

 private:
  static int check(void* self);

  Database& database_;
  const std::chrono::steady_clock::time_point deadline_;
  bool over_ = false;
};

}  // namespace crawl
