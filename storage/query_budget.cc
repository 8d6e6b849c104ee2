// SPDX-License-Identifier: MIT
#include "storage/query_budget.h"

#include <sqlite3.h>

namespace crawl {

namespace {

constexpr int kInstructionsBetweenChecks = 20'000;  // of SQLite's; some hundred microseconds

}  // namespace

QueryBudget::QueryBudget(Database& database, int budget_ms)
    : database_(database),
      deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(budget_ms)) {
  sqlite3_progress_handler(database.handle(), kInstructionsBetweenChecks, &QueryBudget::check,
                           this);
}

QueryBudget::~QueryBudget() { sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr); }

int QueryBudget::check(void* self) {
  auto* budget = static_cast<QueryBudget*>(self);
  if (std::chrono::steady_clock::now() > budget->deadline_) budget->over_ = true;
  return budget->over_ ? 1 : 0;
}

}  // namespace crawl
