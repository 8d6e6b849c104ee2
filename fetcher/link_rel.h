// SPDX-License-Identifier: MIT
#pragma once

// What the relation and the type of a link say, in <link> and in the Link header alike.

#include <string_view>

namespace crawl {

// Whether one of the white-space-separated tokens of `rel` is `lower`, in any case.
bool has_rel(std::string_view rel, std::string_view lower);

// The essence of a type attribute as written, without parameters.
std::string_view essence_of(std::string_view type);

// RSS or Atom.
bool is_feed_type(std::string_view essence);

// Whether a link leads to a resource or a service of the page rather than to a page (HTML Standard
// §4.2.4, §4.6.7: one without rel creates no link; what it has in href is recorded, not followed).
// Each keyword stands for itself: "next prefetch" is a page, too.
bool names_resource(std::string_view rel, std::string_view essence);

}  // namespace crawl
