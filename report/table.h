// SPDX-License-Identifier: MIT
#pragma once

// Tables of a report: with a caption, heads that say what they stand over, and, where the script
// runs, buttons in them that sort.

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "report/html.h"

namespace crawl {

// On a narrow page, a list has the cells of a row one below the other, and a grid is scrolled.
enum class TableShape { kList, kGrid };

struct TableColumn {
  enum class Kind { kText, kNumber };
  enum class Sorted { kNo, kUp, kDown };  // as it is written
  Markup head;
  Kind kind = Kind::kText;
  Sorted sorted = Sorted::kNo;
};

class Table {
 public:
  // What `caption` holds stands above the table. It is closed by the destructor.
  Table(Html& html, TableShape shape, Markup id, std::string_view caption,
        std::initializer_list<TableColumn> columns);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void begin_row();
  // The next cell of the row; the first names the row.
  void text(std::string_view value);
  void long_text(std::string_view value, int columns);  // abridged, all of it as its title
  void url(std::string_view value);
  void count(int64_t value);
  // A number as people read it; sorted by what it is.
  void figure(int64_t value, std::string_view shown);
  void time(int64_t wall_ms);
  void nothing();
  // A cell that the caller fills, sorted by its text.
  Html& begin_cell();
  void end_cell();

 private:
  void open_cell(const int64_t* value = nullptr);

  Html& html_;
  std::vector<TableColumn> columns_;
  size_t next_ = 0;
  bool in_row_ = false;
};

}  // namespace crawl
