// SPDX-License-Identifier: MIT
#include "crawler/traps.h"

#include <xxhash.h>

#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <random>
#include <utility>

#include "base/ascii.h"
#include "crawler/trap_rules.h"
#include "web/canonical.h"
#include "web/query.h"

namespace crawl {
namespace {

constexpr size_t kCountsMax = size_t{1} << 21;  // 32 MiB
constexpr size_t kRunsMax = size_t{1} << 17;    // 8 MiB

constexpr std::string_view kRepeatedSegments = "repeated_segments";
constexpr std::string_view kDeepPath = "deep_path";
constexpr std::string_view kCalendar = "calendar";
constexpr std::string_view kSessionId = "session_id";
constexpr std::string_view kQueryGrowth = "query_growth";
constexpr std::string_view kNearDuplicates = "near_duplicates";
constexpr std::string_view kPrefixBudget = "prefix_budget";
constexpr std::string_view kQueryBudget = "query_budget";
constexpr std::string_view kHostBudget = "host_budget";

// Appends `text` with each run of digits as one "0".
void append_collapsed(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    while (i < text.size() && !is_ascii_digit(text[i])) ++i;
    out.append(text, begin, i - begin);
    if (i == text.size()) return;
    out.push_back('0');
    while (i < text.size() && is_ascii_digit(text[i])) ++i;
  }
}

std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/') + 1); }

uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace

// What a key stands for; different kinds never share one.
enum class TrapGuard::Kind : uint64_t {
  kHost,
  kFolder,
  kQueries,
  kSession,
  kFolderPages,
  kQueryPages,
  kCalendar,
};

TrapGuard::TrapGuard(const Options& options)
    : options_(options), seed_(random_seed()), counts_(kCountsMax), runs_(kRunsMax) {}

uint64_t TrapGuard::key(Kind kind, int64_t host_id, std::string_view text) const {
  const uint64_t salt = seed_ ^ (static_cast<uint64_t>(host_id) * 8 + static_cast<uint64_t>(kind));
  const uint64_t hash = XXH3_64bits_withSeed(text.data(), text.size(), salt);
  return hash == 0 ? 1 : hash;
}

// Folders that differ in their numbers only are one.
void TrapGuard::look_at_folder(const Url& url) const {
  folder_.clear();
  append_collapsed(folder_of(url.path()), folder_);
}

uint64_t TrapGuard::folder_key(Kind kind, int64_t host_id) const {
  return key(kind, host_id, folder_);
}

// Pages that differ in their numbers only, and in what their parameters are set to.
uint64_t TrapGuard::calendar_key(int64_t host_id, const Url& url) const {
  scratch_.clear();
  append_collapsed(url.path(), scratch_);
  if (url.has_query()) {
    for (QueryParameters rest(url.query()); const auto parameter = rest.next();) {
      scratch_ += '&';
      scratch_ += parameter_name(*parameter);
    }
  }
  return key(Kind::kCalendar, host_id, scratch_);
}

// A URL without its session stands for all that differ in it.
TrapGuard::Session TrapGuard::session_of(int64_t host_id, const Url& url) const {
  SessionSign strongest = SessionSign::kNone;
  if (find_path_session(url.path()).begin != std::string_view::npos) strongest = SessionSign::kSure;
  if (url.has_query()) {
    for (QueryParameters rest(url.query()); const auto parameter = rest.next();) {
      strongest = std::max(strongest, session_sign(*parameter));
    }
  }
  if (strongest == SessionSign::kNone) return {};
  CanonicalOptions options;
  options.strip_session = true;
  const std::string_view rest = canonicalize(url.href(), options, scratch_);
  return {key(Kind::kSession, host_id, rest),
          strongest == SessionSign::kSure ? kSureSessionsMax : kLikelySessionsMax};
}

uint64_t TrapGuard::pages_key(int64_t host_id, const Url& url) const {
  if (url.has_query()) return key(Kind::kQueryPages, host_id, url.path());
  return folder_key(Kind::kFolderPages, host_id);
}

uint32_t TrapGuard::counted(uint64_t key) const {
  const Count* count = counts_.find(key);
  return count == nullptr ? 0 : count->value;
}

void TrapGuard::add_one(uint64_t key) {
  Count& count = counts_.at(key);
  if (count.value < std::numeric_limits<uint32_t>::max()) ++count.value;
}

bool TrapGuard::is_calendar(int64_t host_id, const Url& url, int64_t now_wall_ms) const {
  const std::optional<UrlDate> date = find_date(url.path(), url.query());
  if (!date) return false;
  const int64_t ahead = date->month - month_of(now_wall_ms);
  if (ahead > kMonthsAheadMax && (date->calendar || date->complete)) return true;
  const Run* run = runs_.find(calendar_key(host_id, url));
  if (run == nullptr) return false;
  if (ahead < -kMonthsBackMax && run->length >= kPastPagesMax) return true;
  return run->length >= kCalendarPagesMax && std::popcount(run->months) >= kCalendarMonthsMin;
}

std::string_view TrapGuard::rule_for(int64_t host_id, const Url& url, int64_t now_wall_ms) const {
  if (repeats_segments(url.path())) return kRepeatedSegments;
  if (is_deep_path(url.path())) return kDeepPath;
  if (url.has_query() && is_grown_query(url)) return kQueryGrowth;
  if (is_calendar(host_id, url, now_wall_ms)) return kCalendar;
  if (const Session session = session_of(host_id, url); session.key != 0) {
    if (counted(session.key) >= session.max) return kSessionId;
  }
  const Run* run = runs_.find(pages_key(host_id, url));
  return run != nullptr && run->length >= kNearDuplicatesMax ? kNearDuplicates : std::string_view();
}

std::string_view TrapGuard::budget_for(int64_t host_id, const Url& url) const {
  const uint32_t of_host = counted(key(Kind::kHost, host_id, {}));
  if (of_host >= options_.host_urls_max) return kHostBudget;
  if (url.has_query()) {
    const uint32_t queries = counted(key(Kind::kQueries, host_id, url.path()));
    if (queries >= options_.query_urls_max) return kQueryBudget;
    if (queries > 0) return {};  // the path counts in its folder once
  }
  // No folder has more URLs than its host.
  if (of_host < options_.prefix_urls_max) return {};
  const uint32_t of_folder = counted(folder_key(Kind::kFolder, host_id));
  return of_folder >= options_.prefix_urls_max ? kPrefixBudget : std::string_view();
}

TrapVerdict TrapGuard::check(int64_t host_id, const Url& url, int64_t now_wall_ms) const {
  if (!options_.enabled) return {};
  look_at_folder(url);
  const std::string_view trap = rule_for(host_id, url, now_wall_ms);
  if (!trap.empty()) return {SkipReason::kTrap, trap};
  return check_budget(host_id, url);
}

TrapVerdict TrapGuard::check_budget(int64_t host_id, const Url& url) const {
  if (!options_.enabled) return {};
  look_at_folder(url);
  const std::string_view budget = budget_for(host_id, url);
  if (budget.empty()) return {};
  return {budget == kHostBudget ? SkipReason::kBudget : SkipReason::kTrap, budget};
}

void TrapGuard::count(int64_t host_id, const Url& url) {
  if (!options_.enabled) return;
  add_one(key(Kind::kHost, host_id, {}));
  if (const Session session = session_of(host_id, url); session.key != 0) add_one(session.key);
  if (url.has_query()) {
    Count& queries = counts_.at(key(Kind::kQueries, host_id, url.path()));
    if (queries.value < std::numeric_limits<uint32_t>::max()) ++queries.value;
    if (queries.value > 1) return;
  }
  look_at_folder(url);
  add_one(folder_key(Kind::kFolder, host_id));
}

void TrapGuard::extend(uint64_t key, const Url& url, uint64_t simhash, const int64_t* month) {
  Run& run = runs_.at(key);
  if (run.length == 0 || std::popcount(run.simhash ^ simhash) > kSimilarBits) {
    run = Run{};
    run.key = key;
    run.simhash = simhash;
  }
  const uint64_t hash = XXH3_64bits_withSeed(url.href().data(), url.href().size(), seed_);
  uint64_t& word = run.urls[hash >> 6 & 3];
  const uint64_t bit = uint64_t{1} << (hash & 63);
  if ((word & bit) == 0) ++run.length;
  word |= bit;
  if (month != nullptr) run.months |= uint64_t{1} << (*month & 63);
}

void TrapGuard::on_page(int64_t host_id, const Url& url, uint64_t simhash, size_t text_bytes) {
  if (!options_.enabled || text_bytes < kTextBytesMin) return;
  look_at_folder(url);
  extend(pages_key(host_id, url), url, simhash, nullptr);
  const std::optional<UrlDate> date = find_date(url.path(), url.query());
  if (date) extend(calendar_key(host_id, url), url, simhash, &date->month);
}

}  // namespace crawl
