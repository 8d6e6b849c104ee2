// SPDX-License-Identifier: MIT
#pragma once

// Escaping of untrusted text for the place where it is shown.

#include <string>
#include <string_view>

namespace crawl {

// What is never shown as it is: control characters (C0, DEL, C1), bidi controls, line and paragraph
// separators, characters that no one sees (zero-width spaces, byte order marks, soft hyphens, tags)
// and bytes that are no UTF-8. Two invisible ones stay: U+200C and U+200D, which words of many
// languages, and emoji, are written with.

// For terminals and logs: such characters become visible escapes ("\n", "\x1b", "\u202e",
// "\U000e0041"); the rest stays as it is. For people, not to be undone: a backslash in the text
// stays single. Escaping twice changes nothing.
std::string escape_for_terminal(std::string_view text);

// The inside of a JSON string (no quotes): RFC 8259 §7; invalid UTF-8 becomes U+FFFD. What a
// terminal must not see is escaped too, so that JSON lines may be looked at with cat.
std::string escape_for_json(std::string_view text);
// The same for a serialised JSON document, whose strings are escaped already as far as JSON asks
// for it. In valid UTF-8 it means the same afterwards.
std::string escape_in_json(std::string_view document);

// A cell of a CSV file (RFC 4180) that people open with a spreadsheet: escaped as for a terminal,
// in quotes where it must be, and with an apostrophe in front where it would be taken for a formula
// (=, +, -, @ and their full-width forms, also behind spaces). Not for numbers of ours.
std::string escape_for_csv(std::string_view text);

// HTML text, or the inside of an attribute in double quotes: escaped as for a terminal, and markup
// becomes character references.
std::string escape_for_html(std::string_view text);

// Valid UTF-8 with U+FFFD for each maximal invalid part (Unicode 3.9, WHATWG decode).
std::string to_valid_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);
// Valid UTF-8 without a NUL, which would end it for whoever reads it from SQLite in C.
bool is_text(std::string_view bytes);

}  // namespace crawl
