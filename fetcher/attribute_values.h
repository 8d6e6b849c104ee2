// SPDX-License-Identifier: MIT
#pragma once

// Attribute values with a syntax of their own.

#include <functional>
#include <optional>
#include <string_view>

namespace crawl {

// URLs of a srcset attribute, in order (HTML Standard §4.8.4.3.10 "parse a srcset attribute"; the
// descriptors are skipped, not judged).
void for_each_srcset_url(std::string_view srcset,
                         const std::function<void(std::string_view)>& visit);

// The URL of <meta http-equiv=refresh content=…> (§4.2.5.3 "shared declarative refresh steps");
// nullopt when malformed or without a URL, which reloads the page itself.
std::optional<std::string_view> refresh_url(std::string_view content);

// True when the declarations of a style attribute keep the element from being shown: display: none,
// visibility: hidden or collapse. The last declaration of each counts, !important or not.
bool style_hides(std::string_view style);

// The language of <meta http-equiv=content-language content=…> (§4.2.5.3 "content language"): the
// first token; "" where there are several.
std::string_view content_language(std::string_view content);

}  // namespace crawl
