// SPDX-License-Identifier: MIT
#include "fetcher/feed_fields.h"

#include "fetcher/ascii.h"
#include "fetcher/xml_entries.h"

namespace crawl {
namespace {

using Field = FeedField;

constexpr size_t kContentBytesMax = size_t{1} << 20;
constexpr size_t kShortFieldBytes = 4 * kShortBytesMax;

struct NamedField {
  XmlVocabulary vocabulary;
  std::string_view name;
  Field field;
};

// kMain stands for RSS and Atom, whichever the root is.
constexpr NamedField kFields[] = {
    {XmlVocabulary::kMain, "title", Field::kTitle},
    {XmlVocabulary::kMain, "description", Field::kSummary},
    {XmlVocabulary::kMain, "summary", Field::kSummary},
    {XmlVocabulary::kMain, "subtitle", Field::kSummary},
    {XmlVocabulary::kMain, "tagline", Field::kSummary},
    {XmlVocabulary::kMain, "content", Field::kContent},
    {XmlVocabulary::kMain, "link", Field::kLink},
    {XmlVocabulary::kMain, "guid", Field::kGuid},
    {XmlVocabulary::kMain, "pubDate", Field::kPublished},
    {XmlVocabulary::kMain, "published", Field::kPublished},
    {XmlVocabulary::kMain, "issued", Field::kPublished},
    {XmlVocabulary::kMain, "lastBuildDate", Field::kModified},
    {XmlVocabulary::kMain, "updated", Field::kModified},
    {XmlVocabulary::kMain, "modified", Field::kModified},
    {XmlVocabulary::kMain, "language", Field::kLanguage},
    {XmlVocabulary::kMain, "managingEditor", Field::kAuthor},
    {XmlVocabulary::kAtom, "published", Field::kPublished},
    {XmlVocabulary::kAtom, "updated", Field::kModified},
    {XmlVocabulary::kDublinCore, "date", Field::kPublished},
    {XmlVocabulary::kDublinCore, "issued", Field::kPublished},
    {XmlVocabulary::kDublinCore, "modified", Field::kModified},
    {XmlVocabulary::kDublinCore, "creator", Field::kAuthor},
    {XmlVocabulary::kDublinCore, "language", Field::kLanguage},
    {XmlVocabulary::kContent, "encoded", Field::kContent},
    {XmlVocabulary::kItunes, "author", Field::kAuthor},
};

}  // namespace

bool is_feed_element(const XmlElement& element) {
  return element.vocabulary == XmlVocabulary::kMain || element.vocabulary == XmlVocabulary::kRss;
}

FeedField feed_field(const XmlElement& element) {
  const XmlVocabulary vocabulary =
      is_feed_element(element) ? XmlVocabulary::kMain : element.vocabulary;
  for (const NamedField& known : kFields) {
    if (known.vocabulary == vocabulary && known.name == element.name) return known.field;
  }
  return Field::kNone;
}

size_t feed_field_bytes_max(FeedField field) {
  switch (field) {
    case Field::kSummary:
    case Field::kContent:
      return kContentBytesMax;
    case Field::kLink:
    case Field::kGuid:
      return kHrefBytesMax;
    case Field::kTitle:
      return 4 * kTitleBytesMax;
    default:
      return kShortFieldBytes;
  }
}

std::string_view feed_page_relation(std::string_view rel) {
  constexpr std::string_view kPages[] = {"alternate",    "next",    "prev",    "previous",
                                         "first",        "last",    "current", "next-archive",
                                         "prev-archive", "related", "via"};
  for (const std::string_view known : kPages) {
    if (equals_ignoring_case(rel, known)) return known;
  }
  return {};
}

}  // namespace crawl
