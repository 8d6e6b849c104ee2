// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "fetcher/text_writer.h"

namespace crawl {

// Adds what a reader sees of a piece of HTML inside a feed: tags, comments, scripts and style
// sheets out, blocks on lines of their own, character references decoded. One pass; no tree.
void add_markup_text(std::string_view html, TextWriter& text);

}  // namespace crawl
