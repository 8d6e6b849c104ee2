// SPDX-License-Identifier: MIT
#include "fetcher/feed_text.h"

#include <algorithm>
#include <string>

#include "fetcher/ascii.h"
#include "fetcher/html_tags.h"
#include "fetcher/link_scan.h"

namespace crawl {
namespace {

constexpr size_t kNameBytesMax = 32;  // longer than any name that means something

// What begins here: a tag, or a character that only looks like it ("a < b").
bool begins_markup(std::string_view rest) {
  if (rest.size() < 2) return false;
  const char c = rest[1];
  if (c == '/') return rest.size() > 2 && is_ascii_letter(rest[2]);
  return is_ascii_letter(c) || c == '!' || c == '?';
}

// Behind the ">" that ends the tag or comment at the start of `rest`, or npos.
size_t markup_end(std::string_view rest) {
  if (rest.starts_with("<!--")) {
    const size_t end = rest.find("-->", 4);
    return end == std::string_view::npos ? end : end + 3;
  }
  char quote = 0;
  for (size_t i = 1; i < rest.size(); ++i) {
    const char c = rest[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '>') {
      return i + 1;
    } else if ((c == '"' || c == '\'') && rest[i - 1] == '=') {
      quote = c;
    }
  }
  return std::string_view::npos;
}

std::string tag_name(std::string_view tag) {
  tag.remove_prefix(tag.starts_with("</") ? 2 : 1);
  std::string name;
  for (const char c : tag) {
    if (is_ascii_space(c) || c == '>' || c == '/' || name.size() == kNameBytesMax) break;
    name.push_back(ascii_lower(c));
  }
  return name;
}

}  // namespace

void add_markup_text(std::string_view html, TextWriter& text) {
  std::string decoded;
  while (!html.empty()) {
    size_t end = html.find('<');
    while (end != std::string_view::npos && !begins_markup(html.substr(end))) {
      end = html.find('<', end + 1);
    }
    decoded.clear();
    append_decoded(html.substr(0, end), decoded);
    text.add(decoded);
    if (end == std::string_view::npos) return;
    html.remove_prefix(end);
    end = markup_end(html);
    if (end == std::string_view::npos) return;
    const std::string name = tag_name(html.substr(0, end));
    const bool is_end_tag = html[1] == '/';
    html.remove_prefix(end);
    const TagTraits traits = tag_traits(name);
    if (traits.is_block || traits.element == Element::kBr) text.separate(TextWriter::Break::kLine);
    if (traits.is_cell) text.separate(TextWriter::Break::kTab);
    if (traits.is_raw && traits.is_silent && !is_end_tag) {
      html.remove_prefix(std::min(html.size(), find_ignoring_case(html, "</" + name, 0)));
    }
  }
}

}  // namespace crawl
