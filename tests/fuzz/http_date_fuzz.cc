// SPDX-License-Identifier: MIT
// HTTP dates and Retry-After: any bytes; results are in range. And every moment, written in each
// form by the C library, reads back as itself.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include "base/check.h"
#include "web/http_date.h"
#include "web/lenient_date.h"
#include "web/w3c_date.h"

namespace {

using namespace crawl;

std::string written(const char* form, const std::tm& time) {
  std::array<char, 64> text{};
  const size_t size = std::strftime(text.data(), text.size(), form, &time);
  return std::string(text.data(), size);
}

void check_round_trip(int64_t seconds) {
  std::tm time{};
  const time_t moment = seconds;
  CRAWL_CHECK(::gmtime_r(&moment, &time) != nullptr);
  const int64_t ms = seconds * 1000;
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    CRAWL_CHECK(parse_http_date(written(form, time)) == ms);
  }
  const std::string short_year = written("%A, %d-%b-%y %H:%M:%S GMT", time);
  if (time.tm_year >= 70 && time.tm_year < 170) CRAWL_CHECK(parse_http_date(short_year) == ms);
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+00:00"}) {
    CRAWL_CHECK(parse_w3c_date(written(form, time)) == ms);
    if (ms >= 0) CRAWL_CHECK(parse_lenient_date(written(form, time)) == ms);
  }
  const int64_t midnight = (seconds - (seconds % 86'400 + 86'400) % 86'400) * 1000;
  CRAWL_CHECK(parse_w3c_date(written("%Y-%m-%d", time)) == midnight);
  if (ms < 0) return;
  CRAWL_CHECK(parse_lenient_date(written("%a, %d %b %Y %H:%M:%S GMT", time)) == ms);
  CRAWL_CHECK(parse_lenient_date(written("%d %b %Y %H:%M:%S +0000", time)) == ms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  uint64_t number = 0;
  std::memcpy(&number, data, std::min(size, sizeof number));
  // Of the years 1601 to 9999.
  check_round_trip(static_cast<int64_t>(number % 265'046'774'400) - 11'644'473'600);
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
