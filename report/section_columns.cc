// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/columns.h"
#include "base/units.h"
#include "report/chart.h"
#include "report/sections.h"
#include "report/table.h"

namespace crawl {

namespace {

using Kind = TableColumn::Kind;

// From a moment after the beginning to another: "1 m to 2 m".
std::string span_label(const std::vector<FamilyCounts>& columns, size_t i, int64_t width_ms) {
  const auto at = static_cast<int64_t>(i);
  return i < columns.size()
             ? format_duration_ms(at * width_ms) + " to " + format_duration_ms((at + 1) * width_ms)
             : "";
}

std::vector<AxisLabel> time_labels(int64_t span_ms) {
  std::vector<AxisLabel> labels;
  const int64_t step = round_time_step(span_ms, 10);
  for (int64_t at = 0; at <= span_ms; at += step) {
    labels.push_back({static_cast<double>(at) / static_cast<double>(span_ms), short_time(at)});
  }
  return labels;
}

int64_t sum(const FamilyCounts& counts) {
  int64_t all = 0;
  for (const int64_t count : counts) all += count;
  return all;
}

// The numbers of a chart, for who wants them or cannot see it.
void write_numbers(Html& html, Markup id, std::string_view caption, Markup first,
                   const std::vector<std::pair<std::string, FamilyCounts>>& rows) {
  html << "<details><summary>Numbers</summary>";
  {
    Table table(html, TableShape::kGrid, id, caption,
                {{first},
                 {"Stored", Kind::kNumber},
                 {"Redirect", Kind::kNumber},
                 {"Error status", Kind::kNumber},
                 {"No answer", Kind::kNumber},
                 {"Not kept", Kind::kNumber},
                 {"Waiting", Kind::kNumber}});
    int64_t place = 0;
    for (const auto& [label, counts] : rows) {
      table.begin_row();
      table.figure(place++, label);
      for (size_t i = 0; i < static_cast<size_t>(Family::kSkipped); ++i) table.count(counts[i]);
    }
  }
  html << "</details>\n";
}

}  // namespace

void write_over_time(Html& html, const Report& report) {
  const std::vector<FamilyCounts>& columns = report.pages.over_time.columns();
  const int64_t width_ms = report.pages.over_time.width_ms();
  open_section(html, "over-time", "Pages over time");
  if (columns.empty()) {
    html << "<p class=\"said\">The last run fetched no page.</p>\n";
    return close_section(html);
  }
  html << "<p class=\"said\">What run " << Grouped{report.last_run()->id}
       << " fetched, from its beginning. Each column is " << Text{format_duration_ms(width_ms)}
       << ".</p>\n";
  write_coverage(html, report, report.pages.coverage, "the pages");
  ColumnChart chart;
  chart.text = {"time-chart", "Pages over time",
                "Columns of pages fetched, by what became of them, over the time of the last "
                "run; the numbers are in the table below it."};
  std::vector<std::pair<std::string, FamilyCounts>> rows;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string label = span_label(columns, i, width_ms);
    chart.columns.push_back({label, family_segments(columns[i])});
    rows.emplace_back(label, columns[i]);
  }
  chart.labels = time_labels(width_ms * static_cast<int64_t>(columns.size()));
  html << "<figure>";
  draw_legend(html, sum_of(columns));
  draw_columns(html, std::move(chart));
  html << "</figure>\n";
  write_numbers(html, "time-table", "Pages that the last run fetched", "Since its beginning", rows);
  close_section(html);
}

namespace {

void write_depths(Html& html, const Report& report) {
  const auto& depths = report.urls.depths;
  open_section(html, "depth", "Depth");
  size_t deepest = 0;
  for (size_t i = 0; i < depths.size(); ++i) {
    if (sum(depths[i]) > depths[i][static_cast<size_t>(Family::kSkipped)]) deepest = i;
  }
  html << "<p class=\"said\">How many links away from a seed the URLs were found; those that were "
          "skipped are not counted.</p>\n";
  write_coverage(html, report, report.urls.coverage, "the URLs");
  ColumnChart chart;
  chart.text = {"depth-chart", "URLs by depth",
                "Columns of URLs, by what became of them, for each depth; the numbers are in the "
                "table below it."};
  std::vector<std::pair<std::string, FamilyCounts>> rows;
  constexpr size_t kShown = static_cast<size_t>(Family::kSkipped);
  std::vector<FamilyCounts> charted;
  for (size_t i = 0; i <= deepest; ++i) {
    const bool last = i == UrlCounts::kDepthMax;
    const std::string label = std::to_string(i) + (last ? " and more" : "");
    chart.columns.push_back({"Depth " + label, family_segments(depths[i], 0, kShown)});
    const Band band = column_band(i, deepest + 1);
    chart.labels.push_back({band.begin + band.length / 2, std::to_string(i) + (last ? "+" : "")});
    rows.emplace_back(label, depths[i]);
    charted.push_back(depths[i]);
  }
  FamilyCounts legend = sum_of(charted);
  legend[static_cast<size_t>(Family::kSkipped)] = 0;
  html << "<figure>";
  draw_legend(html, legend);
  draw_columns(html, std::move(chart));
  html << "</figure>\n";
  write_numbers(html, "depth-table", "URLs by depth", "Depth", rows);
  close_section(html);
}

// "404" with its class's colour: what is below 300 is fine, what is below 400 leads on.
Segment status_segment(const Count& status) {
  const char first = status.name.front();
  if (first == '2') return {"f-ok", "", status.count};
  if (first == '3') return {"f-redirect", "", status.count};
  return {"f-error", "", status.count};
}

void write_statuses(Html& html, const Report& report) {
  constexpr size_t kShown = 6;
  const std::vector<Count>& statuses = report.pages.statuses;
  open_section(html, "statuses", "Status codes");
  if (statuses.empty()) {
    html << "<p class=\"said\">Nobody has answered yet.</p>\n";
    return close_section(html);
  }
  html << "<p class=\"said\">Of the latest answer of each URL"
       << (statuses.size() > kShown ? Markup("; the most frequent") : Markup("")) << ".</p>\n";
  write_coverage(html, report, report.pages.coverage, "the pages");
  RowChart chart;
  chart.text = {"status-chart", "Status codes",
                "A bar for each status code of HTTP, with the "
                "number of URLs that it was answered for."};
  for (size_t i = 0; i < std::min(kShown, statuses.size()); ++i) {
    chart.rows.push_back({statuses[i].name, "", {status_segment(statuses[i])}});
  }
  html << "<figure>";
  draw_rows(html, chart);
  html << "</figure>\n";
  close_section(html);
}

}  // namespace

void write_depth(Html& html, const Report& report) {
  html << "<div class=\"pair\">";
  write_depths(html, report);
  write_statuses(html, report);
  html << "</div>\n";
}

namespace {

// Columns from the first bucket that has anything to the last, with their edges below.
ColumnChart distribution_chart(const Distribution& values, ChartText text,
                               std::string (*shown)(int64_t)) {
  ColumnChart chart;
  chart.text = std::move(text);
  const std::vector<int64_t>& counts = values.counts();
  size_t first = 0;
  size_t last = counts.size() - 1;
  while (first < last && counts[first] == 0) ++first;
  while (last > first && counts[last] == 0) --last;
  // A column that stands alone tells less than one among its neighbours.
  if (first > 0) --first;
  if (last + 1 < counts.size()) ++last;
  const auto count = static_cast<double>(last - first + 1);
  for (size_t i = first; i <= last; ++i) {
    const bool open = i + 1 == counts.size();
    const std::string from = shown(i == 0 ? 0 : values.edges()[i]);
    chart.columns.push_back(
        {open ? from + " and more" : from + " to " + shown(values.edges()[i + 1]),
         {{"only", "", counts[i]}}});
    chart.labels.push_back({static_cast<double>(i - first) / count, from});
    if (i == last && !open) chart.labels.push_back({1, shown(values.edges()[i + 1])});
  }
  return chart;
}

void write_bucket_numbers(Html& html, Markup id, Markup first, std::string_view caption,
                          const ColumnChart& chart) {
  html << "<details><summary>Numbers</summary>";
  {
    Table table(html, TableShape::kGrid, id, caption, {{first}, {"Pages", Kind::kNumber}});
    int64_t place = 0;
    for (const auto& column : chart.columns) {
      table.begin_row();
      table.figure(place++, column.label);
      table.count(column.segments.front().value);
    }
  }
  html << "</details>\n";
}

std::string within(int64_t ms) { return ms == 0 ? "1 ms" : format_duration_ms(ms); }

}  // namespace

void write_distributions(Html& html, const Report& report) {
  const Pages& pages = report.pages;
  html << "<div class=\"pair\">";
  open_section(html, "latency", "Latency");
  if (pages.elapsed_ms.count() == 0) {
    html << "<p class=\"said\">Nobody has answered yet.</p>\n";
  } else {
    html << "<p class=\"said\">Half of the answers were there within <strong>"
         << Text{within(pages.elapsed_ms.quantile(0.5))} << "</strong>, 95 % within <strong>"
         << Text{within(pages.elapsed_ms.quantile(0.95))} << "</strong>, the slowest after <strong>"
         << Text{within(pages.elapsed_ms.max())} << "</strong>.</p>\n";
    write_coverage(html, report, pages.coverage, "the pages");
    ColumnChart chart = distribution_chart(
        pages.elapsed_ms,
        {"latency-chart", "Pages by latency",
         "Columns of pages by the time that their answer took; the numbers are in the table below "
         "it."},
        short_time);
    html << "<figure>";
    draw_columns(html, chart);
    html << "</figure>\n";
    write_bucket_numbers(html, "latency-table", "Time", "Pages by the time of their answer", chart);
  }
  close_section(html);
  open_section(html, "size", "Size");
  if (pages.bytes.count() == 0) {
    html << "<p class=\"said\">No page is stored yet.</p>\n";
  } else {
    html << "<p class=\"said\">Half of the pages have at most <strong>"
         << Text{format_bytes(static_cast<uint64_t>(pages.bytes.quantile(0.5)))}
         << "</strong>, 95 % at most <strong>"
         << Text{format_bytes(static_cast<uint64_t>(pages.bytes.quantile(0.95)))}
         << "</strong>, the largest <strong>"
         << Text{format_bytes(static_cast<uint64_t>(pages.bytes.max()))} << "</strong>.</p>\n";
    write_coverage(html, report, pages.coverage, "the pages");
    ColumnChart chart = distribution_chart(
        pages.bytes,
        {"size-chart", "Pages by size",
         "Columns of pages by the size of their body; the numbers are in the table below it."},
        short_size);
    html << "<figure>";
    draw_columns(html, chart);
    html << "</figure>\n";
    write_bucket_numbers(html, "size-table", "Size", "Pages by the size of their body", chart);
  }
  close_section(html);
  html << "</div>\n";
}

}  // namespace crawl
