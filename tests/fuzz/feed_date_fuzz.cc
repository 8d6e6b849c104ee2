// SPDX-License-Identifier: MIT
// Dates of sitemaps and feeds: any bytes; results are in range.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "fetcher/feed_date.h"
#include "web/w3c_date.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kYear0 = -62'167'219'200'000;
  constexpr int64_t kYear10000 = 253'402'300'800'000;
  // Zones reach beyond the years by less than a day; those of RFC 822 by up to 99:99.
  if (const auto at = parse_w3c_date(bytes)) {
    CRAWL_CHECK(*at > kYear0 - kDayMs && *at <= kYear10000 + kDayMs);
  }
  if (const auto at = parse_rfc822_date(bytes)) {
    CRAWL_CHECK(*at > kYear0 - 5 * kDayMs && *at < kYear10000 + 5 * kDayMs);
  }
  CRAWL_CHECK(feed_date_ms(bytes) >= 0);
  return 0;
}
