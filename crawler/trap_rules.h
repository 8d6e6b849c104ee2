// SPDX-License-Identifier: MIT
#pragma once

// What a URL alone says about a trap. Linear in the URL, no memory.

#include <cstdint>
#include <optional>
#include <string_view>

#include "web/url.h"

namespace crawl {

// A path whose segments repeat: one of them, or a cycle of several, four times in a row, or one of
// them six times in all ("/a/b/a/b/a/b/a/b"). Numbers may repeat twice as often: stores cut their
// keys into them ("/00/00/00/00/").
bool repeats_segments(std::string_view path);

// More than thirty segments.
bool is_deep_path(std::string_view path);

// A query that has grown by being passed on: more than sixteen parameters, one of them four times
// (lists, "tag[]", may), or more than a kilobyte that holds the URL's own address.
bool is_grown_query(const Url& url);

// A month that a URL names, as years of a calendar do.
struct UrlDate {
  int64_t month = 0;      // 12 * year + month - 1
  bool complete = false;  // with its day
  bool calendar =
      false;  // in a place where calendars have it: "/events/2031-05", "?year=…&month=…"
};

// "/2024/05", "2024-05", "/2024/05/17", "?date=2024-05-17", "?year=2024&month=5" and their like.
std::optional<UrlDate> find_date(std::string_view path, std::string_view query);

// The month of a time, counted as in UrlDate.
int64_t month_of(int64_t wall_ms);

}  // namespace crawl
