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

// How a body of that type is read.
enum class ContentClass {
  kHtml,  // text/html, application/xhtml+xml
  kXml,   // XML MIME types (MIME Sniffing Standard §4.6) but XHTML: perhaps a sitemap, a feed
  kText,  // other text/* that people read: text/plain, text/markdown …: stored as text
  kCss,   // text/css: read for its links
  kGzip,  // application/gzip, application/x-gzip: perhaps a sitemap
  kUnsupported,  // not read; also text/* that is code or data
};
ContentClass content_class(std::string_view essence);

// A list of media types as users write it: "image/* application/pdf", "*/*" for all; any case.
bool matches_type_list(std::string_view essence, std::string_view list);

}  // namespace crawl
