// SPDX-License-Identifier: MIT
#include "fetcher/html_tags.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "fetcher/ascii.h"

namespace crawl {
namespace {

struct NamedElement {
  std::string_view name;
  Element element;
};

constexpr NamedElement kElements[] = {
    {"a", Element::kA},
    {"area", Element::kArea},
    {"audio", Element::kAudio},
    {"base", Element::kBase},
    {"body", Element::kBackground},
    {"br", Element::kBr},
    {"button", Element::kButton},
    {"data", Element::kData},
    {"dialog", Element::kDialog},
    {"embed", Element::kEmbed},
    {"feimage", Element::kFeImage},
    {"form", Element::kForm},
    {"frame", Element::kFrame},
    {"html", Element::kHtml},
    {"iframe", Element::kIframe},
    {"image", Element::kImg},
    {"img", Element::kImg},
    {"input", Element::kInput},
    {"link", Element::kLink},
    {"meta", Element::kMeta},
    {"meter", Element::kMeter},
    {"object", Element::kObject},
    {"script", Element::kScript},
    {"source", Element::kSource},
    {"style", Element::kStyle},
    {"table", Element::kBackground},
    {"tbody", Element::kBackground},
    {"td", Element::kBackground},
    {"tfoot", Element::kBackground},
    {"th", Element::kBackground},
    {"thead", Element::kBackground},
    {"time", Element::kTime},
    {"title", Element::kTitle},
    {"tr", Element::kBackground},
    {"track", Element::kTrack},
    {"use", Element::kUse},
    {"video", Element::kVideo},
};

struct NamedLandmark {
  std::string_view name;
  Landmark landmark;
};

constexpr NamedLandmark kLandmarks[] = {
    {"article", Landmark::kArticle},   {"aside", Landmark::kAround},
    {"footer", Landmark::kHeadOrFoot}, {"header", Landmark::kHeadOrFoot},
    {"main", Landmark::kMain},         {"menu", Landmark::kAround},
    {"nav", Landmark::kAround},        {"optgroup", Landmark::kAround},
    {"option", Landmark::kAround},     {"search", Landmark::kAround},
};

constexpr std::string_view kBlocks[] = {
    "address",   "article", "aside",  "blockquote", "body",    "caption",  "center",   "dd",
    "details",   "dialog",  "dir",    "div",        "dl",      "dt",       "fieldset", "figcaption",
    "figure",    "footer",  "form",   "frameset",   "h1",      "h2",       "h3",       "h4",
    "h5",        "h6",      "header", "hgroup",     "hr",      "html",     "legend",   "li",
    "listing",   "main",    "menu",   "nav",        "ol",      "optgroup", "option",   "p",
    "plaintext", "pre",     "search", "section",    "summary", "table",    "tbody",    "textarea",
    "tfoot",     "thead",   "tr",     "ul",         "xmp",
};

// annotation, annotation-xml, defs, desc and metadata belong to MathML and SVG.
constexpr std::string_view kSilent[] = {
    "annotation", "annotation-xml", "area", "audio",  "base",  "basefont", "canvas",   "datalist",
    "defs",       "desc",           "head", "iframe", "link",  "meta",     "metadata", "noembed",
    "noframes",   "param",          "rp",   "script", "style", "template", "title",    "video",
};

constexpr std::string_view kRaw[] = {
    "iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp",
};

constexpr std::string_view kPreformatted[] = {"listing", "plaintext", "pre", "textarea", "xmp"};

constexpr size_t kNameBytesMax = 32;  // longer than any name in the tables

template <size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

TagTraits tag_traits(std::string_view name) {
  TagTraits traits;
  const auto* found = std::find_if(std::begin(kElements), std::end(kElements),
                                   [name](const NamedElement& e) { return e.name == name; });
  if (found != std::end(kElements)) traits.element = found->element;
  traits.is_block = contains(kBlocks, name);
  traits.is_cell = name == "td" || name == "th";
  traits.is_silent = contains(kSilent, name);
  traits.is_raw = contains(kRaw, name);
  traits.keeps_space = contains(kPreformatted, name);
  if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
    traits.heading_level = static_cast<uint8_t>(name[1] - '0');
  }
  const auto* landmark = std::find_if(std::begin(kLandmarks), std::end(kLandmarks),
                                      [name](const NamedLandmark& l) { return l.name == name; });
  if (landmark != std::end(kLandmarks)) traits.landmark = landmark->landmark;
  return traits;
}

TagTable::TagTable() {
  for (int tag = 0; tag < GUMBO_TAG_UNKNOWN; ++tag) {
    by_tag_[static_cast<size_t>(tag)] =
        tag_traits(gumbo_normalized_tagname(static_cast<GumboTag>(tag)));
  }
}

const TagTraits& TagTable::of(const GumboElement& element) {
  if (element.tag != GUMBO_TAG_UNKNOWN) return by_tag_[static_cast<size_t>(element.tag)];
  // "<name …>"; empty where the parser made the element up.
  const GumboStringPiece& tag = element.original_tag;
  std::string lower;
  for (size_t i = 1; i < tag.length && lower.size() < kNameBytesMax; ++i) {
    const char c = tag.data[i];
    if (is_ascii_space(c) || c == '/' || c == '>') break;
    lower.push_back(ascii_lower(c));
  }
  unknown_ = tag_traits(lower);
  return unknown_;
}

}  // namespace crawl
