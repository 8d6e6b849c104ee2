// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crawl {

// A date as people and programs write it in pages, sitemaps and robots directives. Milliseconds
// since 1970; nullopt when it is none of these, does not exist, or is before 1970:
// - ISO 8601 as web/w3c_date.h reads it: "2020-09-21", "2020-09-21T15:00:00+02:00"
// - RFC 822 and 2822, RFC 850, asctime: "Fri, 25 Jun 2010 15:00:00 PST", "25-Jun-10 15:00",
//   "Jun 25, 2010", "Nov  6 08:49:37 1994"
// What is left out is the first month, day, hour; without a zone it is UTC. Zones are numbers or
// the names of RFC 822 §5.1, CET, CEST, BST and JST; a comment in parentheses may follow.
std::optional<int64_t> parse_lenient_date(std::string_view text);

}  // namespace crawl
