// SPDX-License-Identifier: MIT
#pragma once

// Questions to the database that may take no longer than the user waits.

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/result.h"
#include "report/report.h"
#include "storage/query_budget.h"
#include "storage/rows.h"

namespace crawl {

struct Asking {
  Database& database;
  const ReportQuestion& question;
  int64_t sections_done = 0, sections = 0;

  bool go_on() const { return !question.progress || question.progress(sections_done, sections); }
};

// Calls `visit(row)` for each row, as long as there is time: its preparation, sorting for example,
// counts as well. kClosed: the user does not want to wait any longer.
template <typename Visit>
Result<Coverage> for_each_in_time(const Asking& asking, Statement& query, Visit visit) {
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(asking.question.patience_ms);
  bool stopped = false;
  const QueryBudget budget(asking.database, [&] {
    stopped = stopped || !asking.go_on();
    return stopped || std::chrono::steady_clock::now() > end;
  });
  Coverage coverage;
  const Result<void> done = for_each_row(query, [&](Statement& row) {
    ++coverage.rows;
    visit(row);
  });
  if (stopped) return Error{Errc::kClosed, 0, "the report was given up"};
  if (!done && !budget.exceeded_by(done)) return done.error();
  coverage.whole = done.has_value();
  return coverage;
}

// The largest of all that it is offered, in memory for no more than `count`.
template <typename T, typename Less>
class Largest {
 public:
  Largest(size_t count, Less less) : count_(count), less_(less) {}

  void offer(T item) {
    if (heap_.size() == count_) {
      if (count_ == 0 || !less_(heap_.front(), item)) return;
      std::pop_heap(heap_.begin(), heap_.end(), greater());
      heap_.pop_back();
    }
    heap_.push_back(std::move(item));
    std::push_heap(heap_.begin(), heap_.end(), greater());
  }

  std::vector<T> take() {  // largest first
    std::sort_heap(heap_.begin(), heap_.end(), greater());
    return std::move(heap_);
  }

 private:
  auto greater() const {
    return [this](const T& a, const T& b) { return less_(b, a); };
  }

  size_t count_;
  Less less_;
  std::vector<T> heap_;
};

// The sections. Each fills its part of the report.
Result<void> read_runs(const Asking& asking, Report& report);
Result<void> read_hosts(const Asking& asking, Report& report);
Result<void> read_urls(const Asking& asking, Report& report);      // behind read_hosts()
Result<void> read_troubles(const Asking& asking, Report& report);  // behind read_runs()
Result<void> read_pages(const Asking& asking, Report& report);     // the same
Result<void> read_changes(const Asking& asking, Report& report);   // the same
Result<void> read_broken_links(const Asking& asking, Report& report);
Result<void> read_copies(const Asking& asking, Report& report);
Result<void> read_near_copies(const Asking& asking, Report& report);

// The URL with this id, and its page's title.
struct NamedPage {
  std::string url, title;
};
Result<NamedPage> name_page(Database& database, int64_t url_id);

}  // namespace crawl
