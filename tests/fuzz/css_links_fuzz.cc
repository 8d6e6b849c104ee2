// SPDX-License-Identifier: MIT
// Any bytes as a style sheet: URLs come out that are worth following, no longer than what went in.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "fetcher/css_links.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view css(reinterpret_cast<const char*>(data), size);
  size_t bytes = 0;
  crawl::for_each_css_url(css, [&bytes](std::string_view url) {
    CRAWL_CHECK(!url.empty());
    CRAWL_CHECK(url.front() != '#');
    bytes += url.size();
  });
  // An escape of two bytes, "\0", becomes a character of three.
  CRAWL_CHECK(bytes <= 2 * size);
  return 0;
}
