// SPDX-License-Identifier: MIT
#include "fetcher/link_rel.h"

#include <algorithm>

#include "fetcher/ascii.h"

namespace crawl {
namespace {

// rel values of <link> that name a resource or a service of the page rather than a page.
constexpr std::string_view kResourceRels[] = {
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "apple-touch-startup-image",
    "compression-dictionary",
    "dns-prefetch",
    "edituri",
    "expect",
    "https://api.w.org/",
    "icon",
    "image_src",
    "manifest",
    "mask-icon",
    "micropub",
    "modulepreload",
    "pingback",
    "preconnect",
    "prefetch",
    "preload",
    "prerender",
    "shortcut",
    "stylesheet",
    "webmention",
    "wlwmanifest",
};

bool ends_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         equals_ignoring_case(text.substr(text.size() - lower.size()), lower);
}

// What such a type says is for programs: descriptions of searches and embeddings, data.
bool is_for_programs(std::string_view essence) {
  return equals_ignoring_case(essence, "application/opensearchdescription+xml") ||
         ends_ignoring_case(essence, "/json") || ends_ignoring_case(essence, "+json") ||
         ends_ignoring_case(essence, "+oembed");
}

}  // namespace

bool has_rel(std::string_view rel, std::string_view lower) {
  for (std::string_view token = next_token(rel); !token.empty(); token = next_token(rel)) {
    if (equals_ignoring_case(token, lower)) return true;
  }
  return false;
}

std::string_view essence_of(std::string_view type) {
  return trim_ascii_space(type.substr(0, type.find(';')));
}

bool is_feed_type(std::string_view essence) {
  return equals_ignoring_case(essence, "application/rss+xml") ||
         equals_ignoring_case(essence, "application/atom+xml");
}

bool names_resource(std::string_view rel, std::string_view essence) {
  if (trim_ascii_space(rel).empty() || is_for_programs(essence)) return true;
  if (has_rel(rel, "next") || has_rel(rel, "prev")) return false;
  return std::any_of(std::begin(kResourceRels), std::end(kResourceRels),
                     [rel](std::string_view name) { return has_rel(rel, name); });
}

}  // namespace crawl
