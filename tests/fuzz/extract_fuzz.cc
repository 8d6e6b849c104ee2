// SPDX-License-Identifier: MIT
// Any bytes as a page, walked as a tree and scanned without one: metadata is one JSON object, the
// main content is part of the text, everything is bounded.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "fetcher/html_arena.h"
#include "fetcher/html_extract.h"
#include "fetcher/link_scan.h"

namespace {

// How deep JSON nests; strings have been checked to be closed.
size_t depth_of(std::string_view json) {
  size_t depth = 0;
  size_t deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

void check(const crawl::PageResult& page) {
  CRAWL_CHECK(page.metadata.size() <= crawl::kMetadataBytesMax);
  CRAWL_CHECK(crawl::is_valid_utf8(page.metadata));
  CRAWL_CHECK(page.metadata.empty() || page.metadata.front() == '{');
  CRAWL_CHECK(page.metadata.empty() || nlohmann::json::accept(page.metadata));
  CRAWL_CHECK(depth_of(page.metadata) <= 64);
  CRAWL_CHECK(crawl::is_valid_utf8(page.main_text));
  CRAWL_CHECK(page.author.size() <= crawl::kShortBytesMax);
  CRAWL_CHECK(page.published_at_ms >= 0);
  CRAWL_CHECK(page.modified_at_ms >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto arena = crawl::HtmlArena::create({8u << 20, 50});
  CRAWL_CHECK(arena.has_value());
  static crawl::HtmlExtractor extractor;
  static crawl::StringPool pool;
  static crawl::LinkCollector links;
  static crawl::TextWriter text;
  // Bytes that are no UTF-8 do not get this far; NULs do.
  const std::string html = crawl::to_valid_utf8({reinterpret_cast<const char*>(data), size});
  crawl::PageResult page;
  pool.clear();
  text.clear();
  links.begin("http://h.example/dir/page", page, pool);
  const crawl::PageSink sink{page, links, text, "crawl"};
  if (const GumboOutput* tree = arena.value()->parse(html)) {
    extractor.extract(*tree, html, sink);
    check(page);
    CRAWL_CHECK(page.main_text.size() <= 3 * text.size());  // U+FFFD for a byte
  }
  arena.value()->clear();
  page = {};
  pool.clear();
  text.clear();
  links.begin("http://h.example/dir/page", page, pool);
  crawl::scan_html(html, sink, pool);
  check(page);
  return 0;
}
