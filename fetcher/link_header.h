// SPDX-License-Identifier: MIT
#pragma once

// The Link header field (RFC 8288 §3, parsed leniently as its appendix B.2 says).

#include <functional>
#include <string>
#include <string_view>

#include "fetcher/link_collector.h"

namespace crawl {

struct HeaderLink {
  std::string_view target;  // URI reference as written; points into the field's value
  std::string rel;          // relation types, white space between; the first rel parameter counts
  std::string title;        // title*, where it can be decoded, else title; bytes as they came
  std::string hreflang;     // the first one
  std::string type;         // media type of the target
};

// Visits the links of `value` (the values of several fields, joined with ", ") whose context is the
// page itself, in order. Left out: links without rel, and those with an anchor parameter that names
// something else. Linear.
void for_each_link_header(std::string_view value,
                          const std::function<void(const HeaderLink&)>& visit);

// Adds the links of `value` (which must stay valid until the page is done), with the page's URL as
// their base: call it before the page has any other. They are of kind kHeader, kSitemapFile (rel
// "sitemap"), or kResource where rel or type name something that is no page. Returns the target
// of rel=canonical, "" when there is none.
std::string_view add_header_links(std::string_view value, LinkCollector& links);

// rel values that name a resource of a page rather than a page, in <link> and in Link.
bool is_resource_rel(std::string_view rel);

}  // namespace crawl
