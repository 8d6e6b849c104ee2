// SPDX-License-Identifier: MIT
#include "fetcher/sitemap_entries.h"

#include <algorithm>
#include <charconv>

#include "fetcher/ascii.h"
#include "web/w3c_date.h"

namespace crawl {
namespace {

constexpr size_t kShortFieldBytes = 128;  // dates, numbers

int64_t date_ms(std::string_view text) {
  return std::max<int64_t>(parse_w3c_date(text).value_or(0), 0);
}

}  // namespace

uint8_t sitemap_priority(std::string_view text) {
  text = trim_ascii_space(text);
  double value = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  // Written so that what is no number fails too.
  if (error != std::errc() || stop != end || !(value >= 0 && value <= 1)) return kPriorityNormal;
  return static_cast<uint8_t>(value * 100 + 0.5);
}

SitemapEntries::Field SitemapEntries::field_of(const XmlElement& element) const {
  using enum XmlVocabulary;
  if (element.vocabulary == kMain && element.depth == entry_depth_ + 1) {
    if (element.name == "loc") return Field::kLoc;
    if (element.name == "lastmod") return Field::kLastmod;
    if (element.name == "priority") return Field::kPriority;
    return Field::kNone;
  }
  if (element.is(kNews, "title")) return Field::kNewsTitle;
  if (element.is(kNews, "publication_date")) return Field::kNewsDate;
  if (element.is(kImage, "loc") || element.is(kVideo, "thumbnail_loc")) return Field::kImage;
  if (element.is(kVideo, "content_loc")) return Field::kMedia;
  if (element.is(kVideo, "player_loc")) return Field::kPlayer;
  return Field::kNone;
}

void SitemapEntries::open(const XmlElement& element) {
  if (field_.is_open()) return;
  const bool is_page = element.is(XmlVocabulary::kMain, "url");
  if (element.depth > 1 && (is_page || element.is(XmlVocabulary::kMain, "sitemap"))) {
    report_entry();
    entry_ = {};
    entry_.kind = is_page ? LinkKind::kSitemap : LinkKind::kSitemapFile;
    entry_depth_ = element.depth;
    return;
  }
  if (entry_depth_ == 0) return;
  if (element.is(XmlVocabulary::kXhtml, "link")) {
    if (equals_ignoring_case(trim_ascii_space(element.attribute("rel")), "alternate")) {
      later_.add(LinkKind::kLink, element.attribute("href"), "alternate");
    }
    return;
  }
  which_ = field_of(element);
  if (which_ == Field::kNone) return;
  const bool is_short =
      which_ == Field::kLastmod || which_ == Field::kNewsDate || which_ == Field::kPriority;
  field_.begin(element.depth, is_short ? kShortFieldBytes : kHrefBytesMax);
}

void SitemapEntries::text(std::string_view text) {
  if (field_.is_open()) field_.add(text);
}

void SitemapEntries::close(std::string_view, uint32_t depth) {
  if (field_.is_at(depth)) return take_field();
  if (depth != entry_depth_) return;
  report_entry();
  entry_depth_ = 0;
}

void SitemapEntries::finish() {
  report_entry();
  later_.flush(links_, result_);
}

void SitemapEntries::take_field() {
  const std::string_view value = trim_ascii_space(field_.end());
  switch (which_) {
    case Field::kNone:
      break;
    case Field::kLoc:
      report_entry();  // a second loc is a second entry
      entry_.loc = value;
      break;
    case Field::kLastmod:
      entry_.modified_at_ms = date_ms(value);
      break;
    case Field::kPriority:
      entry_.priority = sitemap_priority(value);
      break;
    case Field::kNewsTitle:
      entry_.title = value;
      break;
    case Field::kNewsDate:
      entry_.news_at_ms = date_ms(value);
      break;
    case Field::kImage:
      later_.add(LinkKind::kImage, value);
      break;
    case Field::kMedia:
      later_.add(LinkKind::kMedia, value);
      break;
    case Field::kPlayer:
      later_.add(LinkKind::kEmbed, value);
      break;
  }
}

void SitemapEntries::report_entry() {
  if (entry_.loc.empty()) return;
  const size_t index = links_.add(entry_.kind, links_.keep(entry_.loc, kHrefBytesMax));
  if (index != LinkCollector::kNone) {
    PageLink& link = result_.links[index];
    link.modified_at_ms = entry_.modified_at_ms != 0 ? entry_.modified_at_ms : entry_.news_at_ms;
    link.priority = entry_.priority;
    if (!entry_.title.empty()) {
      links_.set_anchor(index, links_.keep_collapsed(entry_.title, kAnchorBytesMax));
    }
  }
  const LinkKind kind = entry_.kind;
  entry_ = {};
  entry_.kind = kind;
}

}  // namespace crawl
