// SPDX-License-Identifier: MIT
#pragma once

// Rows as the coordinator hands them to the writer and gets them back. Field for field the tables
// of schema.sql; ids are given out by the coordinator. Ids start at 1; 0 is "none".

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace crawl {

enum class RobotsState : uint8_t {
  kUnknown = 0,
  kOk = 1,
  kUnavailable = 2,
  kUnreachable = 3,
  kIgnored = 4
};
std::string_view name(RobotsState state);
std::optional<RobotsState> robots_state_named(std::string_view name);

struct SeedRow {
  int64_t id = 0;
  std::string url;
  std::optional<int64_t> depth;
  std::string scope;  // "": the option's
  std::string tag;
};

// robots.txt belongs to an origin (RFC 9309 §2.3): a host has one for each scheme.
struct RobotsRow {
  RobotsState state = RobotsState::kUnknown;
  std::string rules;
  int64_t fetched_at = 0;
  int64_t failing_since = 0;  // first of the failures in a row; 0: none
  std::optional<int64_t> crawl_delay_ms;
};
inline constexpr std::array<std::string_view, 2> kRobotsSchemes = {"http", "https"};

struct HostRow {
  int64_t id = 0;
  std::string name;
  std::array<RobotsRow, 2> robots;  // in the order of kRobotsSchemes
  bool robots_unchanged = false;    // an update leaves them as they are: rules may be long
  int64_t delay_ms = 0;
  int64_t backoff_level = 0;
  int64_t latency_ms = 0;  // smoothed
  int64_t next_at = 0;
  int64_t pages = 0;   // read back only: the writer counts them, page by page
  int64_t errors = 0;  // the same
};

struct NewUrl {
  int64_t id = 0;
  int64_t host_id = 0;
  int64_t seed_id = 0;
  int64_t via_id = 0;  // 0: NULL
  int64_t depth = 0;
  int64_t hops = 0;  // redirects that led here
  int64_t first_seen_at = 0;
  int64_t rank = 0;  // place in its host's queue: see PendingUrl
  UrlRole role = UrlRole::kPage;
  UrlState state = UrlState::kPending;
  SkipReason reason = SkipReason::kNone;
  std::string rule;  // which rule decided: a pattern, a kind of trap; "" where the reason says all
  std::string url;
};

// The new state of a URL that has a row. Pending rows keep outcome NULL.
struct UrlUpdate {
  int64_t id = 0;
  UrlState state = UrlState::kDone;
  Outcome outcome = Outcome::kNone;
  std::string reason;  // name(SkipReason), or one line for people
  std::string rule;    // as in NewUrl
  int64_t attempts = 0;
  int64_t strikes = 0;
};

// A skipped URL that a later, better link makes pending (nofollow, asset, depth_limit). Its new
// depth and parentage replace the old ones.
struct UrlUpgrade {
  int64_t id = 0;
  int64_t host_id = 0;
  int64_t seed_id = 0;
  int64_t via_id = 0;
  int64_t depth = 0;
  int64_t hops = 0;
  int64_t rank = 0;
  UrlRole role = UrlRole::kPage;
  bool keeps_parents = false;  // only its state and its host are others: it comes from an archive
};

// What a sitemap or a feed says of a URL that has a row. One that is done, was fetched before
// `modified_at` and not in this run becomes pending and is reported as Revived (storage/writer.h).
struct ListedUrl {
  int64_t id = 0;
  int64_t modified_at = 0;  // wall ms; 0: unknown
};

struct LinkRow {
  int64_t dst_id = 0;
  LinkKind kind = LinkKind::kAnchor;
  std::string_view rel;     // into PageRow::backing
  std::string_view anchor;  // into PageRow::backing
};

enum class BodyStore : uint8_t {
  kReplace,
  kKeep,  // leave text, body and links of the last good fetch
};

// One fetch. Replaces the page row, its links and its content, adds a visit, settles when the URL
// is due again, and is counted in its host and its run. not_modified: keeps everything but
// fetched_at, status-independent facts, and adds the visit. An outcome that failed never replaces
// title, text, links and body of a good copy (kKeep).
struct PageRow {
  std::shared_ptr<const std::string> backing;  // the message's bytes; all views point into it
  int64_t url_id = 0;
  BodyStore body_store = BodyStore::kReplace;
  Outcome outcome = Outcome::kOk;
  int64_t status = 0;       // 0: NULL
  int64_t redirect_id = 0;  // 0: NULL
  int64_t fetched_at = 0;
  int64_t elapsed_ms = 0;
  int64_t fetcher_pid = 0;
  uint64_t wire_bytes = 0;
  uint64_t body_bytes = 0;
  uint64_t content_hash = 0;  // 0: NULL
  uint64_t text_hash = 0;
  uint64_t simhash = 0;
  uint32_t links_dropped = 0;
  uint8_t robots_directives = 0;
  ParseStatus parse_status = ParseStatus::kNone;
  DocumentKind document = DocumentKind::kNone;
  CharsetSource charset_source = CharsetSource::kNone;
  LangSource lang_source = LangSource::kNone;
  int64_t canonical_id = 0;  // url.id of the canonical URL, where it is another one; 0: NULL
  int64_t published_at = 0, modified_at = 0, unavailable_after = 0;  // wall ms; 0: NULL
  // A failure while nothing else could be reached either says nothing about the page.
  bool counts_as_failure = true;
  bool counts_as_error = false;  // in its host's errors
  bool withheld = false;         // the page asks not to be indexed: its text is NULL, not ''
  // From an archive: passed over, with the update of its URL, where the stored page is as new or
  // newer, or where it confirms a copy that is not there.
  bool archived = false;
  std::string_view detail, content_type, charset, title, description, lang, author, canonical,
      metadata, address, etag, last_modified, headers, text, main_text, body_zstd;
  std::vector<LinkRow> links;
};

// A fetch that ended without a final outcome: it is tried again. A visit, and nothing else.
struct AttemptRow {
  int64_t url_id = 0;
  int64_t at = 0;
  int64_t status = 0;  // 0: NULL
  Outcome outcome = Outcome::kNone;
};

struct EventRow {
  int64_t at = 0;
  std::string kind;
  std::optional<int64_t> pid, code, signal;
  std::string url;   // "": NULL
  std::string text;  // "": NULL
};

// A pending row, read back. A host's queue is ordered by (rank, id).
struct PendingUrl {
  int64_t id = 0;
  int64_t rank = 0;
  int64_t depth = 0;
  int64_t hops = 0;
  int64_t seed_id = 0;
  int64_t attempts = 0;
  int64_t strikes = 0;
  UrlRole role = UrlRole::kPage;
  std::string url;
  std::string etag;  // of the stored page, for a conditional request; "" : none
  std::string last_modified;
  uint8_t robots_directives = 0;  // of the stored page
};

// The next state of a row that was read back; its counters stay what they are.
inline UrlUpdate url_update(const PendingUrl& url, UrlState state) {
  UrlUpdate update;
  update.id = url.id;
  update.state = state;
  update.attempts = url.attempts;
  update.strikes = url.strikes;
  return update;
}

// What belongs together: applied in the order of the members, all in one transaction.
struct WriteUnit {
  std::vector<SeedRow> seeds;  // insert; an existing url keeps its row and gets the new options
  std::vector<HostRow> new_hosts;
  std::vector<NewUrl> new_urls;
  std::vector<UrlUpgrade> upgrades;
  std::optional<PageRow> page;
  std::optional<AttemptRow> attempt;
  std::vector<ListedUrl> listed;
  std::vector<UrlUpdate> url_updates;
  std::vector<HostRow> host_updates;  // name, pages and errors are ignored
  std::vector<EventRow> events;
  std::string decided_by;  // "": unchanged. What recall_decider() gives back
  size_t bytes() const;    // approximate memory, for back-pressure
};

}  // namespace crawl
