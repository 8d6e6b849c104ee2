// SPDX-License-Identifier: MIT
#include "crawler/trap_rules.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "base/ascii.h"
#include "web/query.h"

namespace crawl {
namespace {

constexpr size_t kSegmentsLooked = 64;  // a longer path is deep, whatever it repeats
constexpr size_t kSegmentsMax = 30;
constexpr size_t kRunMax = 3;          // of one segment or one cycle
constexpr size_t kNumberRunMax = 7;    // of numbers
constexpr size_t kOccurrencesMax = 5;  // of one segment anywhere
constexpr size_t kParametersMax = 16;
constexpr size_t kRepeatedParametersMax = 3;
constexpr size_t kOwnAddressBytes = 1024;

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_digit);
}
bool is_word(char c) { return is_ascii_digit(c) || is_ascii_letter(c); }

// The first segments of a path, without the empty one behind a final "/".
class Segments {
 public:
  explicit Segments(std::string_view path) : path_(path) {
    size_t begin = 0;  // of "/segment"
    while (begin < path.size() && count_ < kSegmentsLooked) {
      const size_t end = std::min(path.find('/', begin + 1), path.size());
      if (end == path.size() && end == begin + 1) break;
      begins_[count_++] = static_cast<uint32_t>(begin + 1);
      begin = end;
    }
    begins_[count_] = static_cast<uint32_t>(begin + 1);
  }
  size_t size() const { return count_; }
  std::string_view operator[](size_t i) const {
    return path_.substr(begins_[i], begins_[i + 1] - begins_[i] - 1);
  }

 private:
  std::string_view path_;
  std::array<uint32_t, kSegmentsLooked + 1> begins_;  // and where the next one would begin
  size_t count_ = 0;
};

// Whether some `period` segments follow each other more often than they may.
bool has_cycle(const Segments& segments, size_t period) {
  size_t same = 0;  // segments in a row that equal the one a period before
  bool numbers = true;
  for (size_t i = period; i < segments.size(); ++i) {
    if (segments[i] != segments[i - period]) {
      same = 0;
      numbers = true;
      continue;
    }
    ++same;
    numbers = numbers && is_number(segments[i]);
    const size_t run_max = numbers ? kNumberRunMax : kRunMax;
    if (same >= period * run_max) return true;
  }
  return false;
}

bool has_frequent_segment(const Segments& segments) {
  for (size_t i = 0; i + kOccurrencesMax < segments.size(); ++i) {
    if (is_number(segments[i])) continue;
    size_t occurrences = 1;
    for (size_t k = i + 1; k < segments.size(); ++k) occurrences += segments[k] == segments[i];
    if (occurrences > kOccurrencesMax) return true;
  }
  return false;
}

bool is_list_name(std::string_view name) { return name.ends_with("]") || name.ends_with("%5D"); }

// The address as it stands in a query: plain, or with "/" encoded once.
bool holds_own_address(const Url& url) {
  const std::string_view query = url.query();
  if (query.find(url.host()) != std::string_view::npos) return true;
  if (url.path().size() < 2) return false;
  if (query.find(url.path()) != std::string_view::npos) return true;
  std::string encoded;
  for (const char c : url.path()) {
    if (c == '/') {
      encoded += "%2F";
    } else {
      encoded += c;
    }
  }
  return query.find(encoded) != std::string_view::npos;
}

// Words that stand in the paths of calendars, in lower case.
constexpr std::array<std::string_view, 14> kCalendarWords = {
    "calendar", "calendario", "calendrier", "kalender", "agenda", "events",          "event",
    "termine",  "month",      "week",       "ical",     "cal",    "veranstaltungen", "day"};
constexpr std::array<std::string_view, 9> kYearNames = {
    "year", "yr", "y", "jahr", "annee", "anno", "ano", "cal_year", "calyear"};
constexpr std::array<std::string_view, 9> kMonthNames = {
    "month", "mon", "m", "monat", "mois", "mes", "mese", "cal_month", "calmonth"};
constexpr std::array<std::string_view, 14> kDateNames = {
    "date",     "day",         "month",    "week",       "datum",    "tribe-bar-date", "cal",
    "viewdate", "currentdate", "cal_date", "event_date", "calendar", "current_date",   "view_date"};

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [word](std::string_view each) {
    return std::equal(each.begin(), each.end(), word.begin(), word.end(),
                      [](char a, char b) { return a == ascii_lower(b); });
  });
}

// The digits at `pos`, as a number; nullopt unless there are exactly `count`.
std::optional<int64_t> digits_at(std::string_view text, size_t pos, size_t count) {
  if (text.size() < pos + count) return std::nullopt;
  if (text.size() > pos + count && is_ascii_digit(text[pos + count])) return std::nullopt;
  int64_t value = 0;
  for (size_t i = pos; i < pos + count; ++i) {
    if (!is_ascii_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool in_range(const std::optional<int64_t>& value, int64_t max) {
  return value && *value >= 1 && *value <= max;
}

// "YYYY-MM" or "YYYY-MM-DD" at `pos`, with "-" or "/" between, and nothing of a word around.
std::optional<UrlDate> date_at(std::string_view text, size_t pos) {
  if (pos > 0 && is_word(text[pos - 1])) return std::nullopt;
  const std::optional<int64_t> year = digits_at(text, pos, 4);
  if (!year || *year < 1000 || text.size() < pos + 7) return std::nullopt;
  const char separator = text[pos + 4];
  if (separator != '-' && separator != '/') return std::nullopt;
  const std::optional<int64_t> month = digits_at(text, pos + 5, 2);
  if (!in_range(month, 12)) return std::nullopt;
  UrlDate date;
  date.month = *year * 12 + *month - 1;
  size_t end = pos + 7;
  if (end < text.size() && text[end] == separator && in_range(digits_at(text, end + 1, 2), 31)) {
    date.complete = true;
    end += 3;
  }
  if (end < text.size() && is_word(text[end]) && text[end] != 'T') return std::nullopt;
  return date;
}

std::optional<UrlDate> date_in_path(std::string_view path) {
  // A date is found at the separator between its year and its month.
  for (size_t separator = 4; separator + 2 < path.size(); ++separator) {
    if (path[separator] != '/' && path[separator] != '-') continue;
    if (!is_ascii_digit(path[separator - 1])) continue;
    const size_t i = separator - 4;
    if (std::optional<UrlDate> date = date_at(path, i)) {
      // Words of a calendar count where they stand before the date.
      std::string_view before = path.substr(0, i);
      while (!before.empty() && !date->calendar) {
        const size_t end = std::min(before.find('/'), before.size());
        date->calendar = is_one_of(before.substr(0, end), kCalendarWords);
        before.remove_prefix(std::min(end + 1, before.size()));
      }
      return date;
    }
  }
  return std::nullopt;
}

std::optional<UrlDate> date_in_query(std::string_view query) {
  std::optional<int64_t> year;
  std::optional<int64_t> month;
  for (QueryParameters rest(query);
       const std::optional<std::string_view> parameter = rest.next();) {
    const std::string_view name = parameter_name(*parameter);
    const std::string_view value = parameter_value(*parameter);
    if (value.empty() || !is_ascii_digit(value[0])) continue;
    if (is_one_of(name, kDateNames)) {
      std::optional<UrlDate> date = date_at(value, 0);
      if (date) date->calendar = true;
      if (date) return date;
    }
    if (value.size() == 4 && is_one_of(name, kYearNames)) year = digits_at(value, 0, 4);
    if (value.size() <= 2 && is_one_of(name, kMonthNames))
      month = digits_at(value, 0, value.size());
  }
  if (!year || *year < 1000 || !in_range(month, 12)) return std::nullopt;
  return UrlDate{*year * 12 + *month - 1, false, true};
}

}  // namespace

bool repeats_segments(std::string_view path) {
  if (std::count(path.begin(), path.end(), '/') <= static_cast<std::ptrdiff_t>(kRunMax)) {
    return false;
  }
  const Segments segments(path);
  for (size_t period = 1; period * (kRunMax + 1) <= segments.size(); ++period) {
    if (has_cycle(segments, period)) return true;
  }
  return has_frequent_segment(segments);
}

bool is_deep_path(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return std::count(path.begin(), path.end(), '/') > static_cast<std::ptrdiff_t>(kSegmentsMax);
}

bool is_grown_query(const Url& url) {
  const std::string_view query = url.query();
  std::array<std::string_view, kParametersMax> names;
  size_t count = 0;
  for (QueryParameters rest(query);
       const std::optional<std::string_view> parameter = rest.next();) {
    if (parameter->empty()) continue;
    if (count == kParametersMax) return true;
    names[count++] = parameter_name(*parameter);
  }
  for (size_t i = 0; i + kRepeatedParametersMax < count; ++i) {
    if (is_list_name(names[i])) continue;
    const auto same = std::count(names.begin() + static_cast<std::ptrdiff_t>(i),
                                 names.begin() + static_cast<std::ptrdiff_t>(count), names[i]);
    if (same > static_cast<std::ptrdiff_t>(kRepeatedParametersMax)) return true;
  }
  return query.size() > kOwnAddressBytes && holds_own_address(url);
}

std::optional<UrlDate> find_date(std::string_view path, std::string_view query) {
  if (!query.empty()) {
    if (const std::optional<UrlDate> date = date_in_query(query)) return date;
  }
  return date_in_path(path);
}

int64_t month_of(int64_t wall_ms) {
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(wall_ms)};
  const std::chrono::year_month_day date{floor<std::chrono::days>(time)};
  return static_cast<int64_t>(static_cast<int>(date.year())) * 12 +
         static_cast<int64_t>(static_cast<unsigned>(date.month())) - 1;
}

}  // namespace crawl
