// SPDX-License-Identifier: MIT
#include "fetcher/feed_entries.h"

#include <algorithm>
#include <utility>

#include "fetcher/ascii.h"
#include "fetcher/feed_text.h"
#include "web/lenient_date.h"

namespace crawl {
namespace {

using Field = FeedField;
using Form = XmlField::Form;

constexpr size_t kHrefsMax = 16;  // per entry
// A base may make eight thousand bytes of one.
constexpr size_t kBaseBytesMax = size_t{16} << 20;

int64_t date_ms(std::string_view text) { return parse_lenient_date(text).value_or(0); }

}  // namespace

void FeedEntries::open(const XmlElement& element) {
  if (element.depth == 1) return open_root(element);
  if (field_.is_open()) return field_.open_child(element.name);
  if (open_container(element) || take_attributes(element)) return;
  open_field(element);
}

void FeedEntries::open_root(const XmlElement& element) {
  root_base_ = trim_ascii_space(element.attribute("xml:base"));
  root_lang_ = element.attribute("xml:lang");
  is_atom_ = element.name == "feed";
  if (is_atom_) feed_depth_ = 1;
  if (element.name != "RDF") become_feed();
}

void FeedEntries::become_feed() {
  if (is_feed_) return;
  is_feed_ = true;
  links_.set_links_max(kEntriesMax);
  if (!root_base_.empty()) links_.set_base(links_.keep(root_base_, kUrlBytesMax));
}

bool FeedEntries::open_container(const XmlElement& element) {
  if (!is_feed_element(element)) return false;
  if (element.name == "channel" && entry_depth_ == 0) {
    become_feed();
    feed_depth_ = element.depth;
    const std::string_view lang = element.attribute("xml:lang");
    if (!lang.empty()) root_lang_ = lang;
    return true;
  }
  if (element.name == "author" && is_of_feed(element.depth) && is_atom_) {
    author_depth_ = element.depth;
    return true;
  }
  if (element.name != "item" && element.name != "entry") return false;
  report_entry();
  become_feed();
  entry_depth_ = element.depth;
  const std::string_view about = trim_ascii_space(element.attribute("rdf:about"));
  if (starts_ignoring_case(about, "http")) entry_.fallback = about;
  const std::string_view base = trim_ascii_space(element.attribute("xml:base"));
  if (base.empty()) return true;
  const std::string_view resolved = links_.resolve_http(links_.keep(base, kUrlBytesMax));
  if (auto url = Url::parse(resolved)) entry_.base = std::move(*url);
  return true;
}

// Elements that say what they have to say in attributes.
bool FeedEntries::take_attributes(const XmlElement& element) {
  if (entry_depth_ == 0 && feed_depth_ == 0) return false;
  const std::string_view type = element.attribute("type");
  if (element.name == "link" &&
      (is_feed_element(element) || element.vocabulary == XmlVocabulary::kAtom)) {
    if (element.attribute("href").empty()) return false;
    take_link(element);
    return true;
  }
  if (is_feed_element(element) && element.name == "enclosure") {
    take_media(element.attribute("url"), type, LinkKind::kMedia);
    return true;
  }
  if (element.vocabulary == XmlVocabulary::kMedia) {
    const std::string_view url = element.attribute("url");
    if (element.name == "content") {
      take_media(url, type.empty() ? element.attribute("medium") : type, LinkKind::kMedia);
    }
    if (element.name == "thumbnail") take_media(url, {}, LinkKind::kImage);
    if (element.name == "player") take_media(url, {}, LinkKind::kEmbed);
    return true;
  }
  if (!element.is(XmlVocabulary::kItunes, "image")) return false;
  take_media(element.attribute("href"), {}, LinkKind::kImage);
  return true;
}

// RFC 4287 §4.2.7
void FeedEntries::take_link(const XmlElement& element) {
  constexpr std::string_view kRegistry = "http://www.iana.org/assignments/relation/";
  const std::string href = href_of(element);
  if (href.empty()) return;
  std::string_view rel = trim_ascii_space(element.attribute("rel"));
  if (rel.starts_with(kRegistry)) rel.remove_prefix(kRegistry.size());
  if (equals_ignoring_case(rel, "enclosure")) {
    return take_media(href, element.attribute("type"), LinkKind::kMedia);
  }
  rel = rel.empty() ? std::string_view("alternate") : feed_page_relation(rel);
  if (rel.empty()) return;
  if (is_of_entry(element.depth) && rel == "alternate") {
    if (entry_.hrefs.size() < kHrefsMax) entry_.hrefs.emplace_back(href);
  } else if (is_of_entry(element.depth) || is_of_feed(element.depth)) {
    later_.add(LinkKind::kLink, absolute(href), rel);
  }
}

void FeedEntries::take_media(std::string_view href, std::string_view type, LinkKind otherwise) {
  const bool is_image = starts_ignoring_case(type, "image");
  later_.add(is_image ? LinkKind::kImage : otherwise, absolute(trim_ascii_space(href)));
}

void FeedEntries::open_field(const XmlElement& element) {
  const bool is_author_name =
      author_depth_ != 0 && element.depth == author_depth_ + 1 && element.name == "name";
  which_ = is_author_name ? Field::kAuthor : feed_field(element);
  if (which_ == Field::kNone) return;
  if (!is_author_name && !is_of_entry(element.depth) && !is_of_feed(element.depth)) return;
  if (which_ == Field::kGuid) {
    permalink_ = !equals_ignoring_case(trim_ascii_space(element.attribute("isPermaLink")), "false");
  }
  field_.begin(element.depth, feed_field_bytes_max(which_), form_of(element));
}

// RFC 4287 §3.1; Atom 0.3 has media types and "mode" there. In RSS, HTML is customary everywhere.
Form FeedEntries::form_of(const XmlElement& element) const {
  if (which_ != Field::kTitle && which_ != Field::kSummary && which_ != Field::kContent) {
    return Form::kPlain;
  }
  if (!is_atom_) return Form::kMarkup;
  const std::string_view type = trim_ascii_space(element.attribute("type"));
  const bool is_xhtml = equals_ignoring_case(type, "xhtml") ||
                        equals_ignoring_case(type, "application/xhtml+xml") ||
                        equals_ignoring_case(element.attribute("mode"), "xml");
  if (is_xhtml) return Form::kXhtml;
  const bool is_html =
      equals_ignoring_case(type, "html") || equals_ignoring_case(type, "text/html");
  return is_html ? Form::kMarkup : Form::kPlain;
}

void FeedEntries::text(std::string_view text) {
  if (field_.is_open()) field_.add(text);
}

void FeedEntries::close(std::string_view name, uint32_t depth) {
  if (field_.is_at(depth)) return take_field();
  if (field_.is_open()) return field_.close_child(name);
  if (depth == author_depth_) author_depth_ = 0;
  if (depth == entry_depth_) {
    report_entry();
    entry_depth_ = 0;
  }
  if (depth == feed_depth_) feed_depth_ = 0;
}

void FeedEntries::finish() {
  report_entry();
  if (is_feed_) set_lang(root_lang_);  // where <language> has not
  later_.flush(links_, result_);
}

void FeedEntries::take_field() {
  const Form form = field_.form();
  const bool is_of_an_entry = entry_depth_ != 0;
  std::string value = field_.end();
  if (is_of_an_entry) return take_entry_field(value, form);
  take_feed_field(value, form);
}

void FeedEntries::take_entry_field(std::string& value, Form form) {
  const std::string_view trimmed = trim_ascii_space(value);
  switch (which_) {
    case Field::kTitle:
      entry_.title = plain(value, form);
      break;
    case Field::kSummary:
      entry_.summary = {std::move(value), form};
      break;
    case Field::kContent:
      entry_.content = {std::move(value), form};
      break;
    case Field::kLink:
      if (!trimmed.empty() && entry_.hrefs.size() < kHrefsMax) entry_.hrefs.emplace_back(trimmed);
      break;
    case Field::kGuid:
      // Many say by silence that a number is a permalink.
      if (permalink_ && starts_ignoring_case(trimmed, "http")) entry_.fallback = trimmed;
      break;
    case Field::kPublished:
      if (entry_.published_at_ms == 0) entry_.published_at_ms = date_ms(value);
      break;
    case Field::kModified:
      entry_.modified_at_ms = std::max(entry_.modified_at_ms, date_ms(value));
      break;
    default:
      break;
  }
}

void FeedEntries::take_feed_field(std::string_view value, Form form) {
  switch (which_) {
    case Field::kTitle:
      if (!result_.title.empty()) break;
      result_.title = links_.keep_collapsed(plain(value, form), kTitleBytesMax);
      break;
    case Field::kSummary:
      if (!result_.description.empty()) break;
      result_.description = links_.keep_collapsed(plain(value, form), kMetaBytesMax);
      break;
    case Field::kLink:
      later_.add(LinkKind::kLink, value, "alternate");
      break;
    case Field::kPublished:
      if (result_.published_at_ms == 0) result_.published_at_ms = date_ms(value);
      break;
    case Field::kModified:
      result_.modified_at_ms = std::max(result_.modified_at_ms, date_ms(value));
      break;
    case Field::kAuthor:
      if (result_.author.empty()) result_.author = links_.keep_collapsed(value, kShortBytesMax);
      break;
    case Field::kLanguage:
      set_lang(value);
      break;
    default:
      break;
  }
}

void FeedEntries::report_entry() {
  if (entry_depth_ == 0) return;
  if (entry_.hrefs.empty() && !entry_.fallback.empty()) entry_.hrefs.push_back(entry_.fallback);
  for (const std::string& href : entry_.hrefs) {
    const std::string address = absolute(href);
    if (address.empty()) continue;
    const size_t index = links_.add(LinkKind::kFeed, links_.keep(address, kHrefBytesMax));
    if (index == LinkCollector::kNone) continue;
    links_.set_anchor(index, links_.keep_collapsed(entry_.title, kAnchorBytesMax));
    result_.links[index].modified_at_ms =
        entry_.modified_at_ms != 0 ? entry_.modified_at_ms : entry_.published_at_ms;
  }
  text_.separate(TextWriter::Break::kLine);
  text_.add(entry_.title);
  text_.separate(TextWriter::Break::kLine);
  const Content& content = entry_.content.value.empty() ? entry_.summary : entry_.content;
  if (content.form == Form::kPlain) {
    text_.add(content.value);
  } else {
    add_markup_text(content.value, text_);
  }
  text_.separate(TextWriter::Break::kLine);
  entry_ = {};
}

// BCP 47 §2.1 in its characters; the first one found counts.
void FeedEntries::set_lang(std::string_view lang) {
  lang = trim_ascii_space(lang);
  const auto fits = [](char c) { return is_ascii_letter(c) || is_ascii_digit(c) || c == '-'; };
  if (lang.empty() || !std::all_of(lang.begin(), lang.end(), fits)) return;
  if (!result_.lang.empty()) return;
  result_.lang = links_.keep(lang, kShortBytesMax);
  result_.lang_source = LangSource::kMarkup;
}

// RFC 4287 §2: a link may have a base of its own.
std::string FeedEntries::href_of(const XmlElement& link) {
  const std::string_view href = trim_ascii_space(link.attribute("href"));
  const std::string_view base = trim_ascii_space(link.attribute("xml:base"));
  if (base.empty()) return std::string(href);
  const auto url = Url::parse(links_.resolve_http(links_.keep(absolute(base), kUrlBytesMax)));
  return url ? resolved(href, *url) : std::string(href);
}

std::string FeedEntries::absolute(std::string_view href) {
  return entry_.base ? resolved(href, *entry_.base) : std::string(href);
}

std::string FeedEntries::resolved(std::string_view href, const Url& base) {
  if (base_bytes_ > kBaseBytesMax) {
    ++result_.links_dropped;
    return {};
  }
  const auto url = Url::parse(href, base);
  if (!url) return std::string(href);
  base_bytes_ += url->href().size();
  return url->href();
}

std::string_view FeedEntries::plain(std::string_view value, Form form) {
  plain_.clear();
  if (form == Form::kPlain) {
    plain_.add(value);
  } else {
    add_markup_text(value, plain_);
  }
  return plain_.text();
}

}  // namespace crawl
