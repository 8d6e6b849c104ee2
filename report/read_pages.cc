// SPDX-License-Identifier: MIT
#include "report/asking.h"

namespace crawl {

namespace {

constexpr size_t kExtremes = 10;  // slowest and largest pages

struct Figure {
  int64_t value = 0, url_id = 0;
  bool operator<(const Figure& other) const {
    return value != other.value ? value < other.value : url_id > other.url_id;
  }
};
using LargestFigures = Largest<Figure, std::less<Figure>>;

class PageCounter {
 public:
  explicit PageCounter(Pages& pages) : pages_(pages) {}

  void count(const Statement& row) {
    const int64_t url_id = row.integer(0);
    const Outcome outcome = outcome_named(row.text(2)).value_or(Outcome::kCrashedFetcher);
    pages_.over_time.add(row.integer(3), family_of(outcome));
    if (row.is_null(1)) return;  // nobody answered
    const int64_t status = row.integer(1);
    if (status > 0 && status < static_cast<int64_t>(statuses_.size())) {
      ++statuses_[static_cast<size_t>(status)];
    }
    if (!row.is_null(5)) {
      pages_.elapsed_ms.add(row.integer(5));
      slowest_.offer({row.integer(5), url_id});
    }
    if (family_of(outcome) == Family::kOk && !row.is_null(4)) {
      pages_.bytes.add(row.integer(4));
      largest_.offer({row.integer(4), url_id});
    }
  }

  Result<void> finish(Database& database) {
    for (size_t status = 0; status < statuses_.size(); ++status) {
      if (statuses_[status] > 0)
        pages_.statuses.push_back({std::to_string(status), statuses_[status]});
    }
    std::stable_sort(pages_.statuses.begin(), pages_.statuses.end(),
                     [](const Count& a, const Count& b) { return a.count > b.count; });
    if (Result<void> done = name_all(database, slowest_, pages_.slowest); !done) return done;
    return name_all(database, largest_, pages_.largest);
  }

 private:
  static Result<void> name_all(Database& database, LargestFigures& figures,
                               std::vector<PageFigure>& named) {
    for (const Figure& figure : figures.take()) {
      Result<NamedPage> page = name_page(database, figure.url_id);
      if (!page) return page.error();
      named.push_back({std::move(page->url), std::move(page->title), figure.value});
    }
    return {};
  }

  Pages& pages_;
  std::array<int64_t, 1000> statuses_{};
  LargestFigures slowest_{kExtremes, {}};
  LargestFigures largest_{kExtremes, {}};
};

}  // namespace

Result<void> read_pages(const Asking& asking, Report& report) {
  Result<Statement> query = asking.database.prepare(
      "SELECT url_id, status, outcome, fetched_at, bytes, elapsed_ms FROM page");
  if (!query) return query.error();
  if (report.last_run() != nullptr) {
    report.pages.over_time = TimeColumns(report.last_run()->started_at);
  }
  PageCounter counter(report.pages);
  Result<Coverage> found =
      for_each_in_time(asking, *query, [&](const Statement& row) { counter.count(row); });
  if (!found) return found.error();
  report.pages.coverage = *found;
  return counter.finish(asking.database);
}

namespace {

// Of one kind, the ids that are listed.
struct Kind {
  std::string_view word;
  int64_t Changes::*count;
  std::vector<std::pair<int64_t, bool>> listed;
};

Result<void> list_changes(const Asking& asking, const Kind& kind, Changes& changes) {
  for (const auto& [url_id, text_changed] : kind.listed) {
    Result<NamedPage> page = name_page(asking.database, url_id);
    if (!page) return page.error();
    changes.rows.push_back(
        {std::move(page->url), std::move(page->title), std::string(kind.word), text_changed});
  }
  return {};
}

}  // namespace

Result<void> read_changes(const Asking& asking, Report& report) {
  Changes& changes = report.changes;
  changes.first_run = report.runs_count < 2;
  if (changes.first_run) return {};
  Result<Statement> query = asking.database.prepare(
      "SELECT url_id, change, text_changed FROM visit WHERE run_id = ?1 AND change IS NOT NULL");
  if (!query) return query.error();
  query->bind(1, report.last_run()->id);
  Kind kinds[] = {{"gone", &Changes::gone, {}},
                  {"changed", &Changes::changed, {}},
                  {"new", &Changes::added, {}}};
  const auto rows_max = static_cast<size_t>(asking.question.rows_max);
  Result<Coverage> found = for_each_in_time(asking, *query, [&](const Statement& row) {
    for (Kind& kind : kinds) {
      if (row.text(1) != kind.word) continue;
      ++(changes.*kind.count);
      if (kind.listed.size() < rows_max) kind.listed.emplace_back(row.integer(0), row.integer(2));
    }
  });
  if (!found) return found.error();
  changes.coverage = *found;
  for (const Kind& kind : kinds) {
    if (Result<void> done = list_changes(asking, kind, changes); !done) return done;
  }
  return {};
}

}  // namespace crawl
