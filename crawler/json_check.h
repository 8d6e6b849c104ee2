// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace crawl {

// True when `text` is one JSON object (RFC 8259) whose values nest at most `depth_max` deep.
// Linear, without recursion: for text that a fetcher made from hostile bytes, before SQL functions
// read it.
bool is_json_object(std::string_view text, size_t depth_max);

}  // namespace crawl
