// SPDX-License-Identifier: MIT
#pragma once

// The arithmetic of axes: round numbers, labels that do not run into each other, buckets.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/family.h"

namespace crawl {

// Round numbers from 0 to the first that is not less than `max`, at most `count` of them above 0:
// steps of 1, 2 or 5 and zeros. Never less than 1 apart.
std::vector<int64_t> round_ticks(int64_t max, int count);

// The shortest of round spans of time (1 s, 2 s, 5 s, … 1 m … 1 d) that parts `span_ms` into at
// most `count`.
int64_t round_time_step(int64_t span_ms, int count);

// "950", "12,300", "1.2 M": for an axis, where there is little room.
std::string short_number(int64_t number);
// "0", "100 ms", "2 s", "1 m 30 s"; "512 B", "4 KiB", "1.5 MiB".
std::string short_time(int64_t ms);
std::string short_size(int64_t bytes);

// A label of the x axis. A chart is as wide as the page lets it be, and its letters keep their
// size, so labels are chosen for two widths.
struct AxisLabel {
  double at = 0;  // 0: left edge, 1: right edge
  std::string text;
  bool wide = false;    // shown where there is room for it,
  bool narrow = false;  // and on a narrow page
};
inline constexpr int kWidePx = 480;
inline constexpr int kNarrowPx = 250;
inline constexpr int kLetterPx = 7;  // of the widest usual letters, at the size of labels
// Shows every one, every second, every third …, so that they keep apart. A label is written around
// its place, those at the very edges inwards; what would stick out is not shown.
void choose_labels(std::vector<AxisLabel>& labels);

// How many values lie in each bucket, and where the middle and the tail are.
class Distribution {
 public:
  // Bucket i is edges[i] <= value < edges[i + 1]. What is less than the first edge is in the first
  // bucket, the last one has no end.
  explicit Distribution(std::vector<int64_t> edges);

  void add(int64_t value);  // what is negative counts as 0
  int64_t count() const { return count_; }
  int64_t max() const { return max_; }
  const std::vector<int64_t>& edges() const { return edges_; }
  const std::vector<int64_t>& counts() const { return counts_; }
  // The value that `share` of all are not above, within 2 %. 0 where there is none.
  int64_t quantile(double share) const;

 private:
  std::vector<int64_t> edges_, counts_;
  std::vector<int64_t> fine_;  // 32 buckets for each doubling
  int64_t count_ = 0;
  int64_t max_ = 0;
};

std::vector<int64_t> time_edges();  // ms: 1, 2, 5, 10 … 10 minutes
std::vector<int64_t> size_edges();  // bytes: doublings from 64 B to 256 MiB

// Events in columns of equal time from `begin_ms`. Their end need not be known: when they get too
// many, columns become one.
class TimeColumns {
 public:
  explicit TimeColumns(int64_t begin_ms = 0) : begin_ms_(begin_ms) {}

  void add(int64_t at_ms, Family family);  // before the beginning: not counted
  int64_t width_ms() const { return width_ms_; }
  const std::vector<FamilyCounts>& columns() const { return columns_; }

  static constexpr size_t kColumnsMax = 120;

 private:
  void widen();

  int64_t begin_ms_;
  int64_t width_ms_ = 10;
  std::vector<FamilyCounts> columns_;
};

}  // namespace crawl
