// SPDX-License-Identifier: MIT
#include <unordered_map>

#include "report/asking.h"
#include "storage/explain.h"

namespace crawl {

namespace {

// The word of a row is mostly that of the row before it.
template <typename Enum>
class WordReader {
 public:
  explicit WordReader(std::optional<Enum> (*named)(std::string_view)) : named_(named) {}
  // `unknown`: what stands for a word that is none of ours.
  Enum read(std::string_view word, Enum unknown) {
    if (word == word_) return value_;
    word_ = word;
    return value_ = word.empty() ? Enum::kNone : named_(word).value_or(unknown);
  }

 private:
  std::optional<Enum> (*named_)(std::string_view);
  std::string word_;
  Enum value_ = Enum::kNone;
};

UrlState state_of(std::string_view word) {
  if (word == name(UrlState::kDone)) return UrlState::kDone;
  return word == name(UrlState::kSkipped) ? UrlState::kSkipped : UrlState::kPending;
}

// What a page found leads to many pages that wait: all in one pass over the table.
class UrlCounter {
 public:
  explicit UrlCounter(Report& report) : urls_(report.urls), hosts_(report.hosts) {
    for (HostFigures& host : hosts_.most_fetched) families_of_[host.id] = &host.families;
  }

  void count(const Statement& row) {
    const UrlState state = state_of(row.text(2));
    ++urls_.states[static_cast<size_t>(state)];
    const size_t family = static_cast<size_t>(family_of(state, row));
    ++urls_.families[family];
    const int64_t depth = std::clamp<int64_t>(row.integer(1), 0, UrlCounts::kDepthMax);
    ++urls_.depths[static_cast<size_t>(depth)][family];
    const auto listed = families_of_.find(row.integer(0));
    ++(listed == families_of_.end() ? hosts_.others : *listed->second)[family];
  }

 private:
  Family family_of(UrlState state, const Statement& row) {
    if (state == UrlState::kPending) return Family::kWaiting;
    if (state == UrlState::kSkipped) {
      const SkipReason reason = reasons_.read(row.text(4), SkipReason::kNone);
      ++urls_.reasons[static_cast<size_t>(reason)];
      return Family::kSkipped;
    }
    const Outcome outcome = outcomes_.read(row.text(3), Outcome::kNone);
    ++urls_.outcomes[static_cast<size_t>(outcome)];
    return outcome == Outcome::kNone ? Family::kNotKept : crawl::family_of(outcome);
  }

  UrlCounts& urls_;
  Hosts& hosts_;
  std::unordered_map<int64_t, FamilyCounts*> families_of_;
  WordReader<Outcome> outcomes_{outcome_named};
  WordReader<SkipReason> reasons_{skip_reason_named};
};

}  // namespace

Result<void> read_urls(const Asking& asking, Report& report) {
  Result<Statement> query =
      asking.database.prepare("SELECT host_id, depth, state, outcome, reason FROM url");
  if (!query) return query.error();
  UrlCounter counter(report);
  Result<Coverage> found =
      for_each_in_time(asking, *query, [&](const Statement& row) { counter.count(row); });
  if (!found) return found.error();
  report.urls.coverage = *found;
  return {};
}

}  // namespace crawl
