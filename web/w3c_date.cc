// SPDX-License-Identifier: MIT
#include "web/w3c_date.h"

#include <chrono>
#include <cstddef>

#include "base/ascii.h"

namespace crawl {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Takes what it reads off the front of `rest`.
bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

// A number of exactly `digits` digits; -1 when there is none.
int take_number(std::string_view& rest, size_t digits) {
  if (rest.size() < digits) return -1;
  int value = 0;
  for (const char c : rest.substr(0, digits)) {
    if (!is_ascii_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  rest.remove_prefix(digits);
  return value;
}

// "2004", "2004-12", "2004-12-23": whether all three parts were there.
enum class DateRead { kNone, kPart, kWhole };

DateRead take_date(std::string_view& rest, std::chrono::year_month_day& date) {
  using namespace std::chrono;
  const int y = take_number(rest, 4);
  if (y < 0) return DateRead::kNone;
  date = year(y) / January / 1;
  if (!take(rest, '-')) return DateRead::kPart;
  const int m = take_number(rest, 2);
  if (m < 0) return DateRead::kNone;
  date = year(y) / m / 1;
  if (!take(rest, '-')) return date.ok() ? DateRead::kPart : DateRead::kNone;
  const int d = take_number(rest, 2);
  if (d < 0) return DateRead::kNone;
  date = year(y) / m / d;
  return date.ok() ? DateRead::kWhole : DateRead::kNone;
}

// "19:20", "19:20:30", "19:20:30.45", in milliseconds of the day; nullopt when it is none.
std::optional<int64_t> take_time(std::string_view& rest) {
  const int hour = take_number(rest, 2);
  if (hour < 0 || hour > 23 || !take(rest, ':')) return std::nullopt;
  const int minute = take_number(rest, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int second = 0;
  int ms = 0;
  if (take(rest, ':')) {
    second = take_number(rest, 2);
    if (second < 0 || second > 60) return std::nullopt;  // 60: a leap second
    if (take(rest, '.') || take(rest, ',')) {
      if (rest.empty() || !is_ascii_digit(rest.front())) return std::nullopt;
      for (int weight = 100; !rest.empty() && is_ascii_digit(rest.front()); weight /= 10) {
        ms += weight * (rest.front() - '0');
        rest.remove_prefix(1);
      }
    }
  }
  return ((hour * 60 + minute) * 60 + second) * int64_t{1000} + ms;
}

// "Z", "+01:00", "+0100", "+01" or nothing, in minutes east of Greenwich.
std::optional<int> take_zone(std::string_view& rest) {
  if (rest.empty() || take(rest, 'Z') || take(rest, 'z')) return 0;
  const bool is_west = rest.front() == '-';
  if (!take(rest, '-') && !take(rest, '+')) return std::nullopt;
  const int hours = take_number(rest, 2);
  if (hours < 0 || hours > 23) return std::nullopt;
  int minutes = 0;
  if (take(rest, ':') || !rest.empty()) minutes = take_number(rest, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return (hours * 60 + minutes) * (is_west ? -1 : 1);
}

}  // namespace

std::optional<int64_t> parse_w3c_date(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  std::chrono::year_month_day date;
  const DateRead read = take_date(text, date);
  if (read == DateRead::kNone) return std::nullopt;
  if (read == DateRead::kPart && !text.empty()) return std::nullopt;
  int64_t time_ms = 0;
  if (take(text, 'T') || take(text, 't') || take(text, ' ')) {
    const auto time = take_time(text);
    if (!time) return std::nullopt;
    time_ms = *time;
    if (text.size() > 1) take(text, ' ');
  }
  const auto zone_minutes = take_zone(text);
  if (!zone_minutes || !text.empty()) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86'400'000 + time_ms - int64_t{*zone_minutes} * 60'000;
}

}  // namespace crawl
