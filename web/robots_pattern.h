// SPDX-License-Identifier: MIT
#pragma once

// The normal form in which robots.txt patterns and URL paths are compared, and the comparison.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

enum class RobotsForm : uint8_t { kPath, kPattern };

// RFC 9309 §2.2.2: both sides are compared octet by octet, so both are first brought to one form:
// encoded unreserved characters decoded, hex digits in upper case, everything outside RFC 3986's
// characters encoded. '*' and '$' are encoded too (§2.2.3), except where a pattern gives them a
// meaning: '*' anywhere, '$' at the end. Idempotent.
std::string normalize_robots_path(std::string_view text, RobotsForm form);

enum class RobotsMatch : uint8_t { kNo, kYes, kTooCostly };

// Whether the normalised `pattern` matches the beginning of the normalised `path`, or with a final
// '$' all of it. Linear in both. `steps` is how many octets of paths may still be passed, one more
// for each literal of a pattern; it is counted down.
RobotsMatch match_robots_pattern(std::string_view pattern, std::string_view path, size_t& steps);

}  // namespace crawl
