// SPDX-License-Identifier: MIT
#pragma once

// Durations and sizes as users write them, and as they are shown.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

// Strict: no sign, no space, nothing after the unit; a value that is no whole millisecond or byte,
// or too large, is refused. Errors quote the text (escaped) and name what is allowed.

// "500ms", "1s", "1.5s", "2m", "1h", "7d", and "0". A number without a unit (but 0) is refused. At
// most 36500d, so that the sum with any clock stays in range.
Result<int64_t> parse_duration_ms(std::string_view text);
// "0", "512", "64KiB", "10MiB", "1GiB", "10MB" (powers of 1000), "10M" and "10K" (powers of 1024).
// Case does not matter.
Result<int64_t> parse_size_bytes(std::string_view text);

std::string format_duration_ms(int64_t ms);  // "350 ms", "1.5 s", "2 m 3 s", "1 h 2 m", "3 d 4 h"
std::string format_bytes(uint64_t bytes);    // "812 B", "10.0 KiB", "1.3 MiB"

}  // namespace crawl
