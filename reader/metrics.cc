// SPDX-License-Identifier: MIT
#include "reader/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace crawl {

namespace {

// "# HELP", "# TYPE" and the samples of one family.
class Families {
 public:
  void gauge(std::string_view name, std::string_view help, std::optional<int64_t> value) {
    if (!value) return;
    head(name, help);
    text_ += fmt::format("{} {}\n", name, *value);
  }
  void seconds(std::string_view name, std::string_view help, std::optional<int64_t> ms) {
    if (!ms) return;
    head(name, help);
    text_ += fmt::format("{} {}.{:03}\n", name, *ms / 1000, *ms % 1000);
  }
  // The names are words of base/vocabulary.h: nothing in them needs to be escaped.
  void labelled(std::string_view name, std::string_view help, std::string_view label,
                const std::vector<Count>& counts) {
    if (counts.empty()) return;
    head(name, help);
    for (const Count& count : counts) {
      text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, count.name, count.count);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void head(std::string_view name, std::string_view help) {
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
  }
  std::string text_;
};

}  // namespace

Metrics metrics_of(const StatusView& view) {
  Metrics metrics;
  const StatusAnswer& answer = view.answer;
  metrics.database_bytes = answer.file_bytes;
  if (!answer.last_run) return metrics;
  const RunInfo& run = *answer.last_run;
  metrics.run = run.id;
  metrics.running = view.running;
  metrics.end_reason = metrics.running ? "" : run_state(view);
  metrics.started_at = run.started_at;
  if (!metrics.running) metrics.ended_at = run.ended_at;
  metrics.pages = run.pages;
  metrics.bytes = run.bytes;
  metrics.pending = count_of(answer.states, name(UrlState::kPending));
  metrics.fetchers_died = count_of(answer.troubles, "fetcher_crashed");
  metrics.broken_links = answer.broken_links;
  metrics.states = answer.states;
  metrics.outcomes = answer.outcomes;
  metrics.skipped = answer.reasons;
  metrics.changes = answer.changes.value_or(std::vector<Count>());
  if (view.live) {
    metrics.hosts_ready = view.live->hosts_ready;
    metrics.hosts_waiting = view.live->hosts_waiting;
    metrics.fetchers = static_cast<int64_t>(view.live->fetchers.size());
  }
  return metrics;
}

// Of one run, so that a number may fall when the next one begins: gauges, all of them.
std::string metrics_text(const Metrics& metrics) {
  Families all;
  all.gauge("crawl_run", "Number of the last run; 0: there was none yet.", metrics.run);
  all.gauge("crawl_database_bytes", "Size of the database and its log.", metrics.database_bytes);
  if (metrics.run == 0) return all.take();
  all.gauge("crawl_running", "1 while the last run is under way.", metrics.running ? 1 : 0);
  if (!metrics.running) {
    all.labelled("crawl_end", "Why the last run ended.", "reason", {{metrics.end_reason, 1}});
  }
  all.seconds("crawl_start_timestamp_seconds", "When the last run began.", metrics.started_at);
  all.seconds("crawl_end_timestamp_seconds", "When it ended.", metrics.ended_at);
  all.gauge("crawl_pages", "Pages that the last run has fetched.", metrics.pages);
  all.gauge("crawl_page_bytes", "Bytes of their decoded bodies.", metrics.bytes);
  all.gauge("crawl_errors", "Fetches of it that failed for good.", metrics.errors);
  all.gauge("crawl_pending_urls", "URLs still to fetch.", metrics.pending);
  all.gauge("crawl_in_flight", "Transfers under way.", metrics.in_flight);
  all.gauge("crawl_hosts_ready", "Hosts with URLs to fetch that may be asked now.",
            metrics.hosts_ready);
  all.gauge("crawl_hosts_waiting", "Hosts with URLs to fetch that wait for their delay.",
            metrics.hosts_waiting);
  all.gauge("crawl_fetchers", "Fetcher processes.", metrics.fetchers);
  all.gauge("crawl_fetchers_died", "Fetchers that crashed in the last run.", metrics.fetchers_died);
  all.gauge("crawl_broken_links", "Links whose targets cannot be had.", metrics.broken_links);
  all.labelled("crawl_urls", "URLs by state, of all runs.", "state", metrics.states);
  all.labelled("crawl_outcomes", "URLs that are done by outcome, of all runs.", "outcome",
               metrics.outcomes);
  all.labelled("crawl_skipped", "URLs that were skipped by reason, of all runs.", "reason",
               metrics.skipped);
  all.labelled("crawl_changes", "Pages that the last run found new, changed or gone.", "change",
               metrics.changes);
  return all.take();
}

}  // namespace crawl
