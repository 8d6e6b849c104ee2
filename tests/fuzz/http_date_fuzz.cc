// SPDX-License-Identifier: MIT
// HTTP dates and Retry-After: any bytes; results are in range.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "web/http_date.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr int64_t kYear1601 = -11'644'473'600'000;
  constexpr int64_t kYear10000 = 253'402'300'800'000;
  constexpr int64_t kCentury = int64_t{36'500} * 86'400'000;
  if (const auto at = parse_http_date(bytes)) {
    CRAWL_CHECK(*at >= kYear1601 && *at <= kYear10000);
  }
  if (const auto wait = parse_retry_after_ms(bytes, 1'700'000'000'000)) {
    CRAWL_CHECK(*wait >= 0 && *wait <= kCentury);
  }
  return 0;
}
