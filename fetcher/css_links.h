// SPDX-License-Identifier: MIT
#pragma once

// The URLs in a style sheet or in the value of a style attribute: url(…), src(…), @import, and the
// strings of image-set(). A tokenizer by CSS Syntax Level 3 §4 that keeps only what it needs; one
// pass, linear, any bytes.

#include <functional>
#include <string_view>

#include "fetcher/link_collector.h"

namespace crawl {

// Visits each URL in order, escapes decoded. A view lasts only for the call of `visit`. Left out
// are empty ones, data: URLs and bare fragments (CSS Values 4 §4.5.1: they name the document
// itself), and those of @namespace, which are names.
void for_each_css_url(std::string_view css, const std::function<void(std::string_view)>& visit);

// Adds them as links of kind kStyle. `css` may go before the page is done.
void add_css_links(std::string_view css, LinkCollector& links);

}  // namespace crawl
