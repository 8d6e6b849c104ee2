// SPDX-License-Identifier: MIT
// Content-Type values, charset labels and lists of types: any bytes; the essence is stable.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "web/charset_label.h"
#include "web/media_type.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const MediaType type = parse_media_type(bytes);
  CRAWL_CHECK(!type.essence.empty() || type.charset.empty());
  CRAWL_CHECK(parse_media_type(type.essence).essence == type.essence);
  static_cast<void>(content_class(type.essence));
  if (const auto name = encoding_for_label(type.charset)) {
    // Every encoding's name is one of its own labels.
    CRAWL_CHECK(encoding_for_label(*name) == name);
  }
  if (!type.essence.empty()) {
    CRAWL_CHECK(matches_type_list(type.essence, type.essence));
    CRAWL_CHECK(matches_type_list(type.essence, "x/y */*"));
  }
  static_cast<void>(matches_type_list("text/html", bytes));
  return 0;
}
