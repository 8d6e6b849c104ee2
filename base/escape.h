// SPDX-License-Identifier: MIT
#pragma once

// Escaping of untrusted text for the place where it is shown.

#include <string>
#include <string_view>

namespace crawl {

// For terminals and logs: control characters (C0, DEL, C1), invalid UTF-8, bidi controls and line
// and paragraph separators become visible escapes ("\n", "\x1b", "\u202e"); the rest stays as it
// is. For people, not to be undone: a backslash in the text stays single.
std::string escape_for_terminal(std::string_view text);

// The inside of a JSON string (no quotes): RFC 8259 §7; invalid UTF-8 becomes U+FFFD. What a
// terminal must not see (above) is escaped too, so that JSON lines may be looked at with cat.
std::string escape_for_json(std::string_view text);

// Valid UTF-8 with U+FFFD for each maximal invalid part (Unicode 3.9, WHATWG decode).
std::string to_valid_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

}  // namespace crawl
