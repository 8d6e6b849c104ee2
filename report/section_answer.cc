// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>

#include "base/columns.h"
#include "base/units.h"
#include "report/sections.h"

namespace crawl {

std::string run_word(const RunInfo& run, bool running) {
  if (running) return "running";
  return run.end_reason.empty() ? "died" : run.end_reason;
}

std::optional<int64_t> run_time_ms(const RunInfo& run, bool running, int64_t now_ms) {
  if (running) return std::max<int64_t>(0, now_ms - run.started_at);
  if (!run.ended_at) return std::nullopt;
  return std::max<int64_t>(0, *run.ended_at - run.started_at);
}

void open_section(Html& html, Markup id, Markup title) {
  html << "<section id=\"" << id << "\" aria-labelledby=\"" << id << "-head\"><h2 id=\"" << id
       << "-head\">" << title << "</h2>\n";
}

void close_section(Html& html) { html << "</section>\n"; }

void write_coverage(Html& html, const Report& report, const Coverage& coverage, Markup what) {
  if (coverage.whole) return;
  html << "<p class=\"note\">Not complete: " << what << " could not all be read in "
       << Text{format_duration_ms(report.patience_ms)}
       << ", and what is shown here counts only those that were. "
          "<code>crawl report --patience TIME</code> waits longer.</p>\n";
}

namespace {

// One of the figures of the answer.
struct Figure {
  Markup link;
  int64_t count = 0;
  bool whole = true;
  std::string_view none, one, many;
  bool alarm = false;  // where there is any
};

void write_figure(Html& html, const Figure& figure) {
  html << figure.link;
  if (figure.count == 0 && !figure.whole) {
    html << Text{figure.many} << " not counted</a>";
    return;
  }
  if (figure.count == 0) {
    html << Text{figure.none} << "</a>";
    return;
  }
  html << (figure.alarm ? Markup("<strong class=\"alarm\">") : Markup("<strong>"))
       << (figure.whole ? Markup("") : Markup("more than ")) << Grouped{figure.count}
       << "</strong> " << Text{figure.count == 1 ? figure.one : figure.many} << "</a>";
}

void write_figures(Html& html, const Report& report) {
  html << "<p class=\"answer\">";
  write_figure(html, {"<a href=\"#outcomes\">", report.urls.of(Family::kOk),
                      report.urls.coverage.whole, "no page", "page", "pages"});
  html << ", ";
  write_figure(html, {"<a href=\"#broken\">", report.broken.links, report.broken.coverage.whole,
                      "no broken link", "broken link", "broken links", true});
  html << ", ";
  write_figure(html, {"<a href=\"#hosts\">", report.troubles.hosts_count,
                      report.troubles.hosts_coverage.whole, "no host in trouble", "host in trouble",
                      "hosts in trouble", true});
  html << ", ";
  if (report.changes.first_run) {
    html << "in the first run.</p>\n";
    return;
  }
  write_figure(html, {"<a href=\"#changes\">", report.changes.count(),
                      report.changes.coverage.whole, "no change", "change", "changes"});
  html << " since the last run.</p>\n";
}

// What went wrong in the last run, where anything did.
void write_troubles(Html& html, const Report& report) {
  if (report.troubles.kinds.empty()) return;
  html << "<p class=\"more\">In this run: ";
  bool first = true;
  for (const Count& kind : report.troubles.kinds) {
    if (!first) html << ", ";
    first = false;
    const bool one = kind.count == 1;
    std::string_view words = one ? "fetcher died" : "fetchers died";
    if (kind.name == "quarantined") words = one ? "page left alone" : "pages left alone";
    if (kind.name == "outage_began") words = one ? "network outage" : "network outages";
    if (kind.name == "host_given_up") words = one ? "host given up" : "hosts given up";
    if (kind.name == "archive_behind") words = "archive left behind";
    html << "<strong>" << Grouped{kind.count} << "</strong> " << Text{words};
  }
  html << " (<a href=\"#events\">events</a>).</p>\n";
}

void write_fact(Html& html, Markup name, std::string_view value) {
  html << "<div><dt>" << name << "</dt><dd>" << Text{value} << "</dd></div>";
}

void write_facts(Html& html, const Report& report) {
  const RunInfo& run = *report.last_run();
  const bool running = report.running_pid.has_value();
  html << "<dl class=\"facts\">";
  html << "<div><dt>Started</dt><dd>";
  write_time(html, run.started_at);
  html << "</dd></div>";
  const std::optional<int64_t> took = run_time_ms(run, running, report.made_at);
  if (took) write_fact(html, "Took", format_duration_ms(*took));
  write_fact(html, "Fetched", counted(run.pages, "page"));
  write_fact(html, "Read", format_bytes(static_cast<uint64_t>(std::max<int64_t>(run.bytes, 0))));
  if (took && *took > 0 && run.pages > 0) {
    const double rate = 1e3 * static_cast<double>(run.pages) / static_cast<double>(*took);
    write_fact(html, "Pages a second",
               rate < 100 ? fmt::format("{:.1f}", rate) : group_digits(std::llround(rate)));
  }
  write_fact(html, "Waiting",
             (report.urls.coverage.whole ? "" : "more than ") +
                 group_digits(report.urls.of(UrlState::kPending)));
  write_fact(html, "Hosts", group_digits(report.hosts.count));
  write_fact(html, "Database", format_bytes(static_cast<uint64_t>(report.file_bytes)));
  html << "</dl>\n";
}

void write_state(Html& html, const Report& report) {
  const RunInfo& run = *report.last_run();
  const std::string word = run_word(run, report.running_pid.has_value());
  const bool bad = word == "died" || word == "failed" || word == "disk_full" ||
                   word == "network_gone" || word == "unreachable";
  html << "<p class=\"state\">"
       << (bad              ? Markup("<span class=\"badge bad\">")
           : word == "done" ? Markup("<span class=\"badge good\">")
                            : Markup("<span class=\"badge\">"))
       << Text{word} << "</span> Run " << Grouped{run.id};
  if (report.running_pid) {
    html << " is under way";
    if (*report.running_pid > 0) {
      html << " (PID " << Plain{static_cast<double>(*report.running_pid)} << ")";
    }
    html << "; this is what it had stored ";
    write_time(html, report.made_at);
  } else if (run.ended_at) {
    html << " ended ";
    write_time(html, *run.ended_at);
  } else {
    html << " was killed, or the machine stopped; nothing that was stored is lost";
  }
  html << "</p>\n";
}

}  // namespace

void write_answer(Html& html, const Report& report) {
  html << "<header><h1>Crawl report: " << Text{abridge_middle(report.name(), 80)} << "</h1>\n";
  if (report.last_run() == nullptr) {
    html << "</header><p class=\"answer\">Nothing has been crawled yet.</p>\n<p class=\"more\">"
         << (report.running_pid ? Markup("A first run is starting.")
                                : Markup("This database is empty. <code>crawl -d FILE SEEDS</code> "
                                         "fills it; make this report again then."))
         << "</p>\n";
    return;
  }
  write_state(html, report);
  html << "</header>\n";
  write_figures(html, report);
  write_troubles(html, report);
  write_facts(html, report);
}

}  // namespace crawl
