// SPDX-License-Identifier: MIT

// Crawl canonicalisation of any URL with any choice of steps (the first byte): the answer parses to
// itself, a second time changes nothing, and the steps lead to the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "web/canonical.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  if (size == 0) return 0;
  CanonicalOptions options;
  options.sort_query = (data[0] & 1) != 0;
  options.strip_session = (data[0] & 2) != 0;
  options.strip_tracking = (data[0] & 4) != 0;
  options.fold_index = (data[0] & 8) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  std::string_view unknown;
  if (const auto parsed = parse_canonical_options(text, unknown)) {
    CRAWL_CHECK(parse_canonical_options(canonical_options_text(*parsed), unknown) == parsed);
  }

  const Result<Url> url = Url::parse(text);
  if (!url) return 0;
  const Url once = canonicalize(*url, options);
  CRAWL_CHECK(once.href().size() <= url->href().size());
  CRAWL_CHECK(is_canonical_http_url(once.href()) == url->is_http());
  const Result<Url> again = Url::parse(once.href());
  CRAWL_CHECK(again.has_value());
  CRAWL_CHECK(again->href() == once.href());
  CRAWL_CHECK(canonicalize(once, options).href() == once.href());
  if (url->is_http()) CRAWL_CHECK(canonical_steps(*url, options).back().result == once.href());
  return 0;
}
