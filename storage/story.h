// SPDX-License-Identifier: MIT
#pragma once

// Everything the database knows of one URL: what `crawl why` tells.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/database.h"
#include "storage/records.h"

namespace crawl {

struct VisitInfo {
  int64_t run_id = 0;
  int64_t at = 0;
  int64_t status = 0;  // 0: none
  std::string outcome;
  std::string change;
  bool text_changed = false;
};

// A URL and the way it was found.
struct ChainStep {
  int64_t depth = 0;
  std::string url;
  std::string kind, rel, anchor;  // of the link on it that led on; "" where it has none any more
};

// Where a redirect leads, and what became of that.
struct RedirectStep {
  std::string url, state, outcome;
};
inline constexpr size_t kRedirectsShown = 20;

struct UrlStory {
  int64_t id = 0;
  int64_t depth = 0;
  int64_t hops = 0;
  int64_t attempts = 0;
  int64_t strikes = 0;
  int64_t first_seen_at = 0;
  int64_t listed_at = 0;  // 0: none
  int64_t due_at = 0;     // 0: none
  std::string url, state, outcome, reason, rule, role, seed, tag;
  std::vector<ChainStep> chain;  // from the page it was found on back to the seed
  std::optional<HostRow> host;
  bool fetched = false;  // from here on only where there is a page row
  bool has_body = false;
  int64_t status = 0;
  int64_t bytes = 0;
  int64_t links_out = 0;
  int64_t fetched_at = 0;
  int64_t changed_at = 0;   // 0: never
  int64_t interval_ms = 0;  // 0: not known yet
  int64_t failures = 0;
  int64_t failing_since = 0;
  int64_t content_id = 0;
  int64_t text_bytes = 0;
  int64_t robots_directives = 0;
  int64_t unavailable_after = 0;  // 0: never
  std::optional<int64_t> simhash;
  std::string page_outcome;  // of the last fetch that is stored, whose status is above
  std::string detail, title, content_type, document, lang, lang_source, declared_canonical,
      duplicate_of;
  std::vector<RedirectStep> redirects;  // at most kRedirectsShown hops on from here
  std::vector<VisitInfo> visits;        // latest last
};

// `url` is canonical. Looks at every URL: there is no index by name, as it would make a large crawl
// slow.
Result<std::optional<UrlStory>> read_url(Database& database, std::string_view url);

// Links that lead to a URL. Looks at every link, for at most `budget_ms`.
struct LinkCount {
  int64_t count = 0;
  int64_t sitemaps = 0;  // of these, from sitemaps
  int64_t feeds = 0;     // and from feeds
  bool complete = true;  // false: the time was over, there may be more
};
Result<LinkCount> count_links_to(Database& database, int64_t url_id, int budget_ms);

// Pages that say the same. Looks at every page, for at most `budget_ms`.
struct LikePages {
  int64_t same = 0;                               // byte for byte
  int64_t near = 0;                               // simhashes that differ in at most three bits
  std::vector<std::string> same_urls, near_urls;  // at most kLikeShown of each, oldest first
  bool complete = true;
};
inline constexpr size_t kLikeShown = 3;
Result<LikePages> find_like_pages(Database& database, const UrlStory& story, int budget_ms);

// At most `limit` known URLs of the host `authority` that begin like `url`, most alike first.
Result<std::vector<std::string>> nearest_urls(Database& database, std::string_view authority,
                                              std::string_view url, size_t limit);

}  // namespace crawl
