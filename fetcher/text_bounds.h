// SPDX-License-Identifier: MIT
#pragma once

// Bytes from the web made fit for a message's text field: valid UTF-8, cut at the field's limit
// without splitting a character.

#include <cstddef>
#include <string>
#include <string_view>

namespace crawl {

// Invalid parts become U+FFFD, then cut.
std::string bounded_text(std::string_view bytes, size_t bytes_max);

// As bounded_text, with control characters turned into spaces: fit for one line of a report.
std::string bounded_line(std::string_view bytes, size_t bytes_max);

}  // namespace crawl
