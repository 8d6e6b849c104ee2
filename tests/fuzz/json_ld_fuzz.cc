// SPDX-License-Identifier: MIT
// Any bytes as the JSON-LD of a page, in blocks between NULs: what is kept is JSON and bounded.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "base/limits.h"
#include "fetcher/json_ld.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static crawl::JsonLd json_ld;
  json_ld.clear();
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const size_t end = rest.find('\0');
    json_ld.add(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const std::string& elements = json_ld.elements();
  CRAWL_CHECK(crawl::is_valid_utf8(elements));
  CRAWL_CHECK(nlohmann::json::accept("[" + elements + "]"));
  CRAWL_CHECK(json_ld.author().size() <= crawl::kShortBytesMax);
  return 0;
}
