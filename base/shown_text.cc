// SPDX-License-Identifier: MIT
#include "base/shown_text.h"

#include <algorithm>

#include "base/escape.h"

namespace crawl {

void ShownText::line(std::string_view text) { bytes_ += escape_for_terminal(text) + "\n"; }

void ShownText::line(const std::vector<Part>& parts, Style style) {
  for (const Part& part : parts) {
    const bool bold = part.bold && !part.text.empty() && style == Style::kTerminal;
    if (bold) bytes_ += "\x1b[1m";
    bytes_ += escape_for_terminal(part.text);
    if (bold) bytes_ += "\x1b[0m";
  }
  bytes_ += '\n';
}

void ShownText::lines(std::string_view text) {
  while (!text.empty()) {
    std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.ends_with('\r')) one.remove_suffix(1);
    for (size_t tab = one.find('\t'); tab != std::string_view::npos; tab = one.find('\t')) {
      bytes_ += escape_for_terminal(one.substr(0, tab)) + "\t";
      one.remove_prefix(tab + 1);
    }
    line(one);
  }
}

void ShownText::json(std::string_view document) { bytes_ += escape_in_json(document) + "\n"; }

ShownText& ShownText::operator+=(const ShownText& more) {
  bytes_ += more.bytes_;
  return *this;
}

}  // namespace crawl
