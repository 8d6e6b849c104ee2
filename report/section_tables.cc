// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/columns.h"
#include "base/units.h"
#include "report/sections.h"
#include "report/table.h"

namespace crawl {

namespace {

using Kind = TableColumn::Kind;
using Sorted = TableColumn::Sorted;

constexpr int kTitleColumns = 80;

// "The 100 of 1,234 with most links": what a caption says of rows that are left out.
std::string some_of(size_t shown, int64_t all, std::string_view what, std::string_view order) {
  if (static_cast<int64_t>(shown) >= all) {
    return fmt::format("{} {}", group_digits(all), what);
  }
  return fmt::format("{} of {} {}, {}", group_digits(static_cast<int64_t>(shown)),
                     group_digits(all), what, order);
}

// "http_error 404"; "dns_failed" with what the resolver said.
void write_why(Html& html, const BrokenTarget& target) {
  html << "<span class=\"word\">" << Text{target.outcome};
  if (target.status > 0) html << " " << Plain{static_cast<double>(target.status)};
  html << "</span>";
  if (!target.reason.empty() && !target.reason.starts_with("HTTP status")) {
    html << "<br><span class=\"aside\">" << Text{abridge_middle(target.reason, kTitleColumns)}
         << "</span>";
  }
}

void write_places(Html& html, const BrokenTarget& target) {
  html << "<ul>";
  for (const BrokenPlace& place : target.places) {
    html << "<li>";
    write_url(html, place.url);
    if (!place.anchor.empty()) {
      html << " <span class=\"aside\">“" << Text{abridge_middle(place.anchor, 60)} << "”</span>";
    }
    html << "</li>";
  }
  const int64_t more = target.links - static_cast<int64_t>(target.places.size());
  if (more > 0) html << "<li class=\"aside\">and " << Grouped{more} << " more</li>";
  html << "</ul>";
}

}  // namespace

void write_broken_links(Html& html, const Report& report) {
  const Broken& broken = report.broken;
  open_section(html, "broken", "Broken links");
  if (broken.links == 0) {
    html << "<p class=\"said\">"
         << (broken.coverage.whole ? Markup("There are none.") : Markup("None were found in time."))
         << "</p>\n";
  } else {
    html << "<p class=\"said\"><strong>" << Grouped{broken.links} << "</strong> "
         << (broken.links == 1 ? Markup("link leads") : Markup("links lead")) << " to <strong>"
         << Grouped{broken.targets} << "</strong> "
         << (broken.targets == 1 ? Markup("URL that cannot be had.")
                                 : Markup("URLs that cannot be had."))
         << (broken.all_told_apart ? Markup("")
                                   : Markup(" More such URLs than these were not told apart."))
         << " In full: <code>crawl query broken-links</code>.</p>\n";
  }
  write_coverage(html, report, broken.coverage, "the links");
  if (!broken.most_linked.empty()) {
    Table table(html, TableShape::kList, "broken-table",
                some_of(broken.most_linked.size(), broken.targets, "broken URLs",
                        "those with most links to them"),
                {{"Broken URL"}, {"Why"}, {"Links", Kind::kNumber, Sorted::kDown}, {"Found on"}});
    for (const BrokenTarget& target : broken.most_linked) {
      table.begin_row();
      table.url(target.url);
      write_why(table.begin_cell(), target);
      table.end_cell();
      table.count(target.links);
      write_places(table.begin_cell(), target);
      table.end_cell();
    }
  }
  close_section(html);
}

void write_changes(Html& html, const Report& report) {
  const Changes& changes = report.changes;
  open_section(html, "changes", "Changes since the last run");
  if (changes.first_run) {
    html << "<p class=\"said\">This is the first run: every page is new. From the next one on, "
            "what is new, changed or gone is listed here.</p>\n";
    return close_section(html);
  }
  if (changes.count() == 0 && changes.coverage.whole) {
    html << "<p class=\"said\">Run " << Grouped{report.last_run()->id}
         << " found no page that is new, changed or gone.</p>\n";
    return close_section(html);
  }
  html << "<p class=\"said\">In run " << Grouped{report.last_run()->id} << ": <strong>"
       << Grouped{changes.added} << "</strong> new, <strong>" << Grouped{changes.changed}
       << "</strong> changed, <strong>" << Grouped{changes.gone}
       << "</strong> gone. In full: <code>crawl query changes</code>.</p>\n";
  write_coverage(html, report, changes.coverage, "the visits of this run");
  if (!changes.rows.empty()) {
    Table table(html, TableShape::kList, "changes-table",
                some_of(changes.rows.size(), changes.count(), "changes", "the first of each kind"),
                {{"URL"}, {"Title"}, {"Change"}});
    for (const Change& change : changes.rows) {
      table.begin_row();
      table.url(change.url);
      table.long_text(change.title, kTitleColumns);
      Html& cell = table.begin_cell();
      cell << Text{change.kind};
      if (change.kind == "changed" && !change.text_changed) {
        cell << " <span class=\"aside\">(its text is the same)</span>";
      }
      table.end_cell();
    }
  }
  close_section(html);
}

namespace {

void write_group_table(Html& html, Markup id, std::string_view caption,
                       const std::vector<CopyGroup>& groups) {
  Table table(html, TableShape::kList, id, caption,
              {{"Pages", Kind::kNumber, Sorted::kDown}, {"URLs"}});
  for (const CopyGroup& group : groups) {
    table.begin_row();
    table.count(group.copies);
    Html& cell = table.begin_cell();
    cell << "<ul>";
    for (const std::string& url : group.urls) {
      cell << "<li>";
      write_url(cell, url);
      cell << "</li>";
    }
    const int64_t more = group.copies - static_cast<int64_t>(group.urls.size());
    if (more > 0) cell << "<li class=\"aside\">and " << Grouped{more} << " more</li>";
    cell << "</ul>";
    table.end_cell();
  }
}

// How many pages say what an older one says.
void write_surplus(Html& html, const Copies& copies, Markup none, Markup like) {
  if (copies.surplus == 0) {
    html << (copies.coverage.whole ? none : Markup("not counted: pages that are "));
    if (!copies.coverage.whole) html << like;
    return;
  }
  html << (copies.coverage.whole ? Markup("") : Markup("more than ")) << "<strong>"
       << Grouped{copies.surplus} << "</strong> "
       << (copies.surplus == 1 ? Markup("page is ") : Markup("pages are ")) << like;
}

}  // namespace

void write_copies(Html& html, const Report& report) {
  const Copies& same = report.copies;
  const Copies& near = report.near_copies;
  open_section(html, "copies", "Duplicates");
  html << "<p class=\"said\">";
  write_surplus(html, same, "No two pages are the same, byte for byte",
                "the same, byte for byte, as an older one");
  html << "; ";
  write_surplus(html, near, "no two texts are nearly the same", "nearly the same as an older one");
  html << ". In full: <code>crawl query duplicates</code> and <code>crawl query "
          "near-duplicates</code>.</p>\n";
  write_coverage(html, report, same.coverage, "the pages (for those that are the same)");
  write_coverage(html, report, near.coverage, "the texts (for those that are nearly the same)");
  if (!same.largest.empty()) {
    write_group_table(html, "copies-table",
                      some_of(same.largest.size(), same.groups, "groups of pages that are the same",
                              "the largest"),
                      same.largest);
  }
  if (!near.largest.empty()) {
    write_group_table(html, "near-table",
                      some_of(near.largest.size(), near.groups,
                              "groups of pages that are nearly the same", "the largest"),
                      near.largest);
  }
  close_section(html);
}

namespace {

std::string time_taken(int64_t ms) { return ms == 0 ? "< 1 ms" : format_duration_ms(ms); }

void write_figure_table(Html& html, Markup id, std::string_view caption, Markup head,
                        const std::vector<PageFigure>& pages, std::string (*shown)(int64_t)) {
  Table table(html, TableShape::kList, id, caption,
              {{"Page"}, {head, Kind::kNumber, Sorted::kDown}});
  for (const PageFigure& page : pages) {
    table.begin_row();
    Html& cell = table.begin_cell();
    write_url(cell, page.url, 70);
    if (!page.title.empty()) {
      cell << "<br><span class=\"aside\">" << Text{abridge_middle(page.title, kTitleColumns)}
           << "</span>";
    }
    table.end_cell();
    table.figure(page.value, shown(page.value));
  }
}

}  // namespace

void write_extremes(Html& html, const Report& report) {
  const Pages& pages = report.pages;
  open_section(html, "extremes", "Slowest and largest pages");
  write_coverage(html, report, pages.coverage, "the pages");
  if (pages.slowest.empty() && pages.largest.empty()) {
    html << "<p class=\"said\">No page has answered yet.</p>\n";
    return close_section(html);
  }
  html << "<div class=\"pair\"><div>";
  write_figure_table(html, "slowest-table", "The slowest", "Time", pages.slowest, time_taken);
  html << "</div><div>";
  if (!pages.largest.empty()) {
    write_figure_table(html, "largest-table", "The largest", "Size", pages.largest, short_size);
  }
  html << "</div></div>\n";
  close_section(html);
}

}  // namespace crawl
