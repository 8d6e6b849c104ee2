// SPDX-License-Identifier: MIT
#include "report/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/columns.h"
#include "base/units.h"

namespace crawl {

namespace {

constexpr int64_t kSecond = 1'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kTimeMax = 36'500 * kDay;

// What it is is part of the next: columns of one width can be joined to those of the next.
constexpr int64_t kWidths[] = {10,           20,           100,          200,       kSecond,
                               2 * kSecond,  10 * kSecond, 30 * kSecond, kMinute,   2 * kMinute,
                               10 * kMinute, 30 * kMinute, kHour,        2 * kHour, 6 * kHour,
                               12 * kHour,   kDay};

constexpr int64_t kSteps[] = {
    10,          20,           50,           100,          200,          500,       kSecond,
    2 * kSecond, 5 * kSecond,  10 * kSecond, 15 * kSecond, 30 * kSecond, kMinute,   2 * kMinute,
    5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute, kHour,        2 * kHour, 3 * kHour,
    6 * kHour,   12 * kHour,   kDay,         2 * kDay,     5 * kDay};

constexpr int64_t kFinePerDoubling = 32;

size_t fine_index(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  if (bits < kFinePerDoubling) return bits;
  const auto shift = static_cast<uint64_t>(std::bit_width(bits)) - 6;
  return static_cast<size_t>((shift + 1) * kFinePerDoubling + (bits >> shift) - kFinePerDoubling);
}

// The middle of a bucket.
int64_t fine_value(size_t index) {
  const auto at = static_cast<int64_t>(index);
  if (at < 2 * kFinePerDoubling) return at;
  const int64_t shift = at / kFinePerDoubling - 1;
  return (at % kFinePerDoubling + kFinePerDoubling) * (int64_t{1} << shift) +
         (int64_t{1} << (shift - 1));
}

struct Extent {
  double left, right;
};

Extent extent(const AxisLabel& label, int plot_px) {
  const double width = display_width(label.text) * kLetterPx;
  const double at = label.at * plot_px;
  if (label.at <= 0) return {0, width};
  if (label.at >= 1) return {at - width, at};
  return {at - width / 2, at + width / 2};
}

// Every `stride`-th, as far as the plot reaches: do they keep apart?
bool show_every(std::vector<AxisLabel>& labels, size_t stride, int plot_px,
                bool AxisLabel::*shown) {
  constexpr double kGapPx = 10;
  double free_from = 0;
  for (AxisLabel& label : labels) label.*shown = false;
  for (size_t i = 0; i < labels.size(); i += stride) {
    const Extent here = extent(labels[i], plot_px);
    if (here.left < 0 || here.right > plot_px) continue;
    if (here.left < free_from) return false;
    labels[i].*shown = true;
    free_from = here.right + kGapPx;
  }
  return true;
}

void choose(std::vector<AxisLabel>& labels, int plot_px, bool AxisLabel::*shown) {
  for (size_t stride = 1; !show_every(labels, stride, plot_px, shown); ++stride) {
  }
}

// Of 1, 2, 5, 10 … the first whose `count` multiples reach `max`.
int64_t round_step(int64_t max, int count) {
  for (int64_t power = 1;; power *= 10) {
    for (const int64_t digit : {1, 2, 5}) {
      if (digit * power >= (max + count - 1) / count) return digit * power;
    }
  }
}

}  // namespace

std::vector<int64_t> round_ticks(int64_t max, int count) {
  max = std::clamp<int64_t>(max, 1, int64_t{1} << 60);
  const int64_t step = round_step(max, std::max(count, 1));
  std::vector<int64_t> ticks = {0};
  while (ticks.back() < max) ticks.push_back(ticks.back() + step);
  return ticks;
}

int64_t round_time_step(int64_t span_ms, int count) {
  for (const int64_t step : kSteps) {
    if (step * count >= span_ms) return step;
  }
  int64_t step = 10 * kDay;
  while (step * count < std::min(span_ms, kTimeMax)) step *= 2;
  return step;
}

std::string short_number(int64_t number) {
  if (number < 1'000'000) return group_digits(number);
  const char* unit = " M";
  double value = static_cast<double>(number) / 1e6;
  if (value >= 999.95) {
    value /= 1'000;
    unit = " G";
  }
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text + unit;
}

std::string short_time(int64_t ms) { return ms == 0 ? "0" : format_duration_ms(ms); }

std::string short_size(int64_t bytes) {
  std::string text = format_bytes(static_cast<uint64_t>(std::max<int64_t>(bytes, 0)));
  const size_t point = text.find(".0 ");
  return point == std::string::npos ? text : text.erase(point, 2);
}

void choose_labels(std::vector<AxisLabel>& labels) {
  choose(labels, kWidePx, &AxisLabel::wide);
  choose(labels, kNarrowPx, &AxisLabel::narrow);
}

Distribution::Distribution(std::vector<int64_t> edges)
    : edges_(std::move(edges)), counts_(edges_.size()) {}

void Distribution::add(int64_t value) {
  value = std::max<int64_t>(value, 0);
  const auto above = std::upper_bound(edges_.begin(), edges_.end(), value);
  ++counts_[above == edges_.begin() ? 0 : static_cast<size_t>(above - edges_.begin()) - 1];
  const size_t fine = fine_index(value);
  if (fine >= fine_.size()) fine_.resize(fine + 1);
  ++fine_[fine];
  ++count_;
  max_ = std::max(max_, value);
}

int64_t Distribution::quantile(double share) const {
  const auto wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(count_)));
  int64_t seen = 0;
  for (size_t i = 0; i < fine_.size(); ++i) {
    seen += fine_[i];
    if (seen > 0 && seen >= wanted) return std::min(fine_value(i), max_);
  }
  return 0;
}

std::vector<int64_t> time_edges() {
  std::vector<int64_t> edges;
  for (int64_t power = 1; power <= 100'000; power *= 10) {
    for (const int64_t digit : {1, 2, 5}) edges.push_back(digit * power);
  }
  return edges;
}

std::vector<int64_t> size_edges() {
  std::vector<int64_t> edges;
  for (int64_t edge = 64; edge <= int64_t{256} << 20; edge *= 2) edges.push_back(edge);
  return edges;
}

void TimeColumns::widen() {
  const auto* next = std::upper_bound(std::begin(kWidths), std::end(kWidths), width_ms_);
  const int64_t width = next == std::end(kWidths) ? width_ms_ * 2 : *next;
  const auto joined = static_cast<size_t>(width / width_ms_);
  std::vector<FamilyCounts> wider((columns_.size() + joined - 1) / joined, FamilyCounts{});
  for (size_t i = 0; i < columns_.size(); ++i) {
    for (size_t k = 0; k < kFamilies; ++k) wider[i / joined][k] += columns_[i][k];
  }
  columns_ = std::move(wider);
  width_ms_ = width;
}

void TimeColumns::add(int64_t at_ms, Family family) {
  if (at_ms < begin_ms_) return;
  const int64_t passed = std::min(at_ms - begin_ms_, kTimeMax);
  while (passed / width_ms_ >= static_cast<int64_t>(kColumnsMax)) widen();
  const auto column = static_cast<size_t>(passed / width_ms_);
  if (column >= columns_.size()) columns_.resize(column + 1, FamilyCounts{});
  ++columns_[column][static_cast<size_t>(family)];
}

}  // namespace crawl
