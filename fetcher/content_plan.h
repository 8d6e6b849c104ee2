// SPDX-License-Identifier: MIT
#pragma once

// How a body is read, decided from its header and, where that is not enough, its first bytes: by
// the transfer, so that nothing is downloaded in vain, and again when all is there.

#include <cstdint>
#include <string>
#include <string_view>

#include "web/mime_sniff.h"

namespace crawl {

enum class Reading : uint8_t {
  kNone,   // not at all
  kHtml,   // by the HTML parser, XHTML too
  kXml,    // a sitemap, a feed, or XHTML under another name, by its root element
  kText,   // as it is; or a plain-text sitemap
  kStyle,  // CSS: for its links
  kGzip,   // one of the above, packed
  kKeep,   // unread, kept because of --types
};

// What is known before the body; the views must outlive the planner.
struct ContentHints {
  std::string_view content_type;  // the header's values, joined with ", "; "" when absent
  bool nosniff = false;
  bool is_sitemap = false;     // the body is wanted as a sitemap, whatever its type
  std::string_view url;        // "" when unknown
  std::string_view keep = {};  // Configure::types
};

class ContentPlanner {
 public:
  struct Plan {
    Reading reading = Reading::kNone;
    std::string essence;  // of the computed MIME type (web/mime_sniff.h)
  };

  explicit ContentPlanner(const ContentHints& hints);

  // Whether plan() may turn out otherwise once the first kResourceHeaderBytes have come.
  bool needs_bytes() const;
  // `bytes`: of the body, at least as much as there is of its first kResourceHeaderBytes; "" where
  // bytes are not needed.
  Plan plan(std::string_view bytes) const;

  const std::string& supplied() const { return supplied_.essence; }
  // The charset parameter of Content-Type.
  const std::string& charset() const { return charset_; }

 private:
  Reading reading_of(std::string_view essence, std::string_view bytes) const;

  ContentHints hints_;
  SuppliedType supplied_;
  std::string charset_;
  bool may_be_packed_ = false;  // a sitemap, or the URL says so
};

// The qualified name of the root element of the XML document that begins with `bytes`, UTF-8 or any
// encoding that has ASCII's letters; "" when it has not come yet, or there is none. Linear.
std::string_view xml_root_name(std::string_view bytes);

// Whether a document with that root element is read, as a sitemap, a feed or XHTML.
bool is_readable_xml_root(std::string_view qualified_name);
bool is_xhtml_root(std::string_view qualified_name);

}  // namespace crawl
