// SPDX-License-Identifier: MIT
#include "fetcher/content_plan.h"

#include <algorithm>

#include "base/ascii.h"
#include "fetcher/ascii.h"
#include "fetcher/gunzip.h"
#include "web/media_type.h"

namespace crawl {
namespace {

constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";

// "https://h/sitemap.xml.gz?x"
bool is_packed_xml(std::string_view url) {
  constexpr std::string_view kEnd = ".xml.gz";
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  return path.size() > kEnd.size() &&
         equals_ignoring_case(path.substr(path.size() - kEnd.size()), kEnd);
}

std::string_view local_name(std::string_view qualified_name) {
  const size_t colon = qualified_name.find(':');
  return colon == std::string_view::npos ? qualified_name : qualified_name.substr(colon + 1);
}

// UTF-16: its text cannot be looked at before it is decoded.
bool is_wide(std::string_view bytes) {
  return bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE") ||
         bytes.substr(0, 4).find('\0') != std::string_view::npos;
}

// False only when it is plain from the root element that nobody reads it.
bool may_be_readable(std::string_view bytes) {
  if (is_wide(bytes)) return true;
  const std::string_view root = xml_root_name(bytes);
  return root.empty() || is_readable_xml_root(root);
}

// What follows a document type declaration (XML 1.0 §2.8), whose "<!" has been read. Its internal
// subset and its literals may contain '>'.
std::string_view behind_doctype(std::string_view bytes) {
  char quote = 0;
  bool in_subset = false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == ']') {
      in_subset = c == '[';
    } else if (c == '>' && !in_subset) {
      return bytes.substr(i + 1);
    }
  }
  return {};
}

}  // namespace

std::string_view xml_root_name(std::string_view bytes) {
  if (bytes.starts_with(kUtf8Bom)) bytes.remove_prefix(kUtf8Bom.size());
  while (true) {
    bytes.remove_prefix(std::min(bytes.find_first_not_of("\t\n\f\r "), bytes.size()));
    if (!bytes.starts_with('<')) return {};
    if (bytes.starts_with("<?")) {
      bytes = behind(bytes, "?>");
    } else if (bytes.starts_with("<!--")) {
      bytes = behind(bytes.substr(4), "-->");
    } else if (bytes.starts_with("<!")) {
      bytes = behind_doctype(bytes.substr(2));
    } else {
      break;
    }
  }
  const size_t end = bytes.find_first_of("\t\n\f\r />", 1);
  return end == std::string_view::npos ? std::string_view() : bytes.substr(1, end - 1);
}

bool is_xhtml_root(std::string_view qualified_name) {
  return equals_ignoring_case(local_name(qualified_name), "html");
}

bool is_readable_xml_root(std::string_view qualified_name) {
  const std::string_view name = local_name(qualified_name);
  constexpr std::string_view kRoots[] = {"urlset", "sitemapindex", "rss", "feed", "rdf"};
  return is_xhtml_root(name) ||
         std::any_of(std::begin(kRoots), std::end(kRoots),
                     [name](std::string_view root) { return equals_ignoring_case(name, root); });
}

ContentPlanner::ContentPlanner(const ContentHints& hints) : hints_(hints) {
  MediaType type = parse_media_type(hints.content_type);
  charset_ = std::move(type.charset);
  supplied_.essence = std::move(type.essence);
  supplied_.apache_bug = has_apache_bug(hints.content_type);
  supplied_.nosniff = hints.nosniff;
  may_be_packed_ = hints.is_sitemap || is_packed_xml(hints.url);
}

bool ContentPlanner::needs_bytes() const {
  if (may_be_packed_ || supplied_.essence.empty()) return true;
  switch (content_class(supplied_.essence)) {
    case ContentClass::kHtml:
    case ContentClass::kCss:
      return false;  // or a feed, which comes as well
    case ContentClass::kXml:
      return true;
    case ContentClass::kText:
    case ContentClass::kGzip:
    case ContentClass::kUnsupported:
      break;
  }
  // An image may turn out to be another kind of image, but what would not be kept is not asked.
  const bool is_media = !supplied_.essence.starts_with("text/") &&
                        supplied_.essence.find("unknown") == std::string::npos &&
                        supplied_.essence != "*/*";
  return crawl::needs_bytes(supplied_) && !(is_media && hints_.keep.empty());
}

ContentPlanner::Plan ContentPlanner::plan(std::string_view bytes) const {
  bytes = bytes.substr(0, kResourceHeaderBytes);
  std::string essence = computed_type(supplied_, bytes);
  const Reading reading = reading_of(essence, bytes);
  return {reading, std::move(essence)};
}

Reading ContentPlanner::reading_of(std::string_view essence, std::string_view bytes) const {
  if (may_be_packed_ && is_gzip(bytes)) return Reading::kGzip;
  const Reading kept = matches_type_list(essence, hints_.keep) ? Reading::kKeep : Reading::kNone;
  switch (content_class(essence)) {
    case ContentClass::kHtml:
      return Reading::kHtml;
    case ContentClass::kXml:
      return may_be_readable(bytes) ? Reading::kXml : kept;
    case ContentClass::kText:
      return Reading::kText;
    case ContentClass::kCss:
      return Reading::kStyle;
    case ContentClass::kGzip:
    case ContentClass::kUnsupported:
      break;
  }
  // A sitemap's type says little: the file's name decides it, or the way it was packed on its way.
  if (!may_be_packed_) return kept;
  const auto found = content_class(identify_unknown(bytes, SniffScriptable::kYes));
  if (found == ContentClass::kXml) return Reading::kXml;
  if (xml_root_name(bytes).empty()) return found == ContentClass::kText ? Reading::kText : kept;
  return Reading::kXml;
}

}  // namespace crawl
