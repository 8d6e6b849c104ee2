// SPDX-License-Identifier: MIT
#pragma once

// Elements of sitemaps and feeds as their readers see them: a local name and the vocabulary it
// belongs to, found by namespace (Namespaces in XML 1.0), leniently: a prefix that nobody declared
// means what it means everywhere else.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crawl {

enum class XmlVocabulary : uint8_t {
  kMain,     // the root element's own: sitemaps.org, RSS, Atom, or no namespace at all
  kForeign,  // anything not listed here
  kImage,    // sitemap extensions: image:image, video:video, news:news
  kVideo,
  kNews,
  kXhtml,
  kAtom,        // in a feed that is not Atom itself
  kDublinCore,  // dc:date, dc:creator, dcterms:modified …
  kContent,     // content:encoded
  kMedia,       // media:content, media:thumbnail …
  kItunes,
  kRdf,
  kRss,  // RSS 0.90 and 1.0, below an RDF root
};

struct XmlElement {
  XmlVocabulary vocabulary = XmlVocabulary::kMain;
  std::string_view name;                    // without prefix
  uint32_t depth = 0;                       // the root's is 1
  const char* const* attributes = nullptr;  // name, value, …, null: as expat gives them

  bool is(XmlVocabulary of, std::string_view local) const {
    return vocabulary == of && name == local;
  }
  // By its name as written ("href", "xml:base"); "" when absent.
  std::string_view attribute(std::string_view qualified_name) const;
};

class XmlNamespaces {
 public:
  // Takes the declarations among `attributes` of the element at `depth`, then names that element;
  // the first one is the root and makes its namespace the main vocabulary. Views of the result
  // point into the arguments.
  XmlElement open(std::string_view qualified_name, const char* const* attributes, uint32_t depth);
  // Forgets what the element at `depth` declared.
  void close(uint32_t depth);

 private:
  struct Binding {
    std::string prefix;
    uint32_t depth = 0;
    std::string uri;
    XmlVocabulary vocabulary = XmlVocabulary::kForeign;
  };

  void declare(const char* const* attributes, uint32_t depth);
  void choose_main(std::string_view root_prefix);
  XmlVocabulary vocabulary_named(std::string_view uri) const;
  XmlVocabulary vocabulary_of(std::string_view prefix) const;

  // Innermost last; bounded: what is declared beyond that is not heard.
  std::vector<Binding> bindings_;
  std::string main_uri_;
};

}  // namespace crawl
