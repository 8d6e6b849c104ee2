// SPDX-License-Identifier: MIT
// What URLs say about traps, against the same rules written plainly; and the guard that counts.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "crawler/trap_rules.h"
#include "crawler/traps.h"
#include "storage/explain.h"
#include "web/url.h"

namespace {

using namespace crawl;

constexpr size_t kSegmentsLooked = 64;

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty() && segments.size() < kSegmentsLooked) {
    path.remove_prefix(1);  // "/"
    const size_t end = std::min(path.find('/'), path.size());
    if (end == path.size() && end == 0) break;
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_number(std::string_view text) {
  for (const char c : text) {
    if (!is_ascii_digit(c)) return false;
  }
  return !text.empty();
}

// Whether `period` segments from `first` on come `times` times.
bool comes(const std::vector<std::string>& all, size_t first, size_t period, size_t times) {
  if (first + period * times > all.size()) return false;
  for (size_t i = 0; i < period * (times - 1); ++i) {
    if (all[first + i] != all[first + i + period]) return false;
  }
  return true;
}

bool all_numbers(const std::vector<std::string>& all, size_t first, size_t period) {
  for (size_t i = 0; i < period; ++i) {
    if (!is_number(all[first + i])) return false;
  }
  return true;
}

bool repeats_plainly(std::string_view path) {
  const std::vector<std::string> all = segments_of(path);
  for (size_t period = 1; period <= all.size(); ++period) {
    for (size_t first = 0; first + period <= all.size(); ++first) {
      if (comes(all, first, period, all_numbers(all, first, period) ? 8 : 4)) return true;
    }
  }
  std::map<std::string, int> times;
  for (const std::string& each : all) {
    if (!is_number(each) && ++times[each] >= 6) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  TrapGuard::Options few;
  few.host_urls_max = 40;
  few.prefix_urls_max = 10;
  few.query_urls_max = 10;
  static TrapGuard guard(few);
  const auto url = Url::parse("http://h.example/" + std::string(input));
  if (!url) return 0;
  const std::string_view path = url->path();
  CRAWL_CHECK(repeats_segments(path) == repeats_plainly(path));
  CRAWL_CHECK(!is_deep_path(path) || path.size() > 30);
  const auto date = find_date(path, url->query());
  if (date) CRAWL_CHECK(date->month >= 12 * 1000 && date->month < 12 * 10'000);

  constexpr int64_t kNow = 1'700'000'000'000;
  const TrapVerdict verdict = guard.check(1, *url, kNow);
  CRAWL_CHECK((verdict.reason == SkipReason::kNone) == verdict.rule.empty());
  CRAWL_CHECK(verdict.rule.empty() || !trap_rule_text(verdict.rule).empty());
  if (repeats_segments(path)) CRAWL_CHECK(verdict.reason != SkipReason::kNone);
  guard.count(1, *url);
  guard.on_page(1, *url, size, 1000);
  CRAWL_CHECK(guard.bytes() <= (size_t{64} << 20));
  return 0;
}
