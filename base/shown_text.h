// SPDX-License-Identifier: MIT
#pragma once

// Text for people, that may go to a terminal: the one type that commands can print. It is made of
// lines, and each line is escaped as a whole when it is added. So nothing that came from outside
// can end its line, add another, or reach a terminal raw, whoever puts the line together.

#include <string>
#include <string_view>
#include <vector>

namespace crawl {

class ShownText {
 public:
  // One line; "\n" in it is shown as an escape.
  void line(std::string_view text);
  // The same of parts, those that are `bold` set apart on a terminal that can do that.
  struct Part {
    std::string_view text;
    bool bold = false;
  };
  enum class Style { kPlain, kTerminal };
  void line(const std::vector<Part>& parts, Style style);
  // As many lines as the text has, with their tabs: a help page, or a page's own text.
  void lines(std::string_view text);
  // A serialised JSON document: what a terminal must not see becomes escapes that mean the same.
  void json(std::string_view document);

  ShownText& operator+=(const ShownText& more);
  friend ShownText operator+(ShownText text, const ShownText& more) { return text += more; }

  bool empty() const { return bytes_.empty(); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace crawl
