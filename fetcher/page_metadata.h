// SPDX-License-Identifier: MIT
#pragma once

// What a page says about itself beyond its text: headings, OpenGraph, Twitter cards, JSON-LD,
// microdata, other languages' versions, feeds; gathered into PageResult::metadata (docs/schema.md).
// From the same come author, published and modified time.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/json_ld.h"
#include "fetcher/link_collector.h"

namespace crawl {

// Who says it, the most trusted first.
enum class Evidence : uint8_t { kJsonLd, kOpenGraph, kMicrodata, kMeta, kLast = kMeta };

class PageMetadata {
 public:
  // Strings given to any function but add_json_ld() and add_heading() must last until finish().
  void clear();

  // White space is collapsed, the text cut at kHeadingBytesMax.
  void add_heading(int level, std::string_view text);
  // <meta name|property=key content=…>: OpenGraph, Twitter, author and dates; others do nothing.
  void add_property(std::string_view key, std::string_view content);
  void add_json_ld(std::string_view script) { json_ld_.add(script); }

  struct LinkedDocument {
    std::string_view hreflang;
    std::string_view href;  // absolute
    std::string_view type;
    std::string_view title;
  };
  void add_alternate(const LinkedDocument& document);  // rel=alternate hreflang
  void add_feed(const LinkedDocument& document);       // rel=alternate, of a feed's type
  void set_amp(std::string_view href) {
    if (amp_.empty()) amp_ = href;
  }

  // The first of each evidence counts. Dates that cannot be read are none.
  void claim_author(Evidence by, std::string_view name);
  void claim_published(Evidence by, std::string_view date);
  void claim_modified(Evidence by, std::string_view date);

  // `microdata`: a JSON array or "". Sets metadata, author, published_at_ms and modified_at_ms of
  // `result`, and its description where og:description is the only one. Strings go to the pool of
  // `links`. What would be longer than kMetadataBytesMax loses microdata or JSON-LD.
  void finish(std::string_view microdata, PageResult& result, LinkCollector& links);

  static constexpr size_t kHeadingsMax = 500;
  static constexpr size_t kHeadingBytesMax = 1024;

 private:
  struct Property {
    std::string name;
    std::vector<std::string_view> values;
  };
  using Properties = std::vector<Property>;
  template <typename T>
  using ByEvidence = std::array<T, static_cast<size_t>(Evidence::kLast) + 1>;

  void add_to(Properties& properties, std::string_view key, std::string_view content);
  void claim_by_meta(std::string_view key, std::string_view content);
  void assemble(std::string_view microdata, std::string& out) const;

  std::string headings_;  // elements of an array, as in JsonLd
  size_t heading_count_ = 0;
  size_t headings_seen_ = 0;  // empty ones, too
  Properties opengraph_;
  Properties twitter_;
  size_t value_count_ = 0;
  JsonLd json_ld_;
  std::string alternates_;
  std::string feeds_;
  std::string_view amp_;
  ByEvidence<std::string_view> authors_{};
  ByEvidence<int64_t> published_{};
  ByEvidence<int64_t> modified_{};
  std::string assembled_;
};

}  // namespace crawl
