// SPDX-License-Identifier: MIT
#include "base/live_lines.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/columns.h"
#include "base/retry.h"

namespace crawl {

// ECMA-48 §8.3: CUU "\x1b[nA" (up), EL "\x1b[K" (erase to the line's end), ED "\x1b[J" (to the
// screen's).

bool can_redraw(int fd, const char* term) {
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb" && isatty(fd) == 1;
}

int LiveLines::columns() const { return columns_ > 0 ? columns_ : terminal_columns(fd_); }

int LiveLines::room() const {
  const int rows = rows_ > 0 ? rows_ : terminal_rows(fd_);
  return std::max(1, rows - 4);
}

// A terminal that has become narrower has wrapped what was there.
std::string LiveLines::back_to_first() const {
  const int width = std::max(1, columns());
  int rows = 0;
  for (const int line : widths_) rows += std::max(1, (line + width - 1) / width);
  return rows > 1 ? "\r\x1b[" + std::to_string(rows - 1) + "A" : "\r";
}

void LiveLines::draw(const std::vector<std::string>& lines) {
  std::string drawn = back_to_first();
  const size_t before = widths_.size();
  widths_.clear();
  for (const std::string& line : lines) {
    if (widths_.size() == static_cast<size_t>(room())) break;
    const std::string shown = fit_columns(line, std::max(1, columns() - 1));
    if (!widths_.empty()) drawn += "\n";
    drawn.append(shown).append("\x1b[K");
    widths_.push_back(display_width(shown));
  }
  if (widths_.size() < before) drawn += "\x1b[J";
  write_all(fd_, drawn);
}

void LiveLines::erase() {
  if (widths_.empty()) return;
  write_all(fd_, back_to_first() + (widths_.size() > 1 ? "\x1b[J" : "\x1b[K"));
  widths_.clear();
}

}  // namespace crawl
