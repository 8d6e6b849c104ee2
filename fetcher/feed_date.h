// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crawl {

// The dates of RSS (RFC 822 §5, with the years and zones of RFC 2822 §3.3 and §4.3) in milliseconds
// since 1970: "Wed, 02 Oct 2002 15:00:00 +0200". Seconds may be missing, comments in parentheses
// are ignored, zone names that RFC 822 does not know count as UTC.
std::optional<int64_t> parse_rfc822_date(std::string_view text);

// What a feed means by a date, in whichever of RFC 822's and the W3C's forms; 0 when it is none or
// before 1970.
int64_t feed_date_ms(std::string_view text);

}  // namespace crawl
