// SPDX-License-Identifier: MIT
#pragma once

// Feeds: RSS 0.91 to 0.94 and 2.0 (https://www.rssboard.org/rss-specification), RSS 0.90 and 1.0
// (https://web.resource.org/rss/1.0/spec), Atom 1.0 (RFC 4287) and 0.3, with the modules Dublin
// Core, content, Media RSS and iTunes. Elements mean the same wherever they occur, so that feeds
// which mix the formats are read as well as those that do not.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/feed_fields.h"
#include "fetcher/link_collector.h"
#include "fetcher/text_writer.h"
#include "fetcher/xml_entries.h"
#include "web/url.h"

namespace crawl {

// An <item> or <entry> becomes a kFeed link for each of its addresses, with its title as anchor;
// then follow the site's own page, neighbouring parts of the feed (RFC 5005), enclosures and images
// of all. Title, description, author, language and times of the feed go to `result`; titles and
// contents of the entries to `text`, as they are read.
class FeedEntries : public XmlEntries {
 public:
  FeedEntries(LinkCollector& links, PageResult& result, TextWriter& text)
      : links_(links), result_(result), text_(text) {}

  void open(const XmlElement& element) override;
  void text(std::string_view text) override;
  void close(std::string_view name, uint32_t depth) override;
  void finish() override;

  // False: RDF that is no feed; then nothing has been reported.
  bool is_feed() const { return is_feed_; }

 private:
  struct Content {
    std::string value;
    XmlField::Form form = XmlField::Form::kPlain;
  };
  struct Entry {
    std::vector<std::string> hrefs;
    std::string fallback;  // guid that is a permalink, or rdf:about
    std::optional<Url> base;
    std::string title;
    Content summary;
    Content content;
    int64_t published_at_ms = 0;
    int64_t modified_at_ms = 0;
  };

  void open_root(const XmlElement& element);
  void become_feed();
  bool open_container(const XmlElement& element);
  bool take_attributes(const XmlElement& element);
  void take_link(const XmlElement& element);
  void take_media(std::string_view href, std::string_view type, LinkKind otherwise);
  void open_field(const XmlElement& element);
  XmlField::Form form_of(const XmlElement& element) const;
  void take_field();
  void take_entry_field(std::string& value, XmlField::Form form);
  void take_feed_field(std::string_view value, XmlField::Form form);
  void report_entry();
  void set_lang(std::string_view lang);
  std::string href_of(const XmlElement& link);
  // By the entry's base, where it has one.
  std::string absolute(std::string_view href);
  // "", and a link counted as dropped, once bases have made too many bytes.
  std::string resolved(std::string_view href, const Url& base);
  std::string_view plain(std::string_view value, XmlField::Form form);
  // Whether the element at `depth` says something about the entry or the feed itself.
  bool is_of_entry(uint32_t depth) const { return entry_depth_ != 0 && depth == entry_depth_ + 1; }
  bool is_of_feed(uint32_t depth) const {
    return entry_depth_ == 0 && feed_depth_ != 0 && depth == feed_depth_ + 1;
  }

  LinkCollector& links_;
  PageResult& result_;
  TextWriter& text_;
  TextWriter plain_;
  LaterLinks later_;
  std::string root_base_;  // xml:base and xml:lang
  std::string root_lang_;
  bool is_atom_ = false;
  bool is_feed_ = false;
  uint32_t feed_depth_ = 0;    // of <feed> or <channel>; 0: outside
  uint32_t entry_depth_ = 0;   // of <item> or <entry>; 0: outside
  uint32_t author_depth_ = 0;  // of Atom's <author> of the feed
  Entry entry_;
  size_t base_bytes_ = 0;  // of what resolved() has made
  XmlField field_;
  FeedField which_ = FeedField::kNone;
  bool permalink_ = true;  // <guid isPermaLink>
};

}  // namespace crawl
