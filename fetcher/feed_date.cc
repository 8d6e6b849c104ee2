// SPDX-License-Identifier: MIT
#include "fetcher/feed_date.h"

#include <algorithm>
#include <string>

#include "fetcher/ascii.h"
#include "web/http_date.h"
#include "web/w3c_date.h"

namespace crawl {
namespace {

struct NamedZone {
  std::string_view name;
  int hours;  // east of Greenwich
};
constexpr NamedZone kZones[] = {
    {"edt", -4}, {"est", -5}, {"cdt", -5}, {"cst", -6},
    {"mdt", -6}, {"mst", -7}, {"pdt", -7}, {"pst", -8},
};

// "+0200" and "+02:00" in minutes; nullopt when it is no such zone.
std::optional<int> numeric_zone(std::string_view zone) {
  if (zone.size() != 5 && zone.size() != 6) return std::nullopt;
  if (zone[0] != '+' && zone[0] != '-') return std::nullopt;
  if (zone.size() == 6 && zone[3] != ':') return std::nullopt;
  const std::string digits =
      std::string(zone.substr(1, 2)) + std::string(zone.substr(zone.size() - 2));
  if (!std::all_of(digits.begin(), digits.end(), is_ascii_digit)) return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int minutes = (digits[2] - '0') * 10 + (digits[3] - '0');
  return (hours * 60 + minutes) * (zone[0] == '-' ? -1 : 1);
}

// RFC 2822 §4.3: names that are not known tell nothing, as "-0000" does.
std::optional<int> named_zone(std::string_view zone) {
  if (zone.empty() || !std::all_of(zone.begin(), zone.end(), is_ascii_letter)) return std::nullopt;
  for (const NamedZone& known : kZones) {
    if (equals_ignoring_case(zone, known.name)) return known.hours * 60;
  }
  return 0;
}

std::string_view without_comments(std::string_view text) {
  return trim_ascii_space(text.substr(0, text.find('(')));
}

}  // namespace

std::optional<int64_t> parse_rfc822_date(std::string_view text) {
  text = without_comments(text);
  int zone_minutes = 0;
  const size_t last = text.find_last_of(" \t\r\n");
  if (last != std::string_view::npos) {
    const std::string_view word = text.substr(last + 1);
    auto zone = numeric_zone(word);
    if (!zone) zone = named_zone(word);
    if (zone) {
      zone_minutes = *zone;
      text = trim_ascii_space(text.substr(0, last));
    }
  }
  std::string utc(text);
  if (std::count(utc.begin(), utc.end(), ':') == 1) utc += ":00";
  const auto at = parse_http_date(utc);
  if (!at) return std::nullopt;
  return *at - int64_t{zone_minutes} * 60'000;
}

int64_t feed_date_ms(std::string_view text) {
  auto at = parse_w3c_date(text);
  if (!at) at = parse_rfc822_date(text);
  return std::max<int64_t>(at.value_or(0), 0);
}

}  // namespace crawl
