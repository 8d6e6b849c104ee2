// SPDX-License-Identifier: MIT
#pragma once

// A sitemap or feed that has been read, shown as text.

#include <string>
#include <string_view>

#include "base/clock.h"
#include "fetcher/xml_reader.h"

namespace crawl {

inline XmlReader& shared_xml_reader() {
  static XmlReader reader;
  return reader;
}

struct ReadXml {
  enum class As { kXml, kText };
  explicit ReadXml(std::string_view utf8, As as = As::kXml,
                   std::string_view url = "http://h.example/dir/sitemap.xml") {
    links.begin(url, result, pool);
    outcome = as == As::kXml ? shared_xml_reader().read(utf8, links, result)
                             : read_text_sitemap(utf8, links, result);
  }

  // One link per line: kind, address, and where they say anything rel, anchor, time and priority.
  std::string lines() const {
    std::string all;
    for (const PageLink& link : result.links) {
      all += std::string(name(link.kind)) + " " + std::string(link.href);
      if (!link.rel.empty()) all += " rel=" + std::string(link.rel);
      if (!link.anchor.empty()) all += " \"" + std::string(link.anchor) + "\"";
      if (link.modified_at_ms != 0) all += " " + iso8601_utc(link.modified_at_ms);
      if (link.priority != kPriorityNormal) all += " p" + std::to_string(link.priority);
      all += "\n";
    }
    return all;
  }

  StringPool pool;
  LinkCollector links;
  PageResult result;
  XmlOutcome outcome;
};

}  // namespace crawl
