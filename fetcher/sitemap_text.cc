// SPDX-License-Identifier: MIT
#include <algorithm>

#include "fetcher/ascii.h"
#include "fetcher/xml_entries.h"
#include "fetcher/xml_reader.h"

namespace crawl {
namespace {

std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = trim_ascii_space(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

bool is_absolute_url(std::string_view line) {
  if (!starts_ignoring_case(line, "http://") && !starts_ignoring_case(line, "https://")) {
    return false;
  }
  return line.find_first_of(" \t\f") == std::string_view::npos;
}

}  // namespace

XmlOutcome read_text_sitemap(std::string_view utf8, LinkCollector& links, PageResult& result) {
  XmlOutcome outcome;
  if (utf8.starts_with("\xEF\xBB\xBF")) utf8.remove_prefix(3);
  const bool is_cut = utf8.size() > kSitemapBytesMax;
  utf8 = utf8_prefix(utf8, kSitemapBytesMax);
  while (!utf8.empty()) {
    const std::string_view line = take_line(utf8);
    if (line.empty() || line.starts_with('#')) continue;
    const bool is_url = is_absolute_url(line);
    if (outcome.document == DocumentKind::kNone) {
      if (!is_url) return {};
      outcome.document = DocumentKind::kSitemap;
      links.set_links_max(kEntriesMax);
    }
    if (is_url) {
      links.add(LinkKind::kSitemap, utf8_prefix(line, kHrefBytesMax));
    } else {
      ++result.links_dropped;
    }
  }
  const bool is_full = result.links.size() >= kEntriesMax && result.links_dropped > 0;
  outcome.broken = is_cut || is_full;
  if (is_cut || is_full) outcome.problem = is_cut ? kTooManyBytes : kTooManyEntries;
  return outcome;
}

}  // namespace crawl
