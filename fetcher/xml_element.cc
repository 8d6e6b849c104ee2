// SPDX-License-Identifier: MIT
#include "fetcher/xml_element.h"

#include "fetcher/ascii.h"

namespace crawl {
namespace {

constexpr size_t kBindingsMax = 64;
constexpr size_t kUriBytesMax = 256;
constexpr size_t kPrefixBytesMax = 64;

struct Vocabulary {
  std::string_view prefix;  // by custom, where it is not declared
  std::string_view uri;     // how the namespace's name begins, without its scheme
  XmlVocabulary vocabulary;
};

constexpr Vocabulary kVocabularies[] = {
    {"image", "www.google.com/schemas/sitemap-image/", XmlVocabulary::kImage},
    {"video", "www.google.com/schemas/sitemap-video/", XmlVocabulary::kVideo},
    {"news", "www.google.com/schemas/sitemap-news/", XmlVocabulary::kNews},
    {"xhtml", "www.w3.org/1999/xhtml", XmlVocabulary::kXhtml},
    {"atom", "www.w3.org/2005/Atom", XmlVocabulary::kAtom},
    {"atom03", "purl.org/atom/ns#", XmlVocabulary::kAtom},
    {"dc", "purl.org/dc/elements/1.1/", XmlVocabulary::kDublinCore},
    {"dcterms", "purl.org/dc/terms/", XmlVocabulary::kDublinCore},
    {"content", "purl.org/rss/1.0/modules/content/", XmlVocabulary::kContent},
    {"media", "search.yahoo.com/mrss", XmlVocabulary::kMedia},
    {"itunes", "www.itunes.com/dtds/podcast-1.0.dtd", XmlVocabulary::kItunes},
    {"rdf", "www.w3.org/1999/02/22-rdf-syntax-ns#", XmlVocabulary::kRdf},
};

// Exact, since modules of RSS have names that begin with RSS's own.
constexpr std::string_view kRssUris[] = {
    "purl.org/rss/1.0/",
    "channel.netscape.com/rdf/simple/0.9/",
    "my.netscape.com/rdf/simple/0.9/",
};

std::string_view without_scheme(std::string_view uri) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (starts_ignoring_case(uri, scheme)) return uri.substr(scheme.size());
  }
  return uri;
}

struct SplitName {
  std::string_view prefix;
  std::string_view local;
};

SplitName split(std::string_view qualified_name) {
  const size_t colon = qualified_name.find(':');
  if (colon == std::string_view::npos) return {{}, qualified_name};
  return {qualified_name.substr(0, colon), qualified_name.substr(colon + 1)};
}

}  // namespace

std::string_view XmlElement::attribute(std::string_view qualified_name) const {
  for (const char* const* at = attributes; at != nullptr && *at != nullptr; at += 2) {
    if (at[0] == qualified_name) return at[1];
  }
  return {};
}

XmlElement XmlNamespaces::open(std::string_view qualified_name, const char* const* attributes,
                               uint32_t depth) {
  declare(attributes, depth);
  const SplitName name = split(qualified_name);
  if (depth == 1) choose_main(name.prefix);
  return {vocabulary_of(name.prefix), name.local, depth, attributes};
}

void XmlNamespaces::close(uint32_t depth) {
  while (!bindings_.empty() && bindings_.back().depth >= depth) bindings_.pop_back();
}

void XmlNamespaces::declare(const char* const* attributes, uint32_t depth) {
  for (const char* const* at = attributes; at != nullptr && *at != nullptr; at += 2) {
    const std::string_view name = at[0];
    if (!name.starts_with("xmlns") || bindings_.size() >= kBindingsMax) continue;
    if (name.size() > 5 && name[5] != ':') continue;
    const std::string_view prefix = name.size() > 5 ? name.substr(6) : std::string_view();
    const std::string_view uri = at[1];
    if (prefix.size() > kPrefixBytesMax || uri.size() > kUriBytesMax) continue;
    bindings_.push_back({std::string(prefix), depth, std::string(uri), vocabulary_named(uri)});
  }
}

void XmlNamespaces::choose_main(std::string_view root_prefix) {
  for (const Binding& binding : bindings_) {
    if (binding.prefix == root_prefix) main_uri_ = binding.uri;
  }
  if (main_uri_.empty() && !root_prefix.empty()) {
    // Not declared: it means the same as no prefix.
    bindings_.push_back({std::string(root_prefix.substr(0, kPrefixBytesMax)), 1, {}});
  }
  for (Binding& binding : bindings_) binding.vocabulary = vocabulary_named(binding.uri);
}

XmlVocabulary XmlNamespaces::vocabulary_named(std::string_view uri) const {
  // Generators that write xmlns="" below a root with a namespace do not mean it.
  if (uri.empty() || uri == main_uri_) return XmlVocabulary::kMain;
  uri = without_scheme(uri);
  for (const std::string_view rss : kRssUris) {
    if (uri == rss) return XmlVocabulary::kRss;
  }
  for (const Vocabulary& known : kVocabularies) {
    if (uri.starts_with(known.uri)) return known.vocabulary;
  }
  return XmlVocabulary::kForeign;
}

XmlVocabulary XmlNamespaces::vocabulary_of(std::string_view prefix) const {
  for (size_t i = bindings_.size(); i-- > 0;) {
    if (bindings_[i].prefix == prefix) return bindings_[i].vocabulary;
  }
  // The root's prefix may be declared and its children have none: <sm:urlset xmlns:sm=…><url>.
  if (prefix.empty()) return XmlVocabulary::kMain;
  for (const Vocabulary& known : kVocabularies) {
    if (prefix == known.prefix) return known.vocabulary;
  }
  return XmlVocabulary::kForeign;
}

}  // namespace crawl
