// SPDX-License-Identifier: MIT
#pragma once

// What the commands that read ask of a database (Database::open_reader). Each struct is one answer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/database.h"
#include "storage/records.h"

namespace crawl {

struct Count {
  std::string name;
  int64_t count = 0;
};

struct RunInfo {
  int64_t id = 0;
  int64_t started_at = 0;
  std::optional<int64_t> ended_at;
  std::string end_reason;  // "": running, or died without a successor
  int64_t pid = 0;
  int64_t pages = 0;
  int64_t bytes = 0;
};

struct StatusAnswer {
  std::optional<RunInfo> last_run;
  int64_t runs = 0;
  std::vector<Count> states;    // of URLs, by state
  std::vector<Count> outcomes;  // of URLs that are done, most first
  std::vector<Count> reasons;   // of URLs that were skipped, most first
  std::vector<HostRow> most_pages;
  std::vector<HostRow> most_errors;
  std::vector<EventRow> last_events;  // latest first
  int64_t file_bytes = 0;             // the database and its log
};
Result<StatusAnswer> read_status(Database& database, const std::string& path);

struct VisitInfo {
  int64_t run_id = 0;
  int64_t at = 0;
  int64_t status = 0;  // 0: none
  std::string outcome;
  std::string change;
};

// A URL and the way it was found.
struct ChainStep {
  int64_t depth = 0;
  std::string url;
};

struct UrlStory {
  int64_t id = 0;
  int64_t depth = 0;
  int64_t hops = 0;
  int64_t attempts = 0;
  int64_t strikes = 0;
  int64_t first_seen_at = 0;
  std::string url, state, outcome, reason, seed, tag;
  std::vector<ChainStep> chain;  // from the page it was found on back to the seed
  std::optional<HostRow> host;
  bool fetched = false;  // from here on only where there is a page row
  bool has_body = false;
  int64_t status = 0;
  int64_t bytes = 0;
  int64_t links_out = 0;
  std::string detail, title, content_type, redirect;
  std::vector<VisitInfo> visits;  // latest last
};
// `url` is canonical. Looks at every URL: there is no index by name, as it would make a large crawl
// slow.
Result<std::optional<UrlStory>> read_url(Database& database, std::string_view url);

// Links that lead to a URL. Looks at every link, for at most `budget_ms`.
struct LinkCount {
  int64_t count = 0;
  bool complete = true;  // false: the time was over, there may be more
};
Result<LinkCount> count_links_to(Database& database, int64_t url_id, int budget_ms);

// At most `limit` known URLs of the host `authority` that begin like `url`, most alike first.
Result<std::vector<std::string>> nearest_urls(Database& database, std::string_view authority,
                                              std::string_view url, size_t limit);

// What `crawl cat` shows. nullopt: no such URL.
struct StoredContent {
  std::string outcome;              // of the URL; "" when it was never fetched
  std::optional<std::string> zstd;  // the body's frame
  std::optional<std::string> text;
};
Result<std::optional<StoredContent>> read_content(Database& database, std::string_view url);

}  // namespace crawl
