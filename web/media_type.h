// SPDX-License-Identifier: MIT
#pragma once

// Content-Type values and what to do with them (MIME Sniffing Standard §4).

#include <string>
#include <string_view>

namespace crawl {

struct MediaType {
  std::string essence;  // "text/html", lower case; "" when absent or malformed
  std::string charset;  // value of the charset parameter as written, unquoted; "" when absent
};

// §4.4; a list (the header came twice) is combined as in the Fetch Standard's "extract a MIME
// type".
MediaType parse_media_type(std::string_view content_type);

enum class ContentClass {
  kHtml,         // text/html, application/xhtml+xml: parsed
  kText,         // other text/* that people read: text/plain, text/markdown …: stored as text
  kUnsupported,  // recorded with headers, body not kept; also text/* that is code or data (css, xml
                 // …)
};
ContentClass content_class(std::string_view essence);

// For a response without a usable Content-Type: looks at the first 1445 bytes (§7.1, abridged to
// the classes above; unlike there, a UTF-8 BOM does not hide the tags of a page). Returns an
// essence: "text/html", "text/plain" or "application/octet-stream".
std::string_view sniff_essence(std::string_view first_bytes);

}  // namespace crawl
