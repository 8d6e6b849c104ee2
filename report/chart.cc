// SPDX-License-Identifier: MIT
#include "report/chart.h"

#include <algorithm>
#include <cmath>

#include "base/columns.h"

namespace crawl {

namespace {

constexpr int kLabelPx = 22;  // of a line of labels
constexpr int kTopPx = 8;
constexpr int kTickGapPx = 8;
constexpr int kRowPx = 30;  // without its bar
constexpr double kLeastPx = 1.5;
constexpr double kLeastShare = 0.004;
constexpr int kRowLabelColumns = 38;

int64_t sum(std::span<const Segment> segments) {
  int64_t total = 0;
  for (const Segment& segment : segments) total += segment.value;
  return total;
}

void open_svg(Html& html, const ChartText& text, int height_px) {
  html << "<svg class=\"chart\" role=\"img\" width=\"100%\" height=\""
       << Plain{static_cast<double>(height_px)} << "\" aria-labelledby=\"" << text.id
       << "-name\" aria-describedby=\"" << text.id << "-text\"><title id=\"" << text.id
       << "-name\">" << Text{text.name} << "</title><desc id=\"" << text.id << "-text\">"
       << Text{text.description} << "</desc>";
}

// "100 to 200 ms: 12 Stored, 3 Redirect"
void write_mark_title(Html& html, std::string_view label, std::span<const Segment> segments) {
  html << "<title>" << Text{label} << ": ";
  bool first = true;
  for (const Segment& segment : segments) {
    if (segment.value == 0 && segments.size() > 1) continue;
    if (!first) html << ", ";
    first = false;
    html << Grouped{segment.value};
    if (!segment.name.empty()) html << " " << Text{segment.name};
  }
  if (first) html << "0";
  html << "</title>";
}

double tick_y(int64_t tick, int64_t highest, int top_px, int height_px) {
  const double share = static_cast<double>(tick) / static_cast<double>(highest);
  return std::floor(top_px + height_px * (1 - share)) + 0.5;
}

void draw_grid(Html& html, const std::vector<int64_t>& ticks, int top_px, int height_px) {
  for (const int64_t tick : ticks) {
    const double y = tick_y(tick, ticks.back(), top_px, height_px);
    html << "<line class=\"" << (tick == 0 ? Markup("ground") : Markup("grid"))
         << "\" x1=\"0\" x2=\"100%\" y1=\"" << Plain{y} << "\" y2=\"" << Plain{y} << "\"/>";
  }
}

// The numbers of the y axis, in a drawing of their own: its width is one of letters.
void draw_ticks(Html& html, const std::vector<int64_t>& ticks, int top_px, int height_px) {
  const double width = display_width(short_number(ticks.back())) * kLetterPx + kTickGapPx;
  html << "<svg class=\"chart ticks\" aria-hidden=\"true\" width=\"" << Plain{width}
       << "\" height=\"" << Plain{static_cast<double>(top_px + height_px + kLabelPx)} << "\">";
  for (const int64_t tick : ticks) {
    html << "<text x=\"" << Plain{width - kTickGapPx} << "\" y=\""
         << Plain{tick_y(tick, ticks.back(), top_px, height_px) + 4} << "\" text-anchor=\"end\">"
         << Text{short_number(tick)} << "</text>";
  }
  html << "</svg>";
}

void draw_axis_labels(Html& html, std::vector<AxisLabel>& labels, int y_px) {
  choose_labels(labels);
  for (const AxisLabel& label : labels) {
    if (!label.wide && !label.narrow) continue;
    html << "<text class=\"" << (label.wide ? Markup("axis") : Markup("axis narrow"))
         << (label.narrow ? Markup("") : Markup(" wide")) << "\" x=\""
         << Percent{std::clamp(label.at, 0.0, 1.0)} << "\" y=\"" << Plain{static_cast<double>(y_px)}
         << "\" text-anchor=\""
         << (label.at <= 0   ? Markup("start")
             : label.at >= 1 ? Markup("end")
                             : Markup("middle"))
         << "\">" << Text{label.text} << "</text>";
  }
}

}  // namespace

Band column_band(size_t i, size_t count) {
  const double pitch = 1.0 / static_cast<double>(count);
  const double gap = count > 1 ? 0.2 * pitch : 0;
  return {static_cast<double>(i) * pitch + gap / 2, pitch - gap};
}

std::vector<Band> stack(std::span<const Segment> segments, int64_t whole, double length,
                        double least) {
  std::vector<Band> bands(segments.size());
  size_t longest = 0;
  double borrowed = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].value <= 0 || whole <= 0) continue;
    bands[i].length = length * static_cast<double>(segments[i].value) / static_cast<double>(whole);
    if (bands[i].length < least) borrowed += least - bands[i].length;
    bands[i].length = std::max(bands[i].length, least);
    if (bands[i].length > bands[longest].length) longest = i;
  }
  if (!bands.empty() && bands[longest].length - borrowed > least) {
    bands[longest].length -= borrowed;
  }
  double at = 0;
  for (Band& band : bands) {
    band.begin = at;
    at += band.length;
  }
  return bands;
}

std::vector<Segment> family_segments(const FamilyCounts& counts, size_t from, size_t to) {
  std::vector<Segment> segments;
  for (size_t i = from; i < to; ++i) {
    const auto family = static_cast<Family>(i);
    if (counts[i] > 0) {
      segments.push_back({family_class(family), family_name(family).view(), counts[i]});
    }
  }
  return segments;
}

void draw_columns(Html& html, ColumnChart chart) {
  int64_t highest = 0;
  for (const auto& column : chart.columns) highest = std::max(highest, sum(column.segments));
  const std::vector<int64_t> ticks = round_ticks(highest, 4);
  const int top_px = kTopPx;
  html << "<div class=\"plot\">";
  draw_ticks(html, ticks, top_px, chart.height_px);
  const size_t places = std::max(chart.columns.size(), ColumnChart::kPlacesMin);
  for (AxisLabel& label : chart.labels) {
    label.at *= static_cast<double>(chart.columns.size()) / static_cast<double>(places);
  }
  open_svg(html, chart.text, top_px + chart.height_px + kLabelPx);
  draw_grid(html, ticks, top_px, chart.height_px);
  for (size_t i = 0; i < chart.columns.size(); ++i) {
    const auto& column = chart.columns[i];
    if (sum(column.segments) == 0) continue;
    const Band band = column_band(i, places);
    const std::vector<Band> stacked =
        stack(column.segments, ticks.back(), chart.height_px, kLeastPx);
    html << "<g>";
    write_mark_title(html, column.label, column.segments);
    for (size_t k = 0; k < stacked.size(); ++k) {
      const double bottom = top_px + chart.height_px - stacked[k].begin;
      html << "<rect class=\"" << column.segments[k].css_class << "\" x=\"" << Percent{band.begin}
           << "\" width=\"" << Percent{band.length} << "\" y=\""
           << Plain{bottom - stacked[k].length} << "\" height=\"" << Plain{stacked[k].length}
           << "\"/>";
    }
    html << "</g>";
  }
  draw_axis_labels(html, chart.labels, top_px + chart.height_px + 16);
  html << "</svg></div>";
}

void draw_rows(Html& html, const RowChart& chart) {
  int64_t longest = 1;
  for (const auto& row : chart.rows) longest = std::max(longest, sum(row.segments));
  open_svg(html, chart.text, static_cast<int>(chart.rows.size()) * (kRowPx + chart.bar_px));
  for (size_t i = 0; i < chart.rows.size(); ++i) {
    const auto& row = chart.rows[i];
    const double top = static_cast<double>(i) * (kRowPx + chart.bar_px);
    html << "<g>";
    write_mark_title(html, row.label, row.segments);
    html << "<text class=\"name\" x=\"0\" y=\"" << Plain{top + 15} << "\">"
         << Text{abridge_middle(row.label, kRowLabelColumns)}
         << "</text><text class=\"value\" x=\"100%\" y=\"" << Plain{top + 15}
         << "\" text-anchor=\"end\">";
    if (row.value.empty()) {
      html << Grouped{sum(row.segments)};
    } else {
      html << Text{row.value};
    }
    html << "</text><rect class=\"trough\" x=\"0\" width=\"100%\" y=\"" << Plain{top + 22}
         << "\" height=\"" << Plain{static_cast<double>(chart.bar_px)} << "\"/>";
    const std::vector<Band> stacked = stack(row.segments, longest, 1, kLeastShare);
    for (size_t k = 0; k < stacked.size(); ++k) {
      html << "<rect class=\"" << row.segments[k].css_class << "\" x=\""
           << Percent{stacked[k].begin} << "\" width=\"" << Percent{stacked[k].length} << "\" y=\""
           << Plain{top + 22} << "\" height=\"" << Plain{static_cast<double>(chart.bar_px)}
           << "\"/>";
    }
    html << "</g>";
  }
  html << "</svg>";
}

void draw_legend(Html& html, const FamilyCounts& totals) {
  html << "<ul class=\"legend\">";
  for (size_t i = 0; i < kFamilies; ++i) {
    if (totals[i] == 0) continue;
    const auto family = static_cast<Family>(i);
    html << "<li><svg class=\"swatch\" aria-hidden=\"true\" width=\"12\" height=\"12\"><rect "
            "class=\""
         << family_class(family) << "\" width=\"12\" height=\"12\"/></svg>" << family_name(family)
         << " <span class=\"count\">" << Grouped{totals[i]} << "</span></li>";
  }
  html << "</ul>";
}

}  // namespace crawl
