// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crawl {

// RFC 9110 §5.6.7: IMF-fixdate, RFC 850 and asctime forms. Milliseconds since 1970. Lenient where
// no other reading is possible: case, a missing or wrong weekday, a missing zone (all are GMT),
// single digits. Two-digit years are 1970 to 2069. nullopt for other zones and days that do not
// exist.
std::optional<int64_t> parse_http_date(std::string_view text);

// RFC 9110 §10.2.3: seconds or a date; relative to `now_wall_ms`, never negative (a date in the
// past is 0), at most a hundred years. nullopt when malformed.
std::optional<int64_t> parse_retry_after_ms(std::string_view text, int64_t now_wall_ms);

}  // namespace crawl
