// SPDX-License-Identifier: MIT
#pragma once

// The form of the texts in crawler/help_texts: what people read in a terminal as it is, and what
// the manual needs to know of it. Blocks are parted by empty lines:
//
//   AN UPPER-CASE LINE           a heading
//   Lines from the margin on     a paragraph
//   term                         a list: each term, and below it, indented, what it means
//       its meaning
//     indented lines             as they are: an example, a table

#include <string>
#include <string_view>
#include <vector>

namespace crawl {

struct TextBlock {
  enum class Kind { kHeading, kParagraph, kTerm, kVerbatim };
  Kind kind = Kind::kParagraph;
  std::string term;                // kTerm
  std::vector<std::string> lines;  // without their common indentation
};

std::vector<TextBlock> text_blocks(std::string_view text);

}  // namespace crawl
