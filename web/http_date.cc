// SPDX-License-Identifier: MIT
#include "web/http_date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "base/ascii.h"

namespace crawl {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// Reads a date from the left; each method takes what it returns.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::string word() {
    std::string out;
    while (!rest_.empty() && is_ascii_letter(rest_.front())) {
      out.push_back(ascii_lower(rest_.front()));
      rest_.remove_prefix(1);
    }
    return out;
  }

  // A number of `min` to `max` digits; -1 when there is none.
  int number(size_t min, size_t max) {
    size_t n = 0;
    int value = 0;
    for (; n < rest_.size() && n < max && is_ascii_digit(rest_[n]); ++n) {
      value = value * 10 + (rest_[n] - '0');
    }
    if (n < min || (n < rest_.size() && is_ascii_digit(rest_[n]))) return -1;
    digits_ = n;
    rest_.remove_prefix(n);
    return value;
  }
  size_t digits() const { return digits_; }  // of the last number

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool spaces() {
    const size_t before = rest_.size();
    while (take(' ') || take('\t')) {
    }
    return rest_.size() != before;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  size_t digits_ = 0;
};

struct Date {
  int year = -1, month = -1, day = -1, hour = -1, minute = -1, second = -1;
};

bool is_weekday(std::string_view word) {
  return std::any_of(kWeekdays.begin(), kWeekdays.end(),
                     [&](std::string_view day) { return word == day || word == day.substr(0, 3); });
}

int month_named(std::string_view word) {
  const auto found = std::find(kMonths.begin(), kMonths.end(), word);
  return found == kMonths.end() ? -1 : static_cast<int>(found - kMonths.begin()) + 1;
}

// RFC 9110 settles two-digit years by the distance from now; a fixed window gives the same for
// every date in use and keeps this function pure.
int read_year(Scanner& scanner) {
  const int year = scanner.number(2, 4);
  if (year < 0 || scanner.digits() == 3) return -1;
  if (scanner.digits() == 4) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

bool read_time(Scanner& scanner, Date& date) {
  date.hour = scanner.number(1, 2);
  if (!scanner.take(':')) return false;
  date.minute = scanner.number(2, 2);
  if (!scanner.take(':')) return false;
  date.second = scanner.number(2, 2);
  return true;
}

// "06 Nov 1994 08:49:37 GMT" and "06-Nov-94 08:49:37 GMT", after the weekday.
bool read_day_first(Scanner& scanner, Date& date) {
  date.day = scanner.number(1, 2);
  if (!scanner.take('-') && !scanner.spaces()) return false;
  date.month = month_named(scanner.word());
  if (!scanner.take('-') && !scanner.spaces()) return false;
  date.year = read_year(scanner);
  if (!scanner.spaces() || !read_time(scanner, date)) return false;
  scanner.spaces();
  // All three forms are in GMT; other zones are not HTTP and must not be taken for it.
  const std::string zone = scanner.word();
  if (zone.empty() && scanner.take('+')) return scanner.number(4, 4) == 0;
  return zone.empty() || zone == "gmt" || zone == "utc" || zone == "ut" || zone == "z";
}

// "Nov  6 08:49:37 1994", after the weekday.
bool read_month_first(Scanner& scanner, std::string_view month, Date& date) {
  date.month = month_named(month);
  if (!scanner.spaces()) return false;
  date.day = scanner.number(1, 2);
  if (!scanner.spaces() || !read_time(scanner, date) || !scanner.spaces()) return false;
  date.year = scanner.number(4, 4);
  scanner.spaces();
  const std::string zone = scanner.word();
  return zone.empty() || zone == "gmt" || zone == "utc";
}

bool is_time(const Date& date) {
  return date.hour >= 0 && date.hour <= 23 && date.minute >= 0 && date.minute <= 59 &&
         date.second >= 0 && date.second <= 60;  // 60: a leap second
}

// nullopt: no such day, or none of the Gregorian calendar.
std::optional<int64_t> days_since_1970(const Date& date) {
  const std::chrono::year_month_day day(std::chrono::year(date.year),
                                        std::chrono::month(static_cast<unsigned>(date.month)),
                                        std::chrono::day(static_cast<unsigned>(date.day)));
  if (date.year < 1601 || !day.ok()) return std::nullopt;
  return std::chrono::sys_days(day).time_since_epoch().count();
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<int64_t> parse_http_date(std::string_view text) {
  Scanner scanner(trim(text));
  Date date;
  std::string word = scanner.word();
  if (is_weekday(word)) {
    scanner.take(',');
    scanner.spaces();
    word = scanner.word();
  }
  const bool read =
      word.empty() ? read_day_first(scanner, date) : read_month_first(scanner, word, date);
  if (!read || !scanner.at_end() || !is_time(date)) return std::nullopt;
  const auto days = days_since_1970(date);
  if (!days) return std::nullopt;
  const int64_t minutes = (*days * 24 + date.hour) * 60 + date.minute;
  return (minutes * 60 + date.second) * 1000;
}

std::optional<int64_t> parse_retry_after_ms(std::string_view text, int64_t now_wall_ms) {
  constexpr int64_t kMaxMs = int64_t{36'500} * 86'400'000;
  text = trim(text);
  if (text.empty()) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_ascii_digit)) {
    const auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    // Dates end with year 9999, so the difference cannot overflow for any clock in use.
    return std::clamp<int64_t>(*date - now_wall_ms, 0, kMaxMs);
  }
  int64_t seconds = 0;
  for (const char digit : text) seconds = std::min(seconds * 10 + (digit - '0'), kMaxMs / 1000);
  return seconds * 1000;
}

}  // namespace crawl
