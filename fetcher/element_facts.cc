// SPDX-License-Identifier: MIT
#include "fetcher/element_facts.h"

#include <algorithm>

#include "fetcher/ascii.h"
#include "fetcher/attribute_values.h"
#include "fetcher/css_links.h"
#include "fetcher/link_rel.h"
#include "fetcher/robots_directives.h"

namespace crawl {
namespace {

bool is_bare_fragment(std::string_view href) {
  return trim_ascii_space(href).empty() || trim_ascii_space(href).front() == '#';
}

}  // namespace

size_t ElementFacts::add(Element element, const Attributes& attributes) {
  switch (element) {
    case Element::kA:
      if (const auto href = attributes.find("href")) {
        return links_.add(LinkKind::kAnchor, *href, attributes.find("rel").value_or(""));
      }
      break;
    case Element::kArea:
      return add_area(attributes);
    case Element::kAudio:
    case Element::kTrack:
      add_attribute(LinkKind::kMedia, attributes, "src");
      break;
    case Element::kBackground:  // §15.3.1, §15.3.9: <body> first of all
      in_body_ = true;
      add_attribute(LinkKind::kImage, attributes, "background");
      break;
    case Element::kBase:
      if (const auto href = attributes.find("href")) links_.set_base(*href);
      break;
    case Element::kButton:
      add_attribute(LinkKind::kForm, attributes, "formaction");
      break;
    case Element::kEmbed:
      add_attribute(LinkKind::kEmbed, attributes, "src");
      break;
    case Element::kForm:
      add_attribute(LinkKind::kForm, attributes, "action");
      break;
    case Element::kFrame:
      add_attribute(LinkKind::kFrame, attributes, "src");
      break;
    case Element::kHtml:
      add_html(attributes);
      break;
    case Element::kIframe:
      add_attribute(LinkKind::kIframe, attributes, "src");
      break;
    case Element::kImg:
      add_described_image(attributes);
      add_srcset(attributes, "srcset");
      add_attribute(LinkKind::kLink, attributes, "longdesc");  // a page that describes it
      break;
    case Element::kInput:
      add_input(attributes);
      break;
    case Element::kLink:
      add_link(attributes);
      break;
    case Element::kMeta:
      add_meta(attributes);
      break;
    case Element::kObject:
      add_attribute(LinkKind::kEmbed, attributes, "data");
      break;
    case Element::kScript:
      add_attribute(LinkKind::kScript, attributes, "src");
      break;
    case Element::kSource:
      add_attribute(LinkKind::kMedia, attributes, "src");
      add_srcset(attributes, "srcset");
      break;
    case Element::kTime:  // pubdate is obsolete, but says what it says
      if (attributes.find("pubdate")) {
        metadata_.claim_published(Evidence::kMicrodata, attributes.find("datetime").value_or(""));
      }
      break;
    case Element::kVideo:
      add_attribute(LinkKind::kMedia, attributes, "src");
      add_attribute(LinkKind::kImage, attributes, "poster");
      break;
    case Element::kBr:
    case Element::kData:
    case Element::kDialog:
    case Element::kFeImage:
    case Element::kMeter:
    case Element::kOther:
    case Element::kStyle:
    case Element::kTitle:
    case Element::kUse:
      break;
  }
  return LinkCollector::kNone;
}

// SVG 2 §16.1.5 (deprecated xlink:href included, which gumbo calls href). A bare fragment names a
// part of this document, unless it is a link to follow.
size_t ElementFacts::add_svg(Element element, const Attributes& attributes) {
  const auto href = attributes.find("href");
  if (!href) return LinkCollector::kNone;
  if (element == Element::kA) {
    return links_.add(LinkKind::kAnchor, *href, attributes.find("rel").value_or(""));
  }
  if (is_bare_fragment(*href)) return LinkCollector::kNone;
  if (element == Element::kImg || element == Element::kFeImage || element == Element::kUse) {
    links_.add(LinkKind::kImage, *href);
  }
  if (element == Element::kScript) links_.add(LinkKind::kScript, *href);
  return LinkCollector::kNone;
}

// HTML §4.2.6 "update a style block"; §4.12.1 and JSON-LD 1.1 §7.
void ElementFacts::add_content(Element element, const Attributes& attributes,
                               std::string_view text) {
  const std::string_view type = attributes.find("type").value_or("");
  if (element == Element::kStyle) {
    if (type.empty() || equals_ignoring_case(type, "text/css")) add_css_links(text, links_);
  } else if (element == Element::kScript) {
    if (equals_ignoring_case(essence_of(type), "application/ld+json")) metadata_.add_json_ld(text);
  }
}

// An empty value of these attributes names nothing, unlike an empty href of <a>.
void ElementFacts::add_attribute(LinkKind kind, const Attributes& attributes, const char* name) {
  const auto value = attributes.find(name);
  if (value && !trim_ascii_space(*value).empty()) links_.add(kind, *value);
}

void ElementFacts::add_described_image(const Attributes& attributes) {
  const auto src = attributes.find("src");
  if (!src || trim_ascii_space(*src).empty()) return;
  const size_t link = links_.add(LinkKind::kImage, *src);
  if (const auto alt = attributes.find("alt"); alt && link != LinkCollector::kNone) {
    links_.set_anchor(link, links_.keep_collapsed(*alt, kAnchorBytesMax));
  }
}

void ElementFacts::add_srcset(const Attributes& attributes, const char* name) {
  if (const auto srcset = attributes.find(name)) {
    for_each_srcset_url(*srcset,
                        [this](std::string_view url) { links_.add(LinkKind::kImage, url); });
  }
}

size_t ElementFacts::add_area(const Attributes& attributes) {
  const auto href = attributes.find("href");
  if (!href) return LinkCollector::kNone;
  const size_t link = links_.add(LinkKind::kArea, *href, attributes.find("rel").value_or(""));
  if (const auto alt = attributes.find("alt"); alt && link != LinkCollector::kNone) {
    links_.set_anchor(link, links_.keep_collapsed(*alt, kAnchorBytesMax));
  }
  return LinkCollector::kNone;
}

// §3.2.6.1: in HTML, lang counts rather than xml:lang.
void ElementFacts::add_html(const Attributes& attributes) {
  if (!result_.lang.empty()) return;
  auto lang = attributes.find("lang");
  if (!lang) lang = attributes.find("xml:lang");
  if (!lang) return;
  result_.lang = links_.keep_collapsed(*lang, kShortBytesMax);
  if (!result_.lang.empty()) result_.lang_source = LangSource::kMarkup;
}

// §4.10.5.1.18 image button; §4.10.18.6 formaction.
void ElementFacts::add_input(const Attributes& attributes) {
  const std::string_view type = trim_ascii_space(attributes.find("type").value_or(""));
  if (equals_ignoring_case(type, "image")) add_described_image(attributes);
  add_attribute(LinkKind::kForm, attributes, "formaction");
}

void ElementFacts::add_link(const Attributes& attributes) {
  add_srcset(attributes, "imagesrcset");  // §4.2.4: of a preload
  const auto href = attributes.find("href");
  if (!href || trim_ascii_space(*href).empty()) return;
  const std::string_view rel = attributes.find("rel").value_or("");
  const bool is_resource = names_resource(rel, essence_of(attributes.find("type").value_or("")));
  LinkKind kind = is_resource ? LinkKind::kResource : LinkKind::kLink;
  if (!is_resource) {
    // Not in the body: what readers write there must not speak for the page (RFC 6596 §5).
    if (!in_body_ && result_.canonical.empty() && has_rel(rel, "canonical")) {
      result_.canonical = links_.resolve_http(*href);
    }
    if (has_rel(rel, "amphtml")) metadata_.set_amp(links_.resolve_http(*href));
    if (has_rel(rel, "alternate")) add_alternate(*href, attributes);
    if (has_rel(rel, "sitemap")) kind = LinkKind::kSitemapFile;
  }
  links_.add(kind, *href, rel);
}

void ElementFacts::add_alternate(std::string_view href, const Attributes& attributes) {
  PageMetadata::LinkedDocument document;
  document.hreflang = trim_ascii_space(attributes.find("hreflang").value_or(""));
  document.type = trim_ascii_space(attributes.find("type").value_or(""));
  const bool is_of_feed = is_feed_type(essence_of(document.type));
  if (document.hreflang.empty() && !is_of_feed) return;
  document.href = links_.resolve_http(href);
  if (document.href.empty()) return;
  document.title = attributes.find("title").value_or("");
  if (is_of_feed) {
    metadata_.add_feed(document);
  } else {
    metadata_.add_alternate(document);
  }
}

void ElementFacts::add_meta(const Attributes& attributes) {
  const auto content = attributes.find("content");
  if (!content) return;
  if (const auto property = attributes.find("property")) {
    metadata_.add_property(*property, *content);
  }
  if (const auto name = attributes.find("name")) {
    add_named_meta(trim_ascii_space(*name), *content);
  }
  if (const auto pragma = attributes.find("http-equiv")) add_pragma(*pragma, *content);
}

void ElementFacts::add_named_meta(std::string_view name, std::string_view content) {
  if (equals_ignoring_case(name, "description")) {
    if (result_.description.empty()) {
      result_.description = links_.keep_collapsed(content, kMetaBytesMax);
    }
  } else if (equals_ignoring_case(name, "robots") ||
             (!name.empty() && same_ignoring_case(name, robots_agent_))) {
    add_directives(robots_in_meta(content), result_);
  } else {
    metadata_.add_property(name, content);
  }
}

// §4.2.5.3
void ElementFacts::add_pragma(std::string_view pragma, std::string_view content) {
  if (equals_ignoring_case(pragma, "refresh")) {
    if (const auto url = refresh_url(content)) links_.add(LinkKind::kRefresh, *url);
  } else if (equals_ignoring_case(pragma, "content-language") && result_.lang.empty()) {
    result_.lang = links_.keep_collapsed(content_language(content), kShortBytesMax);
    if (!result_.lang.empty()) result_.lang_source = LangSource::kMarkup;
  } else if (equals_ignoring_case(pragma, "last-modified")) {
    metadata_.claim_modified(Evidence::kMeta, content);
  }
}

}  // namespace crawl
