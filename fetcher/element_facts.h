// SPDX-License-Identifier: MIT
#pragma once

// What one start tag says about the page: its links, base, description, canonical URL, language,
// robots directives, metadata. Shared by the walk over a tree and by the linear scan that stands in
// for it.

#include <optional>
#include <string_view>

#include "fetcher/html_tags.h"
#include "fetcher/link_collector.h"
#include "fetcher/page_metadata.h"

namespace crawl {

// The attributes of one start tag.
class Attributes {
 public:
  virtual ~Attributes() = default;
  // `name` in lower case; the first one counts. The value stays valid until the page is done.
  virtual std::optional<std::string_view> find(const char* name) const = 0;
};

class ElementFacts {
 public:
  ElementFacts(LinkCollector& links, PageResult& result, PageMetadata& metadata,
               std::string_view robots_agent)
      : links_(links), result_(result), metadata_(metadata), robots_agent_(robots_agent) {}

  // For an HTML element. Returns the index of the link whose anchor is the element's text, or
  // kNone.
  size_t add(Element element, const Attributes& attributes);
  // For an SVG element, whose URL is in href or xlink:href: <a>, <image>, <feImage>, <use>,
  // <script>.
  size_t add_svg(Element element, const Attributes& attributes);
  // The text of a <style> or <script> element, both only where their type is CSS or JSON-LD.
  void add_content(Element element, const Attributes& attributes, std::string_view text);

 private:
  void add_attribute(LinkKind kind, const Attributes& attributes, const char* name);
  void add_described_image(const Attributes& attributes);
  void add_srcset(const Attributes& attributes, const char* name);
  size_t add_area(const Attributes& attributes);
  void add_html(const Attributes& attributes);
  void add_input(const Attributes& attributes);
  void add_link(const Attributes& attributes);
  void add_alternate(std::string_view href, const Attributes& attributes);
  void add_meta(const Attributes& attributes);
  void add_named_meta(std::string_view name, std::string_view content);
  void add_pragma(std::string_view pragma, std::string_view content);

  LinkCollector& links_;
  PageResult& result_;
  PageMetadata& metadata_;
  bool in_body_ = false;
  std::string_view robots_agent_;
};

}  // namespace crawl
