// SPDX-License-Identifier: MIT
#pragma once

// Indexing directives of a page:
// https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag describes both forms:
// noindex, nofollow, none, noarchive, unavailable_after. The others (all, nosnippet, noimageindex,
// max-snippet: …) are about presentation and do not count. Whatever is most restrictive holds.

#include <cstdint>
#include <string_view>

#include "ipc/messages.h"

namespace crawl {

struct RobotsDirectives {
  uint8_t bits = 0;                  // kRobotsNoindex … (ipc/messages.h)
  int64_t unavailable_after_ms = 0;  // the earliest; wall clock; 0: none
};

// The content of <meta name=robots> (or named after the agent): "noindex, nofollow".
RobotsDirectives robots_in_meta(std::string_view content);

// X-Robots-Tag, the value of one header field per line: "noindex", "otherbot: noindex, nofollow".
// An agent's name holds for what follows it in its field, up to the next name; directives for
// agents other than `agent` do not count.
RobotsDirectives robots_in_header(std::string_view values, std::string_view agent);

// Adds `directives` to what `result` has already.
void add_directives(const RobotsDirectives& directives, PageResult& result);

// Whether unavailable_after has passed: then the page is kRobotsUnavailable and kRobotsNoindex.
void settle_unavailable(int64_t now_ms, PageResult& result);

}  // namespace crawl
