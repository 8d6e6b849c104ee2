// SPDX-License-Identifier: MIT
// HTTP dates and Retry-After: any bytes; results are in range.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "web/http_date.h"
#include "web/lenient_date.h"
#include "web/w3c_date.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr int64_t kYear1601 = -11'644'473'600'000;
  constexpr int64_t kYear10000 = 253'402'300'800'000;
  constexpr int64_t kCentury = int64_t{36'500} * 86'400'000;
  if (const auto at = parse_http_date(bytes)) {
    CRAWL_CHECK(*at >= kYear1601 && *at <= kYear10000);
  }
  // Zones reach beyond the years by less than a day.
  constexpr int64_t kYear0 = -62'167'219'200'000;
  constexpr int64_t kDayMs = 86'400'000;
  if (const auto at = parse_w3c_date(bytes)) {
    CRAWL_CHECK(*at > kYear0 - kDayMs && *at <= kYear10000 + kDayMs);
  }
  if (const auto at = parse_lenient_date(bytes)) {
    CRAWL_CHECK(*at >= 0 && *at <= kYear10000 + kDayMs);
  }
  if (const auto wait = parse_retry_after_ms(bytes, 1'700'000'000'000)) {
    CRAWL_CHECK(*wait >= 0 && *wait <= kCentury);
  }
  return 0;
}
