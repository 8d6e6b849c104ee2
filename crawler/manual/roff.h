// SPDX-License-Identifier: MIT
#pragma once

// A page of the manual, in the macros of man(7).

#include <string>
#include <string_view>
#include <vector>

namespace crawl {

// Text as it is: nothing in it is a request, an escape, or a hyphen that is not a minus sign.
std::string escape_for_roff(std::string_view text);

class ManPage {
 public:
  // "CRAWL-WHY", '1', "2026-11-22", "crawl 0.1.0"
  ManPage(std::string_view title, char section, std::string_view date, std::string_view source);

  void heading(std::string_view text);     // .SH
  void subheading(std::string_view text);  // .SS
  void new_paragraph();
  // Options in it ("--depth") are bold, and so are names of pages ("crawl-seeds(5)").
  void paragraph(std::string_view text);
  void verbatim(const std::vector<std::string>& lines);
  // A term with what it means. `styled_term` has its escapes already.
  void item(std::string_view styled_term, std::string_view meaning);
  void line(std::string_view request);
  // A text of crawler/help_texts, headings one level below `heading()`.
  void blocks(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  void filled(std::string_view text);

  std::string text_;
  bool after_heading_ = false;  // which begins a paragraph by itself
};

}  // namespace crawl
