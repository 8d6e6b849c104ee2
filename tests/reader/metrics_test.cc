// SPDX-License-Identifier: MIT
#include "reader/metrics.h"

#include <regex>
#include <set>
#include <sstream>

#include "tests/support/catch.h"

using namespace crawl;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

Metrics of_a_run() {
  Metrics metrics;
  metrics.run = 7;
  metrics.end_reason = "done";
  metrics.started_at = 1'700'000'000'005;
  metrics.ended_at = 1'700'000'060'000;
  metrics.pages = 12;
  metrics.pending = 0;
  metrics.outcomes = {{"ok", 10}, {"http_error", 2}};
  return metrics;
}

}  // namespace

TEST_CASE("metrics: the numbers of a run that has ended", "[metrics]") {
  const std::string text = metrics_text(of_a_run());
  CHECK(has_line(text, "crawl_run 7"));
  CHECK(has_line(text, "crawl_running 0"));
  CHECK(has_line(text, "crawl_end{reason=\"done\"} 1"));
  CHECK(has_line(text, "crawl_start_timestamp_seconds 1700000000.005"));
  CHECK(has_line(text, "crawl_end_timestamp_seconds 1700000060.000"));
  CHECK(has_line(text, "crawl_outcomes{outcome=\"http_error\"} 2"));
  CHECK(has_line(text, "crawl_pending_urls 0"));
  CHECK(text.find("crawl_in_flight") == std::string::npos);
}

TEST_CASE("metrics: a run under way has no end", "[metrics]") {
  Metrics metrics = of_a_run();
  metrics.running = true;
  metrics.ended_at = {};
  const std::string text = metrics_text(metrics);
  CHECK(has_line(text, "crawl_running 1"));
  CHECK(text.find("crawl_end") == std::string::npos);
}

TEST_CASE("metrics: before the first run", "[metrics]") {
  CHECK(has_line(metrics_text({}), "crawl_run 0"));
}

// https://prometheus.io/docs/instrumenting/exposition_formats/
TEST_CASE("metrics: each line is as the format has it, each family once", "[metrics]") {
  const std::regex sample(R"(([a-z_]+)(\{[a-z]+="[a-z_]+"\})? [0-9]+(\.[0-9]{3})?)");
  const std::regex type(R"(# TYPE ([a-z_]+) gauge)");
  const std::regex help(R"(# HELP ([a-z_]+) [^\\]+)");
  std::istringstream lines(metrics_text(of_a_run()));
  std::set<std::string> families;
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::smatch match;
    if (std::regex_match(line, match, type)) {
      CHECK(families.insert(match[1]).second);
      last = match[1];
    } else if (!std::regex_match(line, match, help)) {
      REQUIRE(std::regex_match(line, match, sample));
      CHECK(match[1] == last);
    }
  }
  CHECK(families.size() > 6);
}
