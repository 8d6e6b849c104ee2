// SPDX-License-Identifier: MIT
#include "report/chart.h"

#include <cmath>
#include <cstdlib>
#include <regex>

#include "tests/support/catch.h"

using namespace crawl;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool near(double a, double b) { return std::abs(a - b) < 0.01; }

std::string drawn(ColumnChart chart) {
  std::string page;
  Html html([&page](std::string_view bytes) {
    page += bytes;
    return true;
  });
  draw_columns(html, std::move(chart));
  html.flush();
  return page;
}

// Of all marks, the values of an attribute.
std::vector<double> values(const std::string& svg, const std::string& attribute) {
  std::vector<double> found;
  const std::regex pattern("<rect class=\"[a-z-]+\"[^>]* " + attribute + "=\"([0-9.]+)");
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at) {
    found.push_back(std::stod((*at)[1]));
  }
  return found;
}

}  // namespace

TEST_CASE("columns: equal, apart, and all of the width", "[chart]") {
  CHECK(column_band(0, 1).begin == 0);
  CHECK(column_band(0, 1).length == 1);
  const Band first = column_band(0, 10);
  const Band second = column_band(1, 10);
  CHECK(near(first.begin, 0.01));
  CHECK(first.begin + first.length < second.begin);
  CHECK(near(first.length, second.length));
  const Band last = column_band(9, 10);
  CHECK(last.begin + last.length <= 1);
}

TEST_CASE("stack: lengths are in proportion and follow on each other", "[chart]") {
  const std::vector<Segment> segments = {
      {"f-ok", "", 60}, {"f-error", "", 0}, {"f-silent", "", 40}};
  const std::vector<Band> bands = stack(segments, 200, 100, 1);
  REQUIRE(bands.size() == 3);
  CHECK(near(bands[0].length, 30));
  CHECK(bands[1].length == 0);
  CHECK(near(bands[2].begin, 30));
  CHECK(near(bands[2].length, 20));
}

TEST_CASE("stack: one among a million can be seen, and the whole is no longer for it", "[chart]") {
  const std::vector<Segment> segments = {{"f-ok", "", 999'999}, {"f-error", "", 1}};
  const std::vector<Band> bands = stack(segments, 1'000'000, 200, 1.5);
  CHECK(near(bands[1].length, 1.5));
  CHECK(near(bands[1].begin + bands[1].length, 200));
  const std::vector<Band> none = stack(std::vector<Segment>{{"f-ok", "", 0}}, 0, 200, 1.5);
  CHECK(none[0].length == 0);
}

TEST_CASE("column chart: stands on its ground and stays below its top", "[chart]") {
  ColumnChart chart;
  chart.text = {"x-chart", "Name <1>", "What it shows"};
  chart.height_px = 100;
  chart.columns = {
      {"first", {{"only", "", 5}}}, {"none", {{"only", "", 0}}}, {"last", {{"only", "", 10}}}};
  chart.labels = {{0, "0"}, {1, "end"}};
  const std::string svg = drawn(chart);
  CAPTURE(svg);
  CHECK(has(svg, "role=\"img\""));
  CHECK(has(svg, "aria-labelledby=\"x-chart-name\" aria-describedby=\"x-chart-text\""));
  CHECK(has(svg, "<title id=\"x-chart-name\">Name &lt;1&gt;</title>"));
  CHECK(has(svg, "<desc id=\"x-chart-text\">What it shows</desc>"));
  CHECK(has(svg, "<title>first: 5</title>"));
  CHECK_FALSE(has(svg, "<title>none"));
  const std::vector<double> y = values(svg, "y");
  const std::vector<double> height = values(svg, "height");
  REQUIRE(y.size() == 2);
  CHECK(near(y[0] + height[0], 108));
  CHECK(near(y[1], 8));
  CHECK(near(height[1], 2 * height[0]));
  for (const double right : values(svg, "x")) CHECK(right < 100);
  CHECK(has(svg, "text-anchor=\"start\">0<"));
  CHECK(has(svg, "x=\"30%\" y=\"124\" text-anchor=\"middle\">end<"));
}

TEST_CASE("column chart: nothing at all is a chart too", "[chart]") {
  ColumnChart chart;
  chart.text = {"x-chart", "Nothing", "Nothing"};
  chart.columns = {{"none", {}}};
  const std::string svg = drawn(chart);
  CHECK(values(svg, "y").empty());
  CHECK(has(svg, "class=\"ground\""));
  CHECK_FALSE(has(svg, "nan"));
  CHECK_FALSE(has(svg, "inf"));
  chart.columns.clear();
  CHECK_FALSE(has(drawn(chart), "nan"));
}

TEST_CASE("row chart: the longest row is whole, labels are escaped and abridged", "[chart]") {
  RowChart chart;
  chart.text = {"x-chart", "Rows", "Rows"};
  const std::string host = "<i>" + std::string(100, 'h') + ".test";
  chart.rows = {{host, "", {{"f-ok", "Stored", 30}, {"f-error", "Error status", 10}}},
                {"b.test", "a few", {{"f-ok", "Stored", 10}}}};
  std::string svg;
  Html html([&svg](std::string_view bytes) {
    svg += bytes;
    return true;
  });
  draw_rows(html, chart);
  html.flush();
  CAPTURE(svg);
  CHECK(has(svg, "<title>&lt;i&gt;" + std::string(100, 'h') +
                     ".test: 30 Stored, 10 Error status</title>"));
  CHECK(has(svg, "…"));
  CHECK(has(svg, ">40</text>"));
  CHECK(has(svg, ">a few</text>"));
  CHECK_FALSE(has(svg, "<i>"));
  const std::vector<double> widths = values(svg, "width");  // with those of the troughs
  CHECK(widths == std::vector<double>{100, 75, 25, 100, 25});
}

TEST_CASE("families: every outcome has one, and each has a name and a colour", "[chart]") {
  for (size_t i = 0; i <= static_cast<size_t>(Outcome::kLast); ++i) {
    CHECK(static_cast<size_t>(family_of(static_cast<Outcome>(i))) < kFamilies);
  }
  CHECK(family_of(Outcome::kNotModified) == Family::kOk);
  CHECK(family_of(Outcome::kGone) == Family::kErrorStatus);
  CHECK(family_of(Outcome::kTimeout) == Family::kNoAnswer);
  for (size_t i = 0; i < kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    CHECK_FALSE(family_name(family).view().empty());
    CHECK(family_class(family).view().starts_with("f-"));
  }
}
