// SPDX-License-Identifier: MIT
#include "base/base64.h"
#include "base/columns.h"
#include "base/embedded_file.h"
#include "report/report.h"
#include "report/sections.h"

namespace crawl {

namespace {

std::string bytes_of(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return bytes;
}

// Nothing is loaded from anywhere, and no script or style runs but the two that are compiled in.
void write_policy(Html& html) {
  html << "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "img-src data:; style-src 'sha256-"
       << Text{encode_base64(bytes_of(embedded_file(report_files(), "report.css")->sha256))}
       << "'; script-src 'sha256-"
       << Text{encode_base64(bytes_of(embedded_file(report_files(), "report.js")->sha256))}
       << "'; base-uri 'none'; form-action 'none'\">\n";
}

void write_head(Html& html, const Report& report) {
  html << "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  write_policy(html);
  html << "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"robots\" content=\"noindex, nofollow\">\n<meta name=\"generator\" "
          "content=\"crawl "
       << Text{CRAWL_VERSION} << "\">\n<link rel=\"icon\" href=\"data:,\">\n<title>"
       << Text{report.name()};
  if (report.last_run() != nullptr) {
    html << ": " << Text{counted(report.urls.of(Family::kOk), "page")};
  }
  html << " – crawl report</title>\n<style>";
  html.asset(embedded_file(report_files(), "report.css")->text) << "</style>\n</head>\n";
}

struct Entry {
  Markup link;  // to a section
  void (*write)(Html& html, const Report& report);
};

constexpr Entry kEntries[] = {
    {"<a href=\"#outcomes\">Outcomes</a>", write_outcomes},
    {"<a href=\"#over-time\">Pages over time</a>", write_over_time},
    {"<a href=\"#by-host\">Status by host</a>", write_status_by_host},
    {"<a href=\"#latency\">Latency and size</a>", write_distributions},
    {"<a href=\"#depth\">Depth</a>", write_depth},
    {"<a href=\"#broken\">Broken links</a>", write_broken_links},
    {"<a href=\"#changes\">Changes</a>", write_changes},
    {"<a href=\"#copies\">Duplicates</a>", write_copies},
    {"<a href=\"#extremes\">Slowest and largest</a>", write_extremes},
    {"<a href=\"#hosts\">Hosts</a>", write_hosts},
    {"<a href=\"#runs\">Runs</a>", write_runs},
    {"<a href=\"#events\">Events</a>", write_events},
};

void write_navigation(Html& html) {
  html << "<nav aria-label=\"Sections\"><ul>";
  for (const Entry& entry : kEntries) html << "<li>" << entry.link << "</li>";
  html << "</ul></nav>\n";
}

}  // namespace

bool write_report(const Report& report, const Sink& sink) {
  Html html(sink);
  write_head(html, report);
  html << "<body>\n<a class=\"skip\" href=\"#main\">Skip to the answer</a>\n<main id=\"main\">\n";
  write_answer(html, report);
  if (report.last_run() != nullptr) {
    write_navigation(html);
    for (const Entry& entry : kEntries) entry.write(html, report);
  }
  html << "</main>\n<footer><p>Made by crawl " << Text{CRAWL_VERSION} << " ";
  write_time(html, report.made_at);
  html << ". Times are UTC. This page loads nothing: it can be kept, moved and mailed as it is. "
          "What it tells can be asked for in full with <code>crawl query</code>.</p></footer>\n"
          "<script>";
  html.asset(embedded_file(report_files(), "report.js")->text) << "</script>\n</body>\n</html>\n";
  return html.flush();
}

}  // namespace crawl
