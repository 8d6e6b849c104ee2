// SPDX-License-Identifier: MIT
#include "reader/hit_printer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/columns.h"
#include "base/escape.h"

namespace crawl {

namespace {

constexpr int kColumnsMax = 100;
constexpr int kTitleColumnsMax = 200;
constexpr std::string_view kIndent = "    ";

bool can_show_bold(int fd) {
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  if (no_color != nullptr && *no_color != '\0') return false;
  return isatty(fd) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

// Lines of at most so many columns, broken at spaces where there are any.
class Wrapped {
 public:
  Wrapped(ShownText& text, ShownText::Style style, int columns)
      : text_(text), style_(style), columns_(columns) {}

  void add(std::string_view utf8, bool bold) {
    // As it will be shown, so that it is measured right; escaping it again changes nothing.
    const std::string shown = escape_for_terminal(utf8);
    std::string_view rest = shown;
    for (size_t space = rest.find(' '); space != std::string_view::npos; space = rest.find(' ')) {
      append(word_, rest.substr(0, space), bold);
      end_word();
      append(space_, " ", bold);
      rest.remove_prefix(space + 1);
    }
    append(word_, rest, bold);
  }

  void end() {
    end_word();
    if (!line_.parts.empty()) end_line();
  }

 private:
  struct Run {
    std::vector<std::pair<std::string, bool>> parts;  // true: bold
    int width = 0;
  };

  static void append(Run& run, std::string_view part, bool bold) {
    if (part.empty()) return;
    run.width += display_width(part);
    if (!run.parts.empty() && run.parts.back().second == bold) {
      run.parts.back().first += part;
    } else {
      run.parts.emplace_back(part, bold);
    }
  }

  // Puts the word on the line, behind the space before it, or on the next one.
  void end_word() {
    if (word_.parts.empty()) return;
    const bool fits = line_.width + space_.width + word_.width <= columns_;
    // One that takes half a line and more has no spaces to be broken at (Japanese).
    if (!fits && line_.width > 0 && word_.width <= columns_ / 2) end_line();
    if (line_.width > 0 && line_.width + space_.width < columns_) {
      for (const auto& [part, bold] : space_.parts) append(line_, part, bold);
    }
    for (const auto& [part, bold] : word_.parts) add_part(part, bold);
    word_ = {};
    space_ = {};
  }

  void add_part(std::string_view part, bool bold) {
    while (!part.empty()) {
      std::string begin = fit_columns(part, columns_ - line_.width);
      if (begin.empty() && line_.width == 0) begin = part;  // wider than the terminal
      part.remove_prefix(begin.size());
      append(line_, begin, bold);
      if (!part.empty()) end_line();
    }
  }

  void end_line() {
    std::vector<ShownText::Part> parts = {{kIndent, false}};
    for (const auto& [part, bold] : line_.parts) parts.push_back({part, bold});
    text_.line(parts, style_);
    line_ = {};
  }

  ShownText& text_;
  const ShownText::Style style_;
  const int columns_;
  Run line_, space_, word_;  // the space stands between the line and the word
};

// A page may call itself anything, on and on.
std::vector<TextPiece> shortened(const std::vector<TextPiece>& title) {
  std::vector<TextPiece> fitting;
  int room = kTitleColumnsMax;
  for (const TextPiece& piece : title) {
    const std::string shown = escape_for_terminal(piece.text);
    fitting.push_back({abridge(shown, room), piece.is_match});
    room -= display_width(shown);
    if (room <= 0) break;
  }
  return fitting;
}

std::vector<ShownText::Part> parts_of(const std::vector<TextPiece>& pieces) {
  std::vector<ShownText::Part> parts;
  for (const TextPiece& piece : pieces) parts.push_back({piece.text, piece.is_match});
  return parts;
}

ShownText as_text(const SearchHit& hit, ShownText::Style style, int columns) {
  ShownText text;
  if (hit.title.empty()) {
    text.line("(no title)");
  } else {
    const std::vector<TextPiece> title = shortened(hit.title);
    text.line(parts_of(title), style);
  }
  std::string where = "  " + hit.url + "  " + iso8601_utc(hit.changed_at).substr(0, 10);
  if (hit.copies > 1) where += fmt::format("  {} copies", group_digits(hit.copies));
  text.line(where);
  Wrapped wrapped(text, style, std::max(20, columns - static_cast<int>(kIndent.size())));
  for (const TextPiece& piece : hit.snippet) wrapped.add(piece.text, piece.is_match);
  wrapped.end();
  text.line("");
  return text;
}

int64_t characters(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string whole(const std::vector<TextPiece>& pieces) {
  std::string text;
  for (const TextPiece& piece : pieces) text += piece.text;
  return text;
}

// [begin, end) of each match, in characters.
nlohmann::ordered_json ranges(const std::vector<TextPiece>& pieces) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  int64_t at = 0;
  for (const TextPiece& piece : pieces) {
    const int64_t end = at + characters(piece.text);
    if (piece.is_match) all.push_back({at, end});
    at = end;
  }
  return all;
}

std::string as_json(const SearchHit& hit) {
  nlohmann::ordered_json object;
  object["url"] = hit.url;
  object["title"] = whole(hit.title);
  object["snippet"] = whole(hit.snippet);
  object["title_matches"] = ranges(hit.title);
  object["snippet_matches"] = ranges(hit.snippet);
  object["score"] = hit.score;
  object["changed_at"] = iso8601_utc(hit.changed_at);
  object["copies"] = hit.copies;
  return dump_line(object).bytes();
}

bool print_json(const std::vector<SearchHit>& hits, bool array, Output& output) {
  if (array && hits.empty()) return output.write_raw("[]\n");
  for (size_t i = 0; i < hits.size(); ++i) {
    std::string line = as_json(hits[i]);
    if (array) {
      line.pop_back();
      output.write_raw(i == 0 ? "[\n" : ",\n");
    }
    output.write_raw(line);
  }
  return !array || output.write_raw("\n]\n");
}

}  // namespace

bool print_hits(const std::vector<SearchHit>& hits, RowFormat format, Output& output, int fd) {
  if (format != RowFormat::kTable) {
    return print_json(hits, format == RowFormat::kJson, output);
  }
  const auto style = can_show_bold(fd) ? ShownText::Style::kTerminal : ShownText::Style::kPlain;
  const int columns = std::min(kColumnsMax, terminal_columns(fd));
  for (const SearchHit& hit : hits) output.write(as_text(hit, style, columns));
  return output.flush();
}

}  // namespace crawl
