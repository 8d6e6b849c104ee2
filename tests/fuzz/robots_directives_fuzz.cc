// SPDX-License-Identifier: MIT
// Any bytes as robots directives and dates: what comes out is within its field's limits.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "fetcher/robots_directives.h"
#include "web/lenient_date.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  PageResult page;
  for (const RobotsDirectives& directives :
       {robots_in_meta(text), robots_in_header(text, "crawl"), robots_in_header(text, "")}) {
    CRAWL_CHECK((directives.bits & ~(kRobotsNoindex | kRobotsNofollow | kRobotsNoarchive)) == 0);
    CRAWL_CHECK(directives.unavailable_after_ms >= 0);
    add_directives(directives, page);
  }
  settle_unavailable(1'700'000'000'000, page);
  CRAWL_CHECK((page.robots_directives & ~kRobotsAll) == 0);
  if (const auto date = parse_lenient_date(text)) {
    // The year 9999 at the latest, a day more by its zone.
    CRAWL_CHECK(*date >= 0 && *date < int64_t{253'402'300'800'000} + 2 * 86'400'000);
  }
  return 0;
}
