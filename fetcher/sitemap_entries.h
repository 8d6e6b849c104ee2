// SPDX-License-Identifier: MIT
#pragma once

// Sitemaps and sitemap indexes: https://www.sitemaps.org/protocol.html, with the image, video, news
// and hreflang extensions of https://developers.google.com/search/docs/crawling-indexing/sitemaps.

#include <cstdint>
#include <string>
#include <string_view>

#include "fetcher/link_collector.h"
#include "fetcher/xml_entries.h"

namespace crawl {

// A <url> becomes a kSitemap link, a <sitemap> a kSitemapFile link, wherever they stand; then the
// images, videos and alternates of all of them.
class SitemapEntries : public XmlEntries {
 public:
  SitemapEntries(LinkCollector& links, PageResult& result) : links_(links), result_(result) {}

  void open(const XmlElement& element) override;
  void text(std::string_view text) override;
  void close(std::string_view name, uint32_t depth) override;
  void finish() override;

 private:
  enum class Field : uint8_t {
    kNone,
    kLoc,
    kLastmod,
    kPriority,
    kNewsTitle,
    kNewsDate,
    kImage,
    kMedia,
    kPlayer,
  };
  struct Entry {
    LinkKind kind = LinkKind::kSitemap;
    std::string loc;
    int64_t modified_at_ms = 0;
    int64_t news_at_ms = 0;
    uint8_t priority = kPriorityNormal;
    std::string title;
  };

  Field field_of(const XmlElement& element) const;
  void take_field();
  void report_entry();

  LinkCollector& links_;
  PageResult& result_;
  LaterLinks later_;
  Entry entry_;
  uint32_t entry_depth_ = 0;  // 0: not inside one
  XmlField field_;
  Field which_ = Field::kNone;
};

// "Priority": 0.0 to 1.0 as 0 to 100; kPriorityNormal where it is anything else.
uint8_t sitemap_priority(std::string_view text);

}  // namespace crawl
