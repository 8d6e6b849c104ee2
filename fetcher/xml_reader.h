// SPDX-License-Identifier: MIT
#pragma once

// Sitemaps and feeds: what an XML document, or a plain list of URLs, names as pages. expat reads
// the bytes, in one pass; nothing is ever fetched for a document and nothing in it is expanded,
// since a DOCTYPE, where entities would be declared, ends the reading.

#include <string_view>

#include "base/vocabulary.h"
#include "fetcher/link_collector.h"
#include "fetcher/text_writer.h"
#include "ipc/messages.h"

namespace crawl {

struct XmlOutcome {
  // kSitemap or kFeed; kNone: something else, and nothing has been reported.
  DocumentKind document = DocumentKind::kNone;
  bool broken = false;       // stopped at an error, a DOCTYPE or a limit; what came before counts
  std::string_view problem;  // in plain words where broken; lives for ever
  std::string_view text;     // visible text of a feed; valid until the reader's next read()
};

class XmlReader {
 public:
  XmlReader();  // asks the system for random bytes

  // True when the root element is one that read() knows, by a look at the first bytes.
  static bool looks_like(std::string_view utf8);

  // `utf8` is UTF-8 whatever its XML declaration says; bytes that are not end the reading. `links`
  // has begun the page. Entries go to result.links, of which there may then be kEntriesMax, with
  // their times and priorities; what a feed says of itself goes to title, description, lang, author
  // and the two times. At most kSitemapBytesMax bytes are read.
  XmlOutcome read(std::string_view utf8, LinkCollector& links, PageResult& result);

 private:
  unsigned long salt_;  // of expat's hash tables and ours, so that no document can be made for them
  TextWriter text_;
};

// sitemaps.org, "Text file": one URL per line. Only for what is expected to be a sitemap: it is one
// when its first line that is neither blank nor a "#" comment is an absolute http(s) URL. Lines
// that are not count as dropped.
XmlOutcome read_text_sitemap(std::string_view utf8, LinkCollector& links, PageResult& result);

// What `broken` means when the entries did not all find a place.
inline constexpr std::string_view kTooManyEntries = "it has more entries than are read";
inline constexpr std::string_view kTooManyBytes = "it is larger than a sitemap may be";

}  // namespace crawl
