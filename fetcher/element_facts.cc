// SPDX-License-Identifier: MIT
#include "fetcher/element_facts.h"

#include <algorithm>

#include "fetcher/ascii.h"
#include "fetcher/attribute_values.h"
#include "fetcher/robots_directives.h"

namespace crawl {
namespace {

// rel values of <link> that name a resource of the page rather than a page.
constexpr std::string_view kResourceRels[] = {
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "apple-touch-startup-image",
    "dns-prefetch",
    "edituri",
    "icon",
    "manifest",
    "mask-icon",
    "modulepreload",
    "pingback",
    "preconnect",
    "prefetch",
    "preload",
    "prerender",
    "shortcut",
    "stylesheet",
    "wlwmanifest",
};

bool has_rel(std::string_view rel, std::string_view lower) {
  for (std::string_view token = next_token(rel); !token.empty(); token = next_token(rel)) {
    if (equals_ignoring_case(token, lower)) return true;
  }
  return false;
}

// HTML §4.2.4: a <link> without rel creates no link; what it has in href is recorded, not followed.
bool names_resource(std::string_view rel, std::string_view type) {
  if (trim_ascii_space(rel).empty()) return true;
  if (equals_ignoring_case(trim_ascii_space(type), "application/opensearchdescription+xml")) {
    return true;
  }
  return std::any_of(std::begin(kResourceRels), std::end(kResourceRels),
                     [rel](std::string_view name) { return has_rel(rel, name); });
}

bool same_word(std::string_view a, std::string_view b) {
  return !a.empty() && std::equal(a.begin(), a.end(), b.begin(), b.end(),
                                  [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
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
      if (const auto href = attributes.find("href")) {
        const size_t link = links_.add(LinkKind::kArea, *href, attributes.find("rel").value_or(""));
        if (const auto alt = attributes.find("alt"); alt && link != LinkCollector::kNone) {
          links_.set_anchor(link, links_.keep_collapsed(*alt, kAnchorBytesMax));
        }
      }
      break;
    case Element::kAudio:
    case Element::kTrack:
      add_attribute(LinkKind::kMedia, attributes, "src");
      break;
    case Element::kVideo:
      add_attribute(LinkKind::kMedia, attributes, "src");
      add_attribute(LinkKind::kImage, attributes, "poster");
      break;
    case Element::kSource:
      add_attribute(LinkKind::kMedia, attributes, "src");
      add_srcset(attributes);
      break;
    case Element::kBase:
      if (const auto href = attributes.find("href")) links_.set_base(*href);
      break;
    case Element::kEmbed:
      add_attribute(LinkKind::kEmbed, attributes, "src");
      break;
    case Element::kObject:
      add_attribute(LinkKind::kEmbed, attributes, "data");
      break;
    case Element::kForm:
      add_attribute(LinkKind::kForm, attributes, "action");
      break;
    case Element::kFrame:
      add_attribute(LinkKind::kFrame, attributes, "src");
      break;
    case Element::kIframe:
      add_attribute(LinkKind::kIframe, attributes, "src");
      break;
    case Element::kHtml:
      if (const auto lang = attributes.find("lang"); lang && result_.lang.empty()) {
        result_.lang = links_.keep_collapsed(*lang, kShortBytesMax);
      }
      break;
    case Element::kImg:
      add_image(attributes);
      break;
    case Element::kInput:
      if (same_word(trim_ascii_space(attributes.find("type").value_or("")), "image")) {
        add_image(attributes);
      }
      break;
    case Element::kLink:
      add_link(attributes);
      break;
    case Element::kMeta:
      add_meta(attributes);
      break;
    case Element::kScript:
      add_attribute(LinkKind::kScript, attributes, "src");
      break;
    case Element::kOther:
    case Element::kBr:
    case Element::kDialog:
    case Element::kTitle:
      break;
  }
  return LinkCollector::kNone;
}

size_t ElementFacts::add_svg(Element element, const Attributes& attributes) {
  const auto href = attributes.find("href");
  if (!href) return LinkCollector::kNone;
  if (element == Element::kA) {
    return links_.add(LinkKind::kAnchor, *href, attributes.find("rel").value_or(""));
  }
  if (element == Element::kImg) links_.add(LinkKind::kImage, *href);
  return LinkCollector::kNone;
}

// An empty value of these attributes names nothing, unlike an empty href of <a>.
void ElementFacts::add_attribute(LinkKind kind, const Attributes& attributes, const char* name) {
  const auto value = attributes.find(name);
  if (value && !trim_ascii_space(*value).empty()) links_.add(kind, *value);
}

void ElementFacts::add_image(const Attributes& attributes) {
  const auto src = attributes.find("src");
  if (src && !trim_ascii_space(*src).empty()) {
    const size_t link = links_.add(LinkKind::kImage, *src);
    if (const auto alt = attributes.find("alt"); alt && link != LinkCollector::kNone) {
      links_.set_anchor(link, links_.keep_collapsed(*alt, kAnchorBytesMax));
    }
  }
  add_srcset(attributes);
}

void ElementFacts::add_srcset(const Attributes& attributes) {
  if (const auto srcset = attributes.find("srcset")) {
    for_each_srcset_url(*srcset,
                        [this](std::string_view url) { links_.add(LinkKind::kImage, url); });
  }
}

void ElementFacts::add_link(const Attributes& attributes) {
  const auto href = attributes.find("href");
  if (!href || trim_ascii_space(*href).empty()) return;
  const std::string_view rel = attributes.find("rel").value_or("");
  const bool is_resource = names_resource(rel, attributes.find("type").value_or(""));
  if (!is_resource && result_.canonical.empty() && has_rel(rel, "canonical")) {
    result_.canonical = links_.resolve_http(*href);
  }
  links_.add(is_resource ? LinkKind::kResource : LinkKind::kLink, *href, rel);
}

void ElementFacts::add_meta(const Attributes& attributes) {
  const auto content = attributes.find("content");
  if (!content) return;
  if (const auto name = attributes.find("name")) {
    const std::string_view word = trim_ascii_space(*name);
    if (equals_ignoring_case(word, "description")) {
      if (result_.description.empty()) {
        result_.description = links_.keep_collapsed(*content, kMetaBytesMax);
      }
    } else if (equals_ignoring_case(word, "robots") || same_word(word, robots_agent_)) {
      result_.robots_directives =
          static_cast<uint8_t>(result_.robots_directives | robots_in_meta(*content));
    }
  }
  if (const auto pragma = attributes.find("http-equiv");
      pragma && equals_ignoring_case(*pragma, "refresh")) {
    if (const auto url = refresh_url(*content)) links_.add(LinkKind::kRefresh, *url);
  }
}

}  // namespace crawl
