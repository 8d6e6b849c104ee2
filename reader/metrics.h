// SPDX-License-Identifier: MIT
#pragma once

// Numbers for monitoring, in the text format of Prometheus (exposition format 0.0.4), for a scrape
// of /metrics and for the node exporter's textfile collector.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reader/status_view.h"

namespace crawl {

// Of the last run. What is not known is left out.
struct Metrics {
  int64_t run = 0;  // 0: there was none yet; then the rest is nothing
  bool running = false;
  std::string end_reason;  // "" while it runs
  int64_t started_at = 0;  // ms since 1970
  std::optional<int64_t> ended_at;
  int64_t pages = 0;
  int64_t bytes = 0;
  std::optional<int64_t> errors, pending, in_flight, hosts_ready, hosts_waiting, fetchers,
      fetchers_died, database_bytes, broken_links;
  std::vector<Count> states, outcomes, skipped, changes;  // of URLs, in all runs but the last
};

Metrics metrics_of(const StatusView& view);
std::string metrics_text(const Metrics& metrics);

}  // namespace crawl
