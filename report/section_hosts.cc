// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/columns.h"
#include "base/units.h"
#include "report/chart.h"
#include "report/sections.h"
#include "report/table.h"

namespace crawl {

namespace {

using Kind = TableColumn::Kind;
using Sorted = TableColumn::Sorted;

void write_troubled(Html& html, const Report& report) {
  const Troubles& troubles = report.troubles;
  write_coverage(html, report, troubles.hosts_coverage, "the hosts");
  if (troubles.hosts.empty()) return;
  Table table(
      html, TableShape::kList, "trouble-table",
      static_cast<int64_t>(troubles.hosts.size()) < troubles.hosts_count
          ? fmt::format("{} of {} in trouble, those with most errors",
                        group_digits(static_cast<int64_t>(troubles.hosts.size())),
                        counted(troubles.hosts_count, "host"))
          : counted(troubles.hosts_count, "host") + " in trouble",
      {{"Host"}, {"Why"}, {"Failed", Kind::kNumber, Sorted::kDown}, {"Fetches", Kind::kNumber}});
  for (const TroubledHost& host : troubles.hosts) {
    table.begin_row();
    table.long_text(host.name, 60);
    table.text(host.why);
    table.count(host.errors);
    table.count(host.pages);
  }
}

void write_all(Html& html, const Report& report) {
  const Hosts& hosts = report.hosts;
  const auto shown = static_cast<int64_t>(hosts.most_fetched.size());
  Table table(html, TableShape::kGrid, "host-table",
              shown < hosts.count ? fmt::format("{} of {}, those with most fetches",
                                                group_digits(shown), counted(hosts.count, "host"))
                                  : counted(hosts.count, "host"),
              {{"Host"},
               {"Stored", Kind::kNumber},
               {"Redirect", Kind::kNumber},
               {"Error status", Kind::kNumber},
               {"No answer", Kind::kNumber},
               {"Not kept", Kind::kNumber},
               {"Waiting", Kind::kNumber},
               {"Skipped", Kind::kNumber},
               {"Latency", Kind::kNumber},
               {"Pause", Kind::kNumber},
               {"robots.txt"}});
  for (const HostFigures& host : hosts.most_fetched) {
    table.begin_row();
    table.long_text(host.name, 60);
    for (const int64_t count : host.families) table.count(count);
    table.figure(host.latency_ms, format_duration_ms(host.latency_ms));
    table.figure(host.delay_ms, format_duration_ms(host.delay_ms));
    table.text(host.robots);
  }
}

}  // namespace

void write_hosts(Html& html, const Report& report) {
  open_section(html, "hosts", "Hosts");
  const int64_t troubled = report.troubles.hosts_count;
  html << "<p class=\"said\">";
  if (troubled == 0) {
    html << "No host is in trouble.";
  } else {
    html << "<strong>" << Grouped{troubled} << "</strong> of "
         << Text{counted(report.hosts.count, "host")}
         << (troubled == 1 ? Markup(" is in trouble") : Markup(" are in trouble"))
         << ": at least half of what was asked of it in all runs has failed, it is asked less "
            "often after errors, or its robots.txt cannot be had.";
  }
  html << "</p>\n";
  write_troubled(html, report);
  if (!report.hosts.most_fetched.empty()) {
    write_coverage(html, report, report.urls.coverage, "the URLs");
    write_all(html, report);
  }
  close_section(html);
}

namespace {

void draw_runs(Html& html, const Report& report) {
  ColumnChart chart;
  chart.text = {"runs-chart", "Pages by run",
                "Columns of the pages that each of the latest runs fetched; the numbers are in "
                "the table below it."};
  chart.height_px = 120;
  const size_t count = report.runs.size();
  for (size_t i = 0; i < count; ++i) {
    const RunInfo& run = report.runs[count - 1 - i];
    chart.columns.push_back({fmt::format("Run {}", run.id), {{"only", "pages", run.pages}}});
    const Band band = column_band(i, count);
    chart.labels.push_back({band.begin + band.length / 2, std::to_string(run.id)});
  }
  html << "<figure>";
  draw_columns(html, std::move(chart));
  html << "</figure>\n";
}

}  // namespace

void write_runs(Html& html, const Report& report) {
  open_section(html, "runs", "Runs");
  if (report.runs.size() > 1) {
    html << "<p class=\"said\">Pages that each run fetched.</p>\n";
    draw_runs(html, report);
  }
  const auto shown = static_cast<int64_t>(report.runs.size());
  {
    Table table(html, TableShape::kGrid, "runs-table",
                shown < report.runs_count
                    ? fmt::format("The latest {} of {} runs", shown, report.runs_count)
                    : counted(shown, "run"),
                {{"Run", Kind::kNumber, Sorted::kDown},
                 {"Started"},
                 {"Took", Kind::kNumber},
                 {"Pages", Kind::kNumber},
                 {"Bytes", Kind::kNumber},
                 {"End"}});
    bool last = true;
    for (const RunInfo& run : report.runs) {
      const bool running = std::exchange(last, false) && report.running_pid.has_value();
      table.begin_row();
      table.count(run.id);
      table.time(run.started_at);
      const std::optional<int64_t> took = run_time_ms(run, running, report.made_at);
      if (took) {
        table.figure(*took, format_duration_ms(*took));
      } else {
        table.nothing();
      }
      table.count(run.pages);
      table.figure(run.bytes, short_size(run.bytes));
      table.text(run_word(run, running));
    }
  }
  close_section(html);
}

void write_events(Html& html, const Report& report) {
  const std::vector<EventRow>& events = report.troubles.events;
  open_section(html, "events", "Events");
  if (events.empty()) {
    html << "<p class=\"said\">Nothing went wrong in the last run: no fetcher died, no host was "
            "given up, the network was there.</p>\n";
    return close_section(html);
  }
  {
    Table table(html, TableShape::kList, "events-table",
                "What went wrong in the last run, latest first",
                {{"Time", Kind::kText, Sorted::kDown}, {"Event"}, {"URL or host"}, {"What"}});
    for (const EventRow& event : events) {
      table.begin_row();
      table.time(event.at);
      table.text(event.kind);
      table.url(event.url);
      std::string text = event.text;
      if (event.signal) text += fmt::format("{}signal {}", text.empty() ? "" : ", ", *event.signal);
      if (event.code) text += fmt::format("{}code {}", text.empty() ? "" : ", ", *event.code);
      if (event.pid) text += fmt::format("{}PID {}", text.empty() ? "" : ", ", *event.pid);
      table.long_text(text, 120);
    }
  }
  close_section(html);
}

}  // namespace crawl
