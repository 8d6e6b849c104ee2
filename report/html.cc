// SPDX-License-Identifier: MIT
#include "report/html.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/columns.h"
#include "base/escape.h"
#include "web/url.h"

namespace crawl {

namespace {

constexpr size_t kPieceBytes = 64 * 1024;

// "12", "12.5", "12.25": what needs no decimals has none.
std::string decimal(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// The longest end, in whole characters, that takes at most `columns`.
std::string_view fit_end(std::string_view utf8, int columns) {
  size_t begin = utf8.size();
  while (begin > 0) {
    size_t before = begin - 1;
    while (before > 0 && begin - before < 4 && continues_character(utf8[before])) --before;
    const int wide = display_width(utf8.substr(before, begin - before));
    if (wide > columns) break;
    columns -= wide;
    begin = before;
  }
  return utf8.substr(begin);
}

// Lines may break behind slashes, and before what begins a query or the next part of one.
void write_breakable(Html& html, std::string_view url) {
  size_t begin = 0;
  for (size_t i = 1; i + 1 < url.size(); ++i) {
    const bool behind = url[i - 1] == '/' && url[i] != '/' && i > 1 && url[i - 2] != '/';
    const bool before = url[i] == '?' || url[i] == '&';
    if (!behind && !before) continue;
    html << Text{url.substr(begin, i - begin)} << "<wbr>";
    begin = i;
  }
  html << Text{url.substr(begin)};
}

}  // namespace

Html& Html::add(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kPieceBytes) flush();
  return *this;
}

bool Html::flush() {
  if (!failed_ && !buffer_.empty()) failed_ = !sink_(buffer_);
  buffer_.clear();
  return !failed_;
}

Html& Html::operator<<(Markup markup) { return add(markup.view()); }
Html& Html::operator<<(Text text) { return add(escape_for_html(text.value)); }
Html& Html::operator<<(Grouped number) { return add(group_digits(number.value)); }
Html& Html::operator<<(Plain number) { return add(decimal(number.value)); }
Html& Html::operator<<(Percent fraction) { return add(decimal(100 * fraction.value)).add("%"); }
Html& Html::asset(std::string_view text) { return add(text); }

std::string abridge_middle(std::string_view utf8, int columns) {
  if (static_cast<int64_t>(utf8.size()) <= columns || display_width(utf8) <= columns) {
    return std::string(utf8);
  }
  if (columns < 3) return abridge(utf8, columns);
  const int end = (columns - 1) * 2 / 5;
  return fit_columns(utf8, columns - 1 - end) + "…" + std::string(fit_end(utf8, end));
}

void write_url(Html& html, std::string_view url, int columns) {
  const std::string shown = abridge_middle(url, columns);
  const bool is_link = is_canonical_http_url(url);
  html << (is_link ? Markup("<a") : Markup("<span class=\"url\""));
  if (is_link) {
    html << " class=\"url\" rel=\"noopener noreferrer nofollow\" href=\"" << Text{url} << "\"";
  }
  if (shown.size() != url.size()) html << " title=\"" << Text{url} << "\"";
  html << ">";
  write_breakable(html, shown);
  html << (is_link ? Markup("</a>") : Markup("</span>"));
}

void write_time(Html& html, int64_t wall_ms) {
  const std::string iso = iso8601_utc(wall_ms);
  html << "<time datetime=\"" << Text{iso} << "\">" << Text{std::string_view(iso).substr(0, 10)}
       << " " << Text{std::string_view(iso).substr(11, 5)} << " UTC</time>";
}

}  // namespace crawl
