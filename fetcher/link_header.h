// SPDX-License-Identifier: MIT
#pragma once

// The Link header field (RFC 8288 §3, parsed leniently as its appendix B.2 says).

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/link_collector.h"
#include "fetcher/page_metadata.h"

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

struct HeaderLinks {
  std::string_view canonical;  // target of the first rel=canonical; "" when there is none
  // Other languages' versions and feeds (a type of theirs), as PageMetadata takes them.
  std::vector<PageMetadata::LinkedDocument> alternates;
};

// Adds the links of `value` (which must stay valid until the page is done), with the page's URL as
// their base: call it before the page has any other. They are of kind kHeader, kSitemapFile (rel
// "sitemap"), or kResource where rel or type name something that is no page. The views live as long
// as the page's.
HeaderLinks add_header_links(std::string_view value, LinkCollector& links);

}  // namespace crawl
