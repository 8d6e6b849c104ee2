// SPDX-License-Identifier: MIT
#pragma once

// Indexing directives of a page:
// https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag describes both forms.
// The result is the bits of ipc/messages.h (kRobotsNoindex …).

#include <cstdint>
#include <string_view>

namespace crawl {

// The content of <meta name=robots> (or named after the agent): "noindex, nofollow".
uint8_t robots_in_meta(std::string_view content);

// X-Robots-Tag: "noindex", "otherbot: noindex, nofollow". An agent's name holds for what follows
// it, up to the next name; directives for agents other than `agent` do not count.
uint8_t robots_in_header(std::string_view value, std::string_view agent);

}  // namespace crawl
