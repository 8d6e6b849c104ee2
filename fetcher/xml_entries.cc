// SPDX-License-Identifier: MIT
#include "fetcher/xml_entries.h"

#include <algorithm>

#include "fetcher/ascii.h"

namespace crawl {

void XmlField::begin(uint32_t depth, size_t bytes_max, Form form) {
  value_.clear();
  bytes_max_ = bytes_max;
  depth_ = depth;
  form_ = form;
  is_full_ = false;
}

void XmlField::add(std::string_view text) {
  if (form_ != Form::kXhtml) return append(text);
  while (!text.empty()) {
    const size_t special = std::min(text.find_first_of("<&"), text.size());
    append(text.substr(0, special));
    if (special == text.size()) return;
    append(text[special] == '<' ? "&lt;" : "&amp;");
    text.remove_prefix(special + 1);
  }
}

void XmlField::add_tag(std::string_view bracket, std::string_view name) {
  if (form_ == Form::kPlain) return;
  append(bracket);
  append(name);
  append(">");
}

void XmlField::append(std::string_view text) {
  if (is_full_) return;
  const std::string_view part = utf8_prefix(text, bytes_max_ - value_.size());
  value_ += part;
  is_full_ = part.size() < text.size();
}

const std::string& XmlField::end() {
  depth_ = 0;
  return value_;
}

void LaterLinks::add(LinkKind kind, std::string_view href, std::string_view rel) {
  href = trim_ascii_space(href);
  if (href.empty()) return;
  if (waiting_.size() >= kLinksMax) {
    ++dropped_;
    return;
  }
  waiting_.push_back({kind, std::string(href), std::string(rel)});
}

void LaterLinks::flush(LinkCollector& links, PageResult& result) {
  for (const Later& link : waiting_) {
    links.add(link.kind, links.keep(link.href, kHrefBytesMax), link.rel);
  }
  result.links_dropped += dropped_;
  waiting_.clear();
  dropped_ = 0;
}

}  // namespace crawl
