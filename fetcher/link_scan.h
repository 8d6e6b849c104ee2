// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "fetcher/html_extract.h"
#include "fetcher/string_pool.h"

namespace crawl {

// Stands in for parser and walk where the parser was stopped at a limit: one pass over the tags of
// `html`, in time linear in its size whatever it holds, without a tree. Finds title, facts, links
// and text; nesting and misnesting are not understood. Links to pages are reported as kScanned.
// `pool` is the one that sink.links keeps its strings in.
void scan_html(std::string_view html, const PageSink& sink, StringPool& pool);

// Appends `text` with numeric character references and the commonest named ones decoded.
void append_decoded(std::string_view text, std::string& out);

}  // namespace crawl
