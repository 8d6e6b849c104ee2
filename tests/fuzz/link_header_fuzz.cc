// SPDX-License-Identifier: MIT
// Any bytes as a Link header: what comes out is canonical, bounded and valid.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "fetcher/language.h"
#include "fetcher/link_header.h"
#include "web/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  size_t visited = 0;
  for_each_link_header(value, [&](const HeaderLink& link) {
    ++visited;
    CRAWL_CHECK(!link.rel.empty());
    CRAWL_CHECK(link.target.empty() ||
                (link.target.data() >= value.data() &&
                 link.target.data() + link.target.size() <= value.data() + value.size()));
  });
  PageResult result;
  StringPool pool;
  LinkCollector links;
  links.begin("https://www.example.com/a/b?c", result, pool);
  const HeaderLinks found = add_header_links(value, links);
  CRAWL_CHECK(found.canonical.empty() || is_canonical_http_url(found.canonical));
  for (const auto& alternate : found.alternates) {
    CRAWL_CHECK(is_canonical_http_url(alternate.href));
  }
  CRAWL_CHECK(result.links.size() + result.links_dropped <= visited);
  for (const PageLink& link : result.links) {
    CRAWL_CHECK(!link.href.empty() && link.href.size() <= kUrlBytesMax);
    CRAWL_CHECK(link.rel.size() <= kShortBytesMax && link.anchor.size() <= kAnchorBytesMax);
    CRAWL_CHECK(is_valid_utf8(link.href) && is_valid_utf8(link.rel) && is_valid_utf8(link.anchor));
  }
  CRAWL_CHECK(language_in_header(value).size() <= 35);
  return 0;
}
