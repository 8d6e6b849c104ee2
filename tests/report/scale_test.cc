// SPDX-License-Identifier: MIT
#include "report/scale.h"

#include <algorithm>
#include <limits>
#include <random>

#include "tests/support/catch.h"

using namespace crawl;

namespace {

using Numbers = std::vector<int64_t>;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// What a label takes of a plot that is `px` wide.
std::pair<double, double> extent_of(const AxisLabel& label, int px) {
  const double width = static_cast<double>(label.text.size()) * kLetterPx;
  if (label.at <= 0) return {0, width};
  if (label.at >= 1) return {px - width, px};
  return {label.at * px - width / 2, label.at * px + width / 2};
}

}  // namespace

TEST_CASE("ticks: round numbers from 0 to the first that is not less", "[chart]") {
  CHECK(round_ticks(0, 4) == Numbers{0, 1});
  CHECK(round_ticks(1, 4) == Numbers{0, 1});
  CHECK(round_ticks(3, 4) == Numbers{0, 1, 2, 3});
  CHECK(round_ticks(7, 4) == Numbers{0, 2, 4, 6, 8});
  CHECK(round_ticks(100, 4) == Numbers{0, 50, 100});
  CHECK(round_ticks(1234, 4) == Numbers{0, 500, 1000, 1500});
  CHECK(round_ticks(-5, 4) == Numbers{0, 1});
  for (const int64_t max : {int64_t{9}, int64_t{10'000'000}, int64_t{123'456'789}, kMost}) {
    const Numbers ticks = round_ticks(max, 4);
    CAPTURE(max);
    CHECK(ticks.size() <= 5);
    CHECK(ticks.back() >= std::min(max, int64_t{1} << 60));
  }
}

TEST_CASE("time steps: the shortest round span that gives few enough", "[chart]") {
  CHECK(round_time_step(900, 10) == 100);
  CHECK(round_time_step(10'000, 10) == 1'000);
  CHECK(round_time_step(600'000, 10) == 60'000);
  CHECK(round_time_step(86'400'000, 10) == 3 * 3'600'000);
  CHECK(round_time_step(kMost, 10) > 0);
}

TEST_CASE("numbers of an axis are short", "[chart]") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(12'300) == "12,300");
  CHECK(short_number(1'000'000) == "1 M");
  CHECK(short_number(1'250'000) == "1.2 M");
  CHECK(short_number(2'500'000'000) == "2.5 G");
  CHECK(short_size(4096) == "4 KiB");
  CHECK(short_size(1536) == "1.5 KiB");
  CHECK(short_size(512) == "512 B");
  CHECK(short_time(200) == "200 ms");
}

TEST_CASE("labels: those that are shown keep apart and inside", "[chart]") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<AxisLabel> labels;
    const int count = 1 + static_cast<int>(random() % 40);
    for (int i = 0; i < count; ++i) {
      labels.push_back(
          {static_cast<double>(i) / std::max(1, count - 1), std::string(1 + random() % 9, '5')});
    }
    choose_labels(labels);
    for (const bool wide : {false, true}) {
      const int px = wide ? kWidePx : kNarrowPx;
      double free_from = -1;
      int shown = 0;
      for (const AxisLabel& label : labels) {
        if (!(wide ? label.wide : label.narrow)) continue;
        const auto [left, right] = extent_of(label, px);
        CHECK(left > free_from);
        CHECK(right <= px);
        free_from = right;
        ++shown;
      }
      CHECK(shown >= 1);
    }
  }
}

TEST_CASE("labels: where there is room all are shown, and the narrow page shows fewer", "[chart]") {
  std::vector<AxisLabel> few = {{0, "0"}, {0.5, "50"}, {1, "100"}};
  choose_labels(few);
  CHECK(
      std::all_of(few.begin(), few.end(), [](auto& label) { return label.wide && label.narrow; }));
  std::vector<AxisLabel> many;
  for (int i = 0; i < 24; ++i) many.push_back({(i + 0.5) / 24, std::to_string(i)});
  choose_labels(many);
  const auto wide = std::count_if(many.begin(), many.end(), [](auto& l) { return l.wide; });
  const auto narrow = std::count_if(many.begin(), many.end(), [](auto& l) { return l.narrow; });
  CHECK(wide > narrow);
  CHECK(narrow > 3);
}

TEST_CASE("distribution: each value lies in the bucket that its edges say", "[chart]") {
  Distribution values({10, 20, 50});
  for (const int64_t value : {-5, 0, 9, 10, 19, 20, 49, 50, 5'000'000}) values.add(value);
  CHECK(values.counts() == Numbers{5, 2, 2});
  CHECK(values.count() == 9);
  CHECK(values.max() == 5'000'000);
}

TEST_CASE("distribution: quantiles are within two percent", "[chart]") {
  Distribution none({1});
  CHECK(none.quantile(0.5) == 0);
  Distribution one({1});
  one.add(7);
  CHECK(one.quantile(0.5) == 7);
  CHECK(one.quantile(0.99) == 7);
  std::mt19937_64 random(3);
  std::vector<int64_t> all;
  Distribution values(time_edges());
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<int64_t>(random() % (uint64_t{1} << (1 + random() % 40))));
    values.add(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double share : {0.01, 0.5, 0.9, 0.95, 0.999}) {
    const auto exact = static_cast<double>(all[static_cast<size_t>(share * 20'000) - 1]);
    CAPTURE(share, exact, values.quantile(share));
    CHECK(std::abs(static_cast<double>(values.quantile(share)) - exact) <= 0.02 * exact);
  }
  values.add(kMost);
  CHECK(values.max() == kMost);
  CHECK(values.quantile(1) > kMost / 100 * 98);
}

TEST_CASE("edges: grow, from a millisecond to minutes, from 64 B to megabytes", "[chart]") {
  for (const Numbers& edges : {time_edges(), size_edges()}) {
    CHECK(std::is_sorted(edges.begin(), edges.end()));
    CHECK(std::adjacent_find(edges.begin(), edges.end()) == edges.end());
  }
  CHECK(time_edges().front() == 1);
  CHECK(time_edges().back() == 500'000);
  CHECK(size_edges().back() == int64_t{256} << 20);
}

TEST_CASE("time columns: stay few, and lose nothing when they are joined", "[chart]") {
  TimeColumns columns(1'000'000);
  columns.add(999'999, Family::kOk);  // before the run: another one's
  CHECK(columns.columns().empty());
  columns.add(1'000'000, Family::kOk);
  columns.add(1'000'250, Family::kErrorStatus);
  CHECK(columns.width_ms() == 10);
  CHECK(columns.columns().size() == 26);
  CHECK(columns.columns()[25][static_cast<size_t>(Family::kErrorStatus)] == 1);
  for (int64_t minute = 0; minute < 600; ++minute) {
    columns.add(1'000'000 + minute * 60'000, Family::kOk);
  }
  CHECK(columns.columns().size() <= TimeColumns::kColumnsMax);
  CHECK(columns.columns().size() >= TimeColumns::kColumnsMax / 6);
  CHECK(columns.width_ms() == 600'000);
  CHECK(sum_of(columns.columns())[static_cast<size_t>(Family::kOk)] == 601);
  CHECK(columns.columns()[0][static_cast<size_t>(Family::kErrorStatus)] == 1);
  columns.add(kMost, Family::kOk);  // a clock that was wrong
  CHECK(columns.columns().size() <= TimeColumns::kColumnsMax);
  CHECK(sum_of(columns.columns())[static_cast<size_t>(Family::kOk)] == 602);
}
