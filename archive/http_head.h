// SPDX-License-Identifier: MIT
#pragma once

// Heads of HTTP messages as an archive holds them.

#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

// The head of a response whose body is archived without its codings: field lines as they came, but
// for those that would then be wrong (Content-Encoding, Transfer-Encoding, a Content-Length that is
// another), which are kept under names that begin with "x-orig-", as other archives have it.
// `lines` are separated by line ends. Of the status line only the number is known.
std::string archived_head(int64_t status, std::string_view lines, uint64_t body_bytes);

// What such a head says of its type, without parameters: "text/html"; "" where it says nothing.
std::string_view type_in_head(std::string_view head);

}  // namespace crawl
