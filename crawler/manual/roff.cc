// SPDX-License-Identifier: MIT
#include "crawler/manual/roff.h"

#include <cctype>

#include <fmt/format.h>

#include "crawler/manual/text_blocks.h"

namespace crawl {
namespace {

std::string escape(char c) {
  switch (c) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    case '"':
      return "\\(dq";
    default:
      return {c};
  }
}

// "crawl-seeds(5)", with what follows it
bool is_page_name(std::string_view word) {
  const size_t open = word.find('(');
  return word.starts_with("crawl") && open != std::string_view::npos && open + 2 < word.size() &&
         word[open + 2] == ')';
}

// How much of `word`, from its beginning, is bold.
size_t bold_bytes(std::string_view word) {
  if (is_page_name(word)) return word.find('(');
  if (!word.starts_with("--") || word.size() < 4) return 0;
  size_t end = 2;
  while (end < word.size() && (std::isalnum(static_cast<unsigned char>(word[end])) != 0 ||
                               (word[end] == '-' && end + 1 < word.size()))) {
    ++end;
  }
  return end;
}

std::string styled(std::string_view word) {
  const size_t bold = bold_bytes(word);
  const std::string rest = escape_for_roff(word.substr(bold));
  if (bold == 0) return rest;
  return "\\fB" + escape_for_roff(word.substr(0, bold)) + "\\fR" + rest;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace

std::string escape_for_roff(std::string_view text) {
  std::string result;
  for (const char c : text) result += escape(c);
  // A line that begins with a point or an apostrophe would be a request.
  return result.starts_with('.') ? "\\&" + result : result;
}

ManPage::ManPage(std::string_view title, char section, std::string_view date,
                 std::string_view source) {
  text_ = ".\\\" Generated from the table of commands of crawl.\n";
  text_ += fmt::format(".TH {} {} {} \"{}\" \"Manual of crawl\"\n", escape_for_roff(title), section,
                       date, escape_for_roff(source));
  line(".nh");    // no word is divided
  line(".ad l");  // and no space made wider
}

void ManPage::line(std::string_view request) {
  text_.append(request).append("\n");
  after_heading_ = false;
}

void ManPage::heading(std::string_view text) {
  line(fmt::format(".SH \"{}\"", escape_for_roff(text)));
  after_heading_ = true;
}

void ManPage::subheading(std::string_view text) {
  line(fmt::format(".SS \"{}\"", escape_for_roff(text)));
  after_heading_ = true;
}

void ManPage::new_paragraph() {
  if (!after_heading_) line(".PP");
  after_heading_ = false;
}

// A line of the source begins with each line of `text`; a word that would make it a request cannot,
// being escaped.
void ManPage::filled(std::string_view text) {
  std::string word;
  const auto flush = [&] {
    text_ += styled(word);
    word.clear();
  };
  for (const char c : text) {
    if (c != ' ' && c != '\n') {
      word += c;
      continue;
    }
    flush();
    text_ += c;
  }
  flush();
  text_ += '\n';
}

void ManPage::paragraph(std::string_view text) {
  new_paragraph();
  filled(text);
}

void ManPage::verbatim(const std::vector<std::string>& lines) {
  new_paragraph();
  line(".RS 4");
  line(".EX");
  for (const std::string& each : lines) line(escape_for_roff(each));
  line(".EE");
  line(".RE");
}

void ManPage::item(std::string_view styled_term, std::string_view meaning) {
  line(".TP");
  line(styled_term);
  filled(meaning);
}

void ManPage::blocks(std::string_view text) {
  for (const TextBlock& block : text_blocks(text)) {
    switch (block.kind) {
      case TextBlock::Kind::kHeading:
        subheading(block.lines[0]);
        break;
      case TextBlock::Kind::kParagraph:
        paragraph(joined(block.lines));
        break;
      case TextBlock::Kind::kTerm:
        item("\\fB" + escape_for_roff(block.term) + "\\fR", joined(block.lines));
        break;
      case TextBlock::Kind::kVerbatim:
        verbatim(block.lines);
        break;
    }
  }
}

}  // namespace crawl
