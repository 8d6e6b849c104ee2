// SPDX-License-Identifier: MIT
#include "storage/query_budget.h"

#include <sqlite3.h>

#include <chrono>
#include <utility>

namespace crawl {

namespace {

constexpr int kInstructionsBetweenChecks = 20'000;  // of SQLite's; some hundred microseconds

}  // namespace

QueryBudget::QueryBudget(Database& database, int budget_ms)
    : QueryBudget(database, [deadline = std::chrono::steady_clock::now() +
                                        std::chrono::milliseconds(budget_ms)] {
        return std::chrono::steady_clock::now() > deadline;
      }) {}

QueryBudget::QueryBudget(Database& database, std::function<bool()> used_up)
    : database_(database), outer_(database.budget_), used_up_(std::move(used_up)) {
  apply(this);
}

QueryBudget::~QueryBudget() { apply(outer_); }

// SQLite asks one of them.
void QueryBudget::apply(QueryBudget* budget) {
  database_.budget_ = budget;
  sqlite3_progress_handler(database_.handle(), budget == nullptr ? 0 : kInstructionsBetweenChecks,
                           budget == nullptr ? nullptr : &QueryBudget::check, budget);
}

int QueryBudget::check(void* self) {
  auto* budget = static_cast<QueryBudget*>(self);
  budget->over_ = budget->over_ || budget->used_up_() ||
                  (budget->outer_ != nullptr && check(budget->outer_) != 0);
  return budget->over_ ? 1 : 0;
}

}  // namespace crawl
