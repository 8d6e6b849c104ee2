// SPDX-License-Identifier: MIT
#pragma once

// The last lines of a terminal, drawn anew in place.

#include <string>
#include <vector>

namespace crawl {

// A terminal that can move its cursor and erase: TERM is set, and not "dumb".
bool can_redraw(int fd, const char* term);

class LiveLines {
 public:
  // `columns` and `rows` of the terminal; 0: it is asked each time.
  explicit LiveLines(int fd, int columns = 0, int rows = 0)
      : fd_(fd), columns_(columns), rows_(rows) {}
  ~LiveLines() { erase(); }
  LiveLines(const LiveLines&) = delete;
  LiveLines& operator=(const LiveLines&) = delete;

  // In place of what is there; in one write. Each line is cut to what the terminal takes but for
  // its last column, which makes some go to the next line; of the lines, the first ones.
  void draw(const std::vector<std::string>& lines);
  void erase();
  int columns() const;
  // How many lines there is room for, while something of what was there before stays in sight.
  int room() const;

 private:
  std::string back_to_first() const;

  const int fd_;
  const int columns_, rows_;
  std::vector<int> widths_;  // of the lines that are there
};

}  // namespace crawl
