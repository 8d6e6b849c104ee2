// SPDX-License-Identifier: MIT
#pragma once

// A bound on how long statements of one connection may take: for answers that a large database
// makes slow and that are worth having only when they are quick, and for work that may be
// interrupted. Of several at a time, one within the other, the inner one also ends where the outer
// one is used up.

#include <functional>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

class QueryBudget {
 public:
  QueryBudget(Database& database, int budget_ms);
  // `used_up` is asked every few hundred microseconds; once it says so, statements fail.
  QueryBudget(Database& database, std::function<bool()> used_up);
  ~QueryBudget();
  QueryBudget(const QueryBudget&) = delete;
  QueryBudget& operator=(const QueryBudget&) = delete;

  // True: `done` is the error of a query that ran out of time.
  bool exceeded_by(const Result<void>& done) const { return !done && over_; }

 private:
  static int check(void* self);
  void apply(QueryBudget* budget);

  Database& database_;
  QueryBudget* const outer_;
  const std::function<bool()> used_up_;
  bool over_ = false;
};

}  // namespace crawl
