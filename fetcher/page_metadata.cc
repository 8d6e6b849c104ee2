// SPDX-License-Identifier: MIT
#include "fetcher/page_metadata.h"

#include <algorithm>

#include "fetcher/ascii.h"
#include "fetcher/json_text.h"
#include "web/lenient_date.h"

namespace crawl {
namespace {

// Bounds that leave room for the large members: these five together are half of kMetadataBytesMax
// at most, headings a quarter.
constexpr size_t kMemberBytesMax = size_t{24} * 1024;
constexpr size_t kHeadingsBytesMax = size_t{64} * 1024;
constexpr size_t kHeadingsSeenMax = 10'000;
constexpr size_t kValueBytesMax = size_t{4} * 1024;
constexpr size_t kNamesBytesMax = 256;  // of all members' names, with their punctuation
constexpr size_t kNameBytesMax = 128;
constexpr size_t kNamesMax = 200;
constexpr size_t kValuesMax = 500;
constexpr size_t kDateBytesMax = 64;
static_assert(5 * kMemberBytesMax + kHeadingsBytesMax + kNamesBytesMax <= kMetadataBytesMax);

// Vocabularies of the Open Graph protocol (https://ogp.me/), without "fb:" and its like.
constexpr std::string_view kOpenGraph[] = {
    "og:", "article:", "book:", "music:", "product:", "profile:", "video:"};

constexpr std::string_view kAuthorNames[] = {"author", "dc.creator", "dcterms.creator",
                                             "parsely-author", "sailthru.author"};
constexpr std::string_view kPublishedNames[] = {
    "date",         "dc.date",        "dc.date.created",  "dc.date.issued", "dcterms.created",
    "dcterms.date", "dcterms.issued", "parsely-pub-date", "pubdate",        "publish-date",
    "publishdate",  "sailthru.date"};
constexpr std::string_view kModifiedNames[] = {"dc.date.modified", "dcterms.modified",
                                               "last-modified", "lastmod", "revised"};

template <size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool starts_with_any(std::string_view text) {
  return std::any_of(std::begin(kOpenGraph), std::end(kOpenGraph),
                     [text](std::string_view prefix) { return text.starts_with(prefix); });
}

bool is_url(std::string_view text) {
  return starts_ignoring_case(text, "http://") || starts_ignoring_case(text, "https://");
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.size() > 1) out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
  out += value;
}

// Nothing where there are no elements.
void append_list(std::string& out, std::string_view name, char open, std::string_view elements,
                 char close) {
  if (elements.empty()) return;
  append_member(out, name, "");
  out.push_back(open);
  out += elements;
  out.push_back(close);
}

// Appends to the elements of an array unless they would become too many.
void append_element(std::string& elements, std::string_view element, size_t bytes_max) {
  if (elements.size() + element.size() + 1 > bytes_max) return;
  if (!elements.empty()) elements.push_back(',');
  elements += element;
}

}  // namespace

void PageMetadata::clear() {
  headings_.clear();
  heading_count_ = 0;
  headings_seen_ = 0;
  opengraph_.clear();
  twitter_.clear();
  value_count_ = 0;
  json_ld_.clear();
  alternates_.clear();
  feeds_.clear();
  amp_ = {};
  authors_ = {};
  published_ = {};
  modified_ = {};
}

void PageMetadata::add_heading(int level, std::string_view text) {
  if (heading_count_ >= kHeadingsMax || ++headings_seen_ > kHeadingsSeenMax) return;
  text = utf8_prefix(text, 2 * kHeadingBytesMax);  // preformatted ones may be mostly white space
  std::string collapsed;
  while (collapsed.size() <= kHeadingBytesMax) {
    const std::string_view word = next_token(text);
    if (word.empty()) break;
    if (!collapsed.empty()) collapsed.push_back(' ');
    collapsed += utf8_prefix(word, kHeadingBytesMax);
  }
  if (collapsed.empty()) return;
  ++heading_count_;
  std::string element{'[', static_cast<char>('0' + level), ','};
  append_json_string(element, trim_ascii_space(utf8_prefix(collapsed, kHeadingBytesMax)));
  element.push_back(']');
  append_element(headings_, element, kHeadingsBytesMax);
}

void PageMetadata::add_property(std::string_view key, std::string_view content) {
  content = trim_ascii_space(content);
  if (content.empty()) return;
  // RDFa allows several names.
  for (std::string_view token = next_token(key); !token.empty(); token = next_token(key)) {
    if (token.size() > kNameBytesMax) continue;
    std::string name(token);
    std::transform(name.begin(), name.end(), name.begin(), ascii_lower);
    if (name.starts_with("twitter:")) {
      add_to(twitter_, name, content);
    } else if (starts_with_any(name)) {
      add_to(opengraph_, name, content);
    }
    claim_by_meta(name, content);
  }
}

void PageMetadata::add_to(Properties& properties, std::string_view key, std::string_view content) {
  if (value_count_ >= kValuesMax) return;
  ++value_count_;
  content = utf8_prefix(content, kValueBytesMax);
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [key](const Property& p) { return p.name == key; });
  if (found != properties.end()) {
    found->values.push_back(content);
  } else if (properties.size() < kNamesMax) {
    properties.push_back({std::string(key), {content}});
  }
}

void PageMetadata::claim_by_meta(std::string_view key, std::string_view content) {
  if (key == "article:author") {
    if (!is_url(content)) claim_author(Evidence::kOpenGraph, content);
  } else if (key == "article:published_time") {
    claim_published(Evidence::kOpenGraph, content);
  } else if (key == "article:modified_time" || key == "og:updated_time") {
    claim_modified(Evidence::kOpenGraph, content);
  } else if (contains(kAuthorNames, key)) {
    if (!is_url(content)) claim_author(Evidence::kMeta, content);
  } else if (contains(kPublishedNames, key)) {
    claim_published(Evidence::kMeta, content);
  } else if (contains(kModifiedNames, key)) {
    claim_modified(Evidence::kMeta, content);
  }
}

namespace {

std::string linked_document(const PageMetadata::LinkedDocument& document) {
  std::string out(1, '{');
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, name);
    out.push_back(':');
    append_json_string(out, value);
  };
  add("hreflang", trim_ascii_space(utf8_prefix(document.hreflang, kNameBytesMax)));
  add("href", document.href);
  add("type", trim_ascii_space(utf8_prefix(document.type, kNameBytesMax)));
  add("title", trim_ascii_space(utf8_prefix(document.title, kValueBytesMax)));
  out.push_back('}');
  return out;
}

}  // namespace

void PageMetadata::add_alternate(const LinkedDocument& document) {
  append_element(alternates_, linked_document(document), kMemberBytesMax);
}

void PageMetadata::add_feed(const LinkedDocument& document) {
  append_element(feeds_, linked_document(document), kMemberBytesMax);
}

void PageMetadata::claim_author(Evidence by, std::string_view name) {
  std::string_view& claimed = authors_[static_cast<size_t>(by)];
  if (claimed.empty()) claimed = trim_ascii_space(name);
}

void PageMetadata::claim_published(Evidence by, std::string_view date) {
  int64_t& claimed = published_[static_cast<size_t>(by)];
  if (claimed == 0 && date.size() <= kDateBytesMax) claimed = parse_lenient_date(date).value_or(0);
}

void PageMetadata::claim_modified(Evidence by, std::string_view date) {
  int64_t& claimed = modified_[static_cast<size_t>(by)];
  if (claimed == 0 && date.size() <= kDateBytesMax) claimed = parse_lenient_date(date).value_or(0);
}

namespace {

// A property that was repeated has an array.
template <typename Properties>
std::string object_of(const Properties& properties) {
  std::string object;
  std::string member;
  for (const auto& property : properties) {
    member.clear();
    append_json_string(member, property.name);
    member.push_back(':');
    const bool is_list = property.values.size() > 1;
    if (is_list) member.push_back('[');
    for (size_t i = 0; i < property.values.size(); ++i) {
      if (i > 0) member.push_back(',');
      append_json_string(member, property.values[i]);
    }
    if (is_list) member.push_back(']');
    append_element(object, member, kMemberBytesMax);
  }
  return object;
}

}  // namespace

void PageMetadata::assemble(std::string_view microdata, std::string& out) const {
  const std::string opengraph = object_of(opengraph_);
  const std::string twitter = object_of(twitter_);
  std::string amp;
  if (!amp_.empty()) append_json_string(amp, amp_);
  if (amp.size() > kMemberBytesMax) amp.clear();
  // Each of the five is within kMemberBytesMax, headings within kHeadingsBytesMax.
  const size_t small = opengraph.size() + twitter.size() + alternates_.size() + feeds_.size() +
                       amp.size() + kNamesBytesMax;
  size_t left = kMetadataBytesMax - small - headings_.size();
  const bool has_json_ld = json_ld_.elements().size() <= left;
  if (has_json_ld) left -= json_ld_.elements().size();
  out.assign(1, '{');
  append_list(out, "headings", '[', headings_, ']');
  append_list(out, "opengraph", '{', opengraph, '}');
  append_list(out, "twitter", '{', twitter, '}');
  if (has_json_ld) append_list(out, "json_ld", '[', json_ld_.elements(), ']');
  if (!microdata.empty() && microdata.size() <= left) append_member(out, "microdata", microdata);
  append_list(out, "alternates", '[', alternates_, ']');
  if (!amp.empty()) append_member(out, "amp", amp);
  append_list(out, "feeds", '[', feeds_, ']');
  out.push_back('}');
}

void PageMetadata::finish(std::string_view microdata, PageResult& result, LinkCollector& links) {
  claim_author(Evidence::kJsonLd, json_ld_.author());
  claim_published(Evidence::kJsonLd, json_ld_.published());
  claim_modified(Evidence::kJsonLd, json_ld_.modified());
  const auto author = std::find_if(authors_.begin(), authors_.end(),
                                   [](std::string_view name) { return !name.empty(); });
  result.author =
      author == authors_.end() ? std::string_view() : links.keep_collapsed(*author, kShortBytesMax);
  const auto first = [](const ByEvidence<int64_t>& dates) {
    const auto* found =
        std::find_if(dates.begin(), dates.end(), [](int64_t date) { return date != 0; });
    return found == dates.end() ? 0 : *found;
  };
  result.published_at_ms = first(published_);
  result.modified_at_ms = first(modified_);
  if (result.description.empty()) {
    const auto found = std::find_if(opengraph_.begin(), opengraph_.end(),
                                    [](const Property& p) { return p.name == "og:description"; });
    if (found != opengraph_.end()) {
      result.description = links.keep_collapsed(found->values[0], kMetaBytesMax);
    }
  }
  assemble(microdata, assembled_);
  result.metadata =
      assembled_.size() > 2 ? links.keep(assembled_, kMetadataBytesMax) : std::string_view();
}

}  // namespace crawl
