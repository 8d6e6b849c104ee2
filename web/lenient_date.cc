// SPDX-License-Identifier: MIT
#include "web/lenient_date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "base/ascii.h"
#include "web/w3c_date.h"

namespace crawl {

namespace {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// `full` is in lower case; its first `shortest` letters will do.
bool is_word(std::string_view word, std::string_view full, size_t shortest) {
  return word.size() >= shortest && word.size() <= full.size() &&
         std::equal(word.begin(), word.end(), full.begin(),
                    [](char a, char b) { return ascii_lower(a) == b; });
}

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

struct NamedZone {
  std::string_view name;
  int minutes;  // east of Greenwich
};
constexpr std::array<NamedZone, 18> kZones = {{{"z", 0},
                                               {"ut", 0},
                                               {"utc", 0},
                                               {"gmt", 0},
                                               {"wet", 0},
                                               {"bst", 60},
                                               {"cet", 60},
                                               {"cest", 120},
                                               {"eest", 180},
                                               {"jst", 540},
                                               {"est", -300},
                                               {"edt", -240},
                                               {"cst", -360},
                                               {"cdt", -300},
                                               {"mst", -420},
                                               {"mdt", -360},
                                               {"pst", -480},
                                               {"pdt", -420}}};

bool is_weekday(std::string_view word) {
  return std::any_of(kWeekdays.begin(), kWeekdays.end(),
                     [word](std::string_view day) { return is_word(word, day, 3); });
}

int month_named(std::string_view word) {
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (is_word(word, kMonths[i], 3)) return static_cast<int>(i) + 1;
  }
  return 0;
}

struct Date {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int zone_minutes = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<Date> read() {
    skip_spaces();
    const bool read = read_worded();
    skip_comment();
    skip_spaces();
    if (!read || !rest_.empty()) return std::nullopt;
    return date_;
  }

 private:
  bool is_digits(size_t count) const {
    return rest_.size() >= count &&
           std::all_of(rest_.begin(), rest_.begin() + static_cast<ptrdiff_t>(count),
                       is_ascii_digit);
  }
  bool take(char c) {
    if (rest_.empty() || ascii_lower(rest_.front()) != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool skip_spaces() {
    const size_t before = rest_.size();
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() != before;
  }
  // RFC 822 §3.4.3: "(UTC)" behind a zone.
  void skip_comment() {
    skip_spaces();
    if (!take('(')) return;
    rest_.remove_prefix(std::min(rest_.find(')'), rest_.size()));
    take(')');
  }
  std::string_view word() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_ascii_letter);
    const std::string_view taken = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool number(size_t min, size_t max, int& value) {
    size_t digits = 0;
    int read = 0;
    while (digits < max && digits < rest_.size() && is_ascii_digit(rest_[digits])) {
      read = read * 10 + (rest_[digits++] - '0');
    }
    if (digits < min) return false;
    rest_.remove_prefix(digits);
    value = read;
    return true;
  }

  // "15:00", "15:00:00"
  bool read_time() {
    if (!number(1, 2, date_.hour) || !take(':') || !number(2, 2, date_.minute)) return false;
    return !take(':') || number(2, 2, date_.second);
  }

  bool read_zone() {
    skip_spaces();
    const std::string_view name = word();
    if (!name.empty()) {
      const auto zone = std::find_if(kZones.begin(), kZones.end(), [name](const NamedZone& each) {
        return is_word(name, each.name, each.name.size());
      });
      if (zone == kZones.end()) return false;
      date_.zone_minutes = zone->minutes;
    }
    const bool west = !rest_.empty() && rest_.front() == '-';
    if (!west && (rest_.empty() || rest_.front() != '+')) return true;
    rest_.remove_prefix(1);
    int hours = 0;
    int minutes = 0;
    if (!number(2, 2, hours)) return false;
    take(':');
    if (is_digits(2)) number(2, 2, minutes);
    if (hours > 23 || minutes > 59) return false;
    date_.zone_minutes += (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
  }

  bool read_worded() {
    std::string_view first = word();
    if (is_weekday(first)) {
      take('.');
      take(',');
      skip_spaces();
      first = word();
    }
    return first.empty() ? read_day_first() : read_month_first(first);
  }

  // RFC 822 §5, RFC 850 §2.1.4
  bool read_day_first() {
    if (!number(1, 2, date_.day)) return false;
    if (!take('-')) skip_spaces();
    date_.month = month_named(word());
    take('.');
    if (!take('-')) skip_spaces();
    return date_.month != 0 && read_year() && read_rest();
  }

  // "Jun 25, 2010 15:00", "Nov  6 08:49:37 1994"
  bool read_month_first(std::string_view month) {
    date_.month = month_named(month);
    take('.');
    skip_spaces();
    if (date_.month == 0 || !number(1, 2, date_.day)) return false;
    take(',');
    skip_spaces();
    if (rest_.size() > 2 && (rest_[2] == ':' || rest_[1] == ':')) {
      return read_time() && skip_spaces() && number(4, 4, date_.year) && read_zone();
    }
    return read_year() && read_rest();
  }

  bool read_year() {
    const size_t before = rest_.size();
    if (!number(2, 4, date_.year)) return false;
    const size_t digits = before - rest_.size();
    if (digits == 2) date_.year += date_.year < 70 ? 2000 : 1900;
    return digits != 3;
  }

  bool read_rest() {
    take(',');
    skip_spaces();
    return rest_.empty() || (read_time() && read_zone());
  }

  std::string_view rest_;
  Date date_;
};

// nullopt: no such day.
std::optional<int64_t> days_since_1970(const Date& date) {
  const std::chrono::year_month_day day(std::chrono::year(date.year),
                                        std::chrono::month(static_cast<unsigned>(date.month)),
                                        std::chrono::day(static_cast<unsigned>(date.day)));
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day).time_since_epoch().count();
}

}  // namespace

std::optional<int64_t> parse_lenient_date(std::string_view text) {
  if (const auto iso_ms = parse_w3c_date(text)) {
    return *iso_ms < 0 ? std::nullopt : iso_ms;
  }
  const auto date = Reader(text).read();
  if (!date || date->year < 1970) return std::nullopt;
  const auto days = days_since_1970(*date);
  if (!days || date->hour > 23 || date->minute > 59 || date->second > 60) return std::nullopt;
  const int64_t minutes = (*days * 24 + date->hour) * 60 + date->minute;
  const int64_t ms = ((minutes - date->zone_minutes) * 60 + date->second) * 1000;
  if (ms < 0) return std::nullopt;
  return ms;
}

}  // namespace crawl
