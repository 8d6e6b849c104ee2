// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "base/columns.h"
#include "base/units.h"
#include "report/chart.h"
#include "report/sections.h"
#include "report/table.h"
#include "storage/explain.h"

namespace crawl {

namespace {

constexpr size_t kChartHosts = 12;
using Kind = TableColumn::Kind;
using Sorted = TableColumn::Sorted;

void write_swatch(Html& html, Family family) {
  html << "<svg class=\"swatch\" aria-hidden=\"true\" width=\"12\" height=\"12\"><rect class=\""
       << family_class(family) << "\" width=\"12\" height=\"12\"/></svg>";
}

std::string percent(int64_t part, int64_t whole) {
  if (whole == 0) return "";
  const double share = 100 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.1) return "< 0.1 %";
  return fmt::format("{:.1f} %", share);
}

// A word of a closed list, and how many URLs have it.
struct Word {
  Family family;
  std::string_view name, meaning;
  int64_t count = 0;
};

void write_words(Html& html, Markup id, std::string_view caption, Markup head, int64_t whole,
                 std::vector<Word> words) {
  std::stable_sort(words.begin(), words.end(),
                   [](const Word& a, const Word& b) { return a.count > b.count; });
  Table table(html, TableShape::kList, id, caption,
              {{head},
               {"URLs", Kind::kNumber, Sorted::kDown},
               {"Share", Kind::kNumber},
               {"What it means"}});
  for (const Word& word : words) {
    table.begin_row();
    table.begin_cell();
    write_swatch(html, word.family);
    html << "<span class=\"word\">" << Text{word.name} << "</span>";
    table.end_cell();
    table.count(word.count);
    table.figure(word.count, percent(word.count, whole));
    table.text(word.meaning);
  }
}

void write_outcome_table(Html& html, const UrlCounts& urls) {
  std::vector<Word> words;
  for (size_t i = 1; i < urls.outcomes.size(); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (urls.outcomes[i] == 0) continue;
    words.push_back(
        {family_of(outcome), name(outcome), explain(outcome).meaning, urls.outcomes[i]});
  }
  write_words(html, "outcome-table", "URLs that were fetched or tried, by outcome", "Outcome",
              urls.fetched(), std::move(words));
}

void write_reason_table(Html& html, const UrlCounts& urls) {
  std::vector<Word> words;
  for (size_t i = 1; i < urls.reasons.size(); ++i) {
    const auto reason = static_cast<SkipReason>(i);
    if (urls.reasons[i] == 0) continue;
    words.push_back({Family::kSkipped, name(reason), explain(reason).meaning, urls.reasons[i]});
  }
  write_words(html, "reason-table", "URLs that were skipped, by reason", "Reason",
              urls.of(UrlState::kSkipped), std::move(words));
}

}  // namespace

void write_outcomes(Html& html, const Report& report) {
  const UrlCounts& urls = report.urls;
  open_section(html, "outcomes", "Outcomes");
  html << "<p class=\"said\"><strong>" << Grouped{urls.all()} << "</strong> "
       << (urls.all() == 1 ? Markup("URL: ") : Markup("URLs: ")) << Grouped{urls.fetched()}
       << " fetched or tried, " << Grouped{urls.of(UrlState::kPending)} << " waiting, "
       << Grouped{urls.of(UrlState::kSkipped)} << " skipped.</p>\n";
  write_coverage(html, report, urls.coverage, "the URLs");
  if (urls.all() == 0) return close_section(html);
  RowChart chart{{"outcome-chart", "URLs by what became of them",
                  "One bar for all URLs, parted by what became of them; the numbers are in the "
                  "list above it and in the tables below it."},
                 {{urls.coverage.whole ? "All URLs" : "URLs that were read", "",
                   family_segments(urls.families, 0, kFamilies)}},
                 24};
  html << "<figure>";
  draw_legend(html, urls.families);
  draw_rows(html, chart);
  html << "</figure>\n";
  if (urls.fetched() > 0) write_outcome_table(html, urls);
  if (urls.of(UrlState::kSkipped) > 0) write_reason_table(html, urls);
  close_section(html);
}

void write_status_by_host(Html& html, const Report& report) {
  const Hosts& hosts = report.hosts;
  open_section(html, "by-host", "Status by host");
  if (hosts.most_fetched.empty()) {
    html << "<p class=\"said\">No host is known yet.</p>\n";
    return close_section(html);
  }
  const size_t shown = std::min(kChartHosts, hosts.most_fetched.size());
  html << "<p class=\"said\">";
  if (static_cast<int64_t>(shown) < hosts.count) {
    html << "The " << Grouped{static_cast<int64_t>(shown)} << " hosts with most fetches, of "
         << Grouped{hosts.count} << ".";
  } else {
    html << "Every host.";
  }
  html << " Of each, the URLs that were fetched or tried.</p>\n";
  write_coverage(html, report, report.urls.coverage, "the URLs");
  RowChart chart;
  chart.text = {"host-chart", "Status by host",
                "A bar for each host, parted by what became of its URLs; the numbers are in the "
                "table of hosts further down."};
  std::vector<FamilyCounts> charted;
  for (size_t i = 0; i < shown; ++i) {
    const HostFigures& host = hosts.most_fetched[i];
    chart.rows.push_back({host.name, "", family_segments(host.families)});
    charted.push_back(host.families);
  }
  FamilyCounts legend = sum_of(charted);
  for (size_t i = kFetchedFamilies; i < kFamilies; ++i) legend[i] = 0;
  html << "<figure>";
  draw_legend(html, legend);
  draw_rows(html, chart);
  html << "</figure>\n";
  close_section(html);
}

}  // namespace crawl
