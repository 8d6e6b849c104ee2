// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace crawl {

// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace crawl
