// SPDX-License-Identifier: MIT
#pragma once

// Charts as SVG. A chart is as wide as the place it is in: what lies from left to right is given in
// parts of that width, heights and letters in pixels, so that nothing is stretched and letters stay
// readable on a phone. Each has a name and a description, and each mark its numbers as a title.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/family.h"
#include "report/html.h"
#include "report/scale.h"

namespace crawl {

// A part of a column or of a row.
struct Segment {
  Markup css_class;
  std::string_view name;  // of the series; "" where there is one only
  int64_t value = 0;
};

struct ChartText {
  Markup id = "";  // of the elements with its name and description
  std::string name;
  std::string description;
};

// Columns on a common ground, each a stack of segments, lowest first.
struct ColumnChart {
  ChartText text;
  struct Column {
    std::string label;  // for its title: "100 to 200 ms"
    std::vector<Segment> segments;
  };
  std::vector<Column> columns;
  std::vector<AxisLabel> labels;  // below the ground
  int height_px = 200;            // of the columns' highest
  // Few columns are no wider than many: the ground has room for this many at least.
  static constexpr size_t kPlacesMin = 10;
};
void draw_columns(Html& html, ColumnChart chart);

// Rows one below the other, each with its label and its value above a bar.
struct RowChart {
  ChartText text;
  struct Row {
    std::string label;
    std::string value;  // as it is shown; "": the sum, grouped
    std::vector<Segment> segments;
  };
  std::vector<Row> rows;
  int bar_px = 12;
};
void draw_rows(Html& html, const RowChart& chart);

// Which colour is which: only those families that have anything.
void draw_legend(Html& html, const FamilyCounts& totals);

// The segments of the families [from, to) that have anything.
std::vector<Segment> family_segments(const FamilyCounts& counts, size_t from = 0,
                                     size_t to = kFetchedFamilies);

// --- geometry, apart from the drawing

struct Band {
  double begin = 0, length = 0;
};
// Place i of `count` equal ones in 0…1, with a gap of a fifth between two, none where there is one.
Band column_band(size_t i, size_t count);
// Where the segments lie, when `whole` is as long as `length`. What has anything is never shorter
// than `least`, so that one failure among a million can be seen; the longest gives way.
std::vector<Band> stack(std::span<const Segment> segments, int64_t whole, double length,
                        double least);

}  // namespace crawl
