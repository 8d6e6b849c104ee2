// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crawl {

// W3C NOTE-datetime, the profile of ISO 8601 that sitemaps use, and RFC 3339, which Atom uses:
// "1997", "1997-07", "1997-07-16", "1997-07-16T19:20+01:00", "1997-07-16T19:20:30.45Z".
// Milliseconds since 1970, negative before; finer fractions are cut off. What is missing is taken
// as the beginning: of the year, the month, the day. Lenient where no other reading is possible:
// white space around it, a missing zone (UTC), zones written "+0100" or "+01" or behind a date
// alone (XML Schema's xs:date), a space or small "t" for "T". nullopt for anything else and for
// days and times that do not exist.
std::optional<int64_t> parse_w3c_date(std::string_view text);

}  // namespace crawl
