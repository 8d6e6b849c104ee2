// SPDX-License-Identifier: MIT
#include "crawler/manual/text_blocks.h"

#include <algorithm>
#include <limits>

namespace crawl {
namespace {

using Lines = std::vector<std::string>;
using Kind = TextBlock::Kind;

size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool is_heading(const std::string& line) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return std::any_of(line.begin(), line.end(), is_upper) &&
         std::none_of(line.begin(), line.end(), is_lower);
}

Lines outdented(const Lines& lines) {
  size_t common = std::numeric_limits<size_t>::max();
  for (const std::string& line : lines) common = std::min(common, indentation(line));
  Lines result;
  for (const std::string& line : lines) result.push_back(line.substr(common));
  return result;
}

// A term at the margin and the indented lines below it, for as long as there are such.
void add_terms(const Lines& lines, std::vector<TextBlock>& blocks) {
  for (const std::string& line : lines) {
    if (indentation(line) == 0) {
      blocks.push_back({Kind::kTerm, line, {}});
    } else {
      blocks.back().lines.push_back(line.substr(indentation(line)));
    }
  }
}

void add_block(const Lines& lines, std::vector<TextBlock>& blocks) {
  if (lines.empty()) return;
  if (indentation(lines[0]) > 0) {
    blocks.push_back({Kind::kVerbatim, "", outdented(lines)});
  } else if (lines.size() > 1 && indentation(lines[1]) > 0) {
    add_terms(lines, blocks);
  } else if (lines.size() == 1 && is_heading(lines[0])) {
    blocks.push_back({Kind::kHeading, "", lines});
  } else {
    blocks.push_back({Kind::kParagraph, "", lines});
  }
}

}  // namespace

std::vector<TextBlock> text_blocks(std::string_view text) {
  std::vector<TextBlock> blocks;
  Lines lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) {
      add_block(lines, blocks);
      lines.clear();
    } else {
      lines.push_back(std::move(line));
    }
  }
  add_block(lines, blocks);
  return blocks;
}

}  // namespace crawl
