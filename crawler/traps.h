// SPDX-License-Identifier: MIT
#pragma once

// Traps: parts of a site that yield new URLs without end. Each new URL that is wanted otherwise is
// judged once; one that is refused is kept with the rule's name. A page missed is worse than a trap
// entered, so the rules ask for more than any real site has been seen to show, and what they do not
// see is stopped by a budget.
//
// From the URL alone (trap_rules.h): repeated_segments, deep_path, query_growth, and calendar for a
// day or a calendar's month more than three years ahead. From what was counted: session_id (one
// URL under many sessions), prefix_budget (URLs of one folder, where numbers in its name make no
// difference), query_budget (URLs that differ in their query only), host_budget. From what was
// fetched: near_duplicates (64 pages of one folder, or of one path with queries, that read the
// same) and calendar (the same of 24 pages of at least 12 months, or of 8 pages where the URL's
// month is more than twenty years back).
//
// Memory is bounded whatever sites do: about 40 MiB, reached after some million folders. Counts
// that no longer fit are forgotten, the smallest first. One thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "crawler/bounded_table.h"
#include "web/url.h"

namespace crawl {

// The rule of the one budget that is kept by who gives hosts their ids.
inline constexpr std::string_view kDomainBudget = "domain_budget";

struct TrapVerdict {
  SkipReason reason = SkipReason::kNone;  // kTrap; kBudget for "host_budget"
  std::string_view rule;                  // its name, which lives forever; "": no rule applies
};

class TrapGuard {
 public:
  struct Options {
    bool enabled = true;
    int64_t host_urls_max = 5'000'000;
    int64_t prefix_urls_max = 500'000;
    int64_t query_urls_max = 100'000;
    int64_t domain_hosts_max = 100'000;  // counted by who gives hosts their ids
  };

  explicit TrapGuard(const Options& options);

  // `url` is canonical. `now_wall_ms` is for calendars.
  TrapVerdict check(int64_t host_id, const Url& url, int64_t now_wall_ms) const;
  // Of what is no page, a sitemap or an asset: only how many of them there may be.
  TrapVerdict check_budget(int64_t host_id, const Url& url) const;
  // Once for each URL that is taken in, when it is found or restored.
  void count(int64_t host_id, const Url& url);
  // Once for each page that was fetched; the same URL may come again. Pages with less than
  // kTextBytesMin of text say nothing.
  void on_page(int64_t host_id, const Url& url, uint64_t simhash, size_t text_bytes);

  size_t bytes() const { return counts_.bytes() + runs_.bytes(); }

  static constexpr size_t kTextBytesMin = 128;
  static constexpr int kSimilarBits = 3;         // of two simhashes, may differ
  static constexpr int kNearDuplicatesMax = 64;  // different URLs in a row
  static constexpr int kCalendarPagesMax = 24;   // the same, of one calendar …
  static constexpr int kCalendarMonthsMin = 12;  // … with so many months
  static constexpr int kPastPagesMax = 8;  // the same, before URLs of the far past are refused
  static constexpr int64_t kMonthsAheadMax = 36;
  static constexpr int64_t kMonthsBackMax = 240;
  static constexpr uint32_t kSureSessionsMax = 8;
  static constexpr uint32_t kLikelySessionsMax = 128;

 private:
  struct Count {
    uint64_t key = 0;
    uint32_t value = 0;
    uint64_t weight() const { return value; }
  };
  // The latest pages that were near-duplicates of one.
  struct Run {
    uint64_t key = 0;
    uint64_t simhash = 0;   // of the first
    uint64_t urls[4] = {};  // a bit for each, by hash: few URLs share one
    uint64_t months = 0;    // the same of their months
    uint32_t length = 0;    // bits in `urls`
    uint64_t weight() const { return length; }
  };
  enum class Kind : uint64_t;
  struct Session {
    uint64_t key = 0;  // 0: the URL carries none
    uint32_t max = 0;
  };

  uint64_t key(Kind kind, int64_t host_id, std::string_view text) const;
  void look_at_folder(const Url& url) const;
  uint64_t folder_key(Kind kind, int64_t host_id) const;
  uint64_t calendar_key(int64_t host_id, const Url& url) const;
  Session session_of(int64_t host_id, const Url& url) const;
  uint32_t counted(uint64_t key) const;
  void add_one(uint64_t key);
  uint64_t pages_key(int64_t host_id, const Url& url) const;
  bool is_calendar(int64_t host_id, const Url& url, int64_t now_wall_ms) const;
  std::string_view rule_for(int64_t host_id, const Url& url, int64_t now_wall_ms) const;
  std::string_view budget_for(int64_t host_id, const Url& url) const;
  void extend(uint64_t key, const Url& url, uint64_t simhash, const int64_t* month);

  const Options options_;
  const uint64_t seed_;  // so that no site can choose URLs that count against another's
  BoundedTable<Count> counts_;
  BoundedTable<Run> runs_;
  mutable std::string folder_;  // of the URL that is looked at, its numbers collapsed
  mutable std::string scratch_;
};

}  // namespace crawl
