// SPDX-License-Identifier: MIT
// The pages for people, but for search and the report.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/columns.h"
#include "base/units.h"
#include "reader/questions.h"
#include "reader/read_support.h"
#include "reader/status_view.h"
#include "reader/story_view.h"
#include "report/report.h"
#include "serve/page.h"
#include "serve/site.h"
#include "storage/explain.h"
#include "storage/lock.h"

namespace crawl {

namespace {

constexpr int64_t kRowsShown = 200;
constexpr int64_t kReportPatienceMs = 2'000;  // for each question that takes long

void tile(Html& html, std::string_view label, std::string_view live, std::string_view value) {
  html << "<div" << (value.empty() ? Markup(" hidden") : Markup("")) << "><dt>" << Text{label}
       << "</dt><dd data-live=\"" << Text{live} << "\">" << Text{value} << "</dd></div>\n";
}

std::string grouped(std::optional<int64_t> number) { return number ? group_digits(*number) : ""; }

std::string state_text(const StatusView& view) {
  if (!view.answer.last_run) return view.holder ? "A first run is starting." : "No run yet.";
  const RunInfo& run = *view.answer.last_run;
  const std::string word = run_state(view);
  if (view.running) return fmt::format("Run {} is under way (PID {}).", run.id, *view.holder);
  if (word == "died") return fmt::format("Run {} died; nothing that was stored is lost.", run.id);
  return fmt::format("Run {} ended: {}.", run.id, word);
}

void write_tiles(Html& html, const StatusView& view) {
  const StatusAnswer& answer = view.answer;
  const RunInfo run = answer.last_run.value_or(RunInfo{});
  html << "<dl class=\"tiles\">\n";
  tile(html, "pages", "pages", grouped(run.pages));
  if (view.live) {
    tile(html, "in the last minute", "rate", fmt::format("{:.1f}/s", view.live->pages_per_second));
    tile(html, "left", "left",
         view.live->left_ms ? format_duration_ms(*view.live->left_ms / 1000 * 1000) : "");
  }
  tile(html, "URLs still to fetch", "pending",
       grouped(count_of(answer.states, name(UrlState::kPending))));
  if (view.live) {
    tile(html, "hosts to ask now", "hosts_ready", grouped(view.live->hosts_ready));
    tile(html, "hosts that wait for their delay", "hosts_waiting",
         grouped(view.live->hosts_waiting));
  }
  tile(html, "size of these pages", "bytes",
       format_bytes(static_cast<uint64_t>(std::max<int64_t>(0, run.bytes))));
  tile(html, "broken links", "", grouped(answer.broken_links));
  html << "</dl>\n";
}

void write_fetchers(Html& html, const LiveAnswer& live, int64_t now_ms) {
  html << "<section><h2>Fetchers</h2><div class=\"scroll\"><table><caption>Pages in the last "
          "minute, "
          "and the latest one</caption>\n<thead><tr><th scope=\"col\" class=\"number\">PID</th>"
          "<th scope=\"col\" class=\"number\">Pages</th><th scope=\"col\">When</th>"
          "<th scope=\"col\">Latest page</th></tr></thead>\n<tbody data-live=\"fetchers\">\n";
  for (const LiveFetcher& fetcher : live.fetchers) {
    const int64_t age_ms = std::max<int64_t>(0, now_ms - fetcher.last_at) / 1000 * 1000;
    html << "<tr><td class=\"number\">" << Text{std::to_string(fetcher.pid)}
         << "</td><td class=\"number\">" << Grouped{fetcher.pages} << "</td><td class=\"word\">"
         << Text{fetcher.last_url.empty() ? "" : format_duration_ms(age_ms) + " ago"} << "</td><td>"
         << Text{fetcher.last_url} << "</td></tr>\n";
  }
  html << "</tbody></table></div></section>\n";
}

using Meaning = std::string_view (*)(const std::string& word);

// `meaning` may be nullptr: the words say it.
void write_counts(Html& html, Markup heading, Markup caption, const std::vector<Count>& counts,
                  Meaning meaning) {
  if (counts.empty()) return;
  html << "<section><h2>" << heading << "</h2><div class=\"scroll\"><table><caption>" << caption
       << "</caption>\n<thead><tr><th scope=\"col\" class=\"number\">Number</th>"
          "<th scope=\"col\">What</th>"
       << (meaning ? Markup("<th scope=\"col\">That means</th>") : Markup(""))
       << "</tr></thead>\n<tbody>\n";
  for (const Count& count : counts) {
    html << "<tr><td class=\"number\">" << Grouped{count.count} << "</td><td class=\"word\">"
         << Text{count.name} << "</td>";
    if (meaning) html << "<td>" << Text{meaning(count.name)} << "</td>";
    html << "</tr>\n";
  }
  html << "</tbody></table></div></section>\n";
}

void write_events(Html& html, const std::vector<EventRow>& events) {
  if (events.empty()) return;
  html
      << "<section><h2>Latest events</h2><div class=\"scroll\"><table><caption>Births and deaths "
         "that "
         "were not as they should, pauses, limits</caption>\n<thead><tr><th scope=\"col\">When</th>"
         "<th scope=\"col\">Kind</th><th scope=\"col\">What</th></tr></thead>\n<tbody>\n";
  for (const EventRow& event : events) {
    html << "<tr><td>";
    write_time(html, event.at);
    html << "</td><td class=\"word\">" << Text{event.kind} << "</td><td>" << Text{event.url} << " "
         << Text{event.text} << "</td></tr>\n";
  }
  html << "</tbody></table></div></section>\n";
}

std::string_view outcome_meaning(const std::string& word) {
  const std::optional<Outcome> outcome = outcome_named(word);
  return outcome ? explain(*outcome).meaning : std::string_view{};
}

std::string_view reason_meaning(const std::string& word) {
  const std::optional<SkipReason> reason = skip_reason_named(word);
  return reason ? explain(*reason).meaning : std::string_view{};
}

void write_why_form(Html& html, std::string_view url) {
  html << "<form action=\"/why\" role=\"search\"><label for=\"url\">A URL of this crawl</label>"
          "<input id=\"url\" name=\"url\" type=\"url\" inputmode=\"url\" spellcheck=\"false\" "
          "autocapitalize=\"off\" required value=\""
       << Text{url} << "\"><button>Why?</button></form>\n";
}

std::string value_text(const Statement& row, int column) {
  switch (row.type(column)) {
    case Statement::Type::kNull:
      return "";
    case Statement::Type::kReal:
      return fmt::format("{:.3f}", row.real(column));
    case Statement::Type::kBlob:
      return "(bytes)";
    case Statement::Type::kInteger:
    case Statement::Type::kText:
      break;
  }
  return std::string(row.text(column));
}

void write_cell(Html& html, const Statement& row, int column) {
  const bool number = row.type(column) == Statement::Type::kInteger;
  const std::string text = value_text(row, column);
  html << (number ? Markup("<td class=\"number\">") : Markup("<td>"));
  if (text.starts_with("http://") || text.starts_with("https://")) {
    html << "<a class=\"url\" href=\"" << Text{why_path(text)} << "\" title=\"" << Text{text}
         << "\">" << Text{abridge_middle(text, 80)} << "</a>";
  } else {
    html << Text{abridge_middle(text, 200)};
  }
  html << "</td>";
}

// What a query has found, at most kRowsShown rows.
Result<void> write_rows(Html& html, Statement& statement, std::string_view caption) {
  html << "<div class=\"scroll\"><table><caption>" << Text{caption} << "</caption>\n<thead><tr>";
  for (int i = 0; i < statement.column_count(); ++i) {
    html << "<th scope=\"col\">" << Text{statement.column_name(i)} << "</th>";
  }
  html << "</tr></thead>\n<tbody>\n";
  int64_t rows = 0;
  Result<bool> row = statement.step();
  for (; row && *row && rows < kRowsShown; row = statement.step(), ++rows) {
    html << "<tr>";
    for (int i = 0; i < statement.column_count(); ++i) write_cell(html, statement, i);
    html << "</tr>\n";
  }
  html << "</tbody></table></div>\n";
  if (!row) return row.error();
  if (rows == 0) html << "<p class=\"said\">Nothing.</p>\n";
  if (*row) {
    html << "<p class=\"said\">These are the first " << Grouped{rows}
         << "; <code>crawl query</code> prints all.</p>\n";
  }
  return {};
}

HttpResponse error_page(const HttpRequest& request, int status, const std::string& text) {
  Page page("That did not work", request.path);
  page.html() << "<p class=\"note\">" << Text{text} << "</p>\n";
  return page.finish(status);
}

}  // namespace

HttpResponse Site::page_now(const HttpRequest& request, Database& database) {
  const Result<StatusView> view = status(database);
  if (!view) return error_page(request, 503, view.error().message());
  const int64_t now = SystemClock().wall_ms();
  Page page(path_.substr(path_.rfind('/') + 1), "/");
  Html& html = page.html();
  html << "<p class=\"state\" role=\"status\" data-running=\""
       << (view->running ? Markup("yes") : Markup("no")) << "\">" << Text{state_text(*view)};
  if (view->answer.last_run) {
    html << " It began ";
    write_time(html, view->answer.last_run->started_at);
    html << ".";
  }
  html << "</p>\n";
  write_tiles(html, *view);
  if (view->live) write_fetchers(html, *view->live, now);
  write_counts(html, "Outcomes", "URLs that are done, in all runs", view->answer.outcomes,
               outcome_meaning);
  write_counts(html, "Skipped", "URLs that were not fetched, and why", view->answer.reasons,
               reason_meaning);
  write_counts(html, "Changes", "Pages that the last run found new, changed or gone",
               view->answer.changes.value_or(std::vector<Count>()), nullptr);
  write_events(html, view->answer.last_events);
  return page.finish();
}

HttpResponse Site::page_why(const HttpRequest& request, Database& database) {
  const std::string typed = request.query("url");
  Page page("What became of a URL", "/why");
  Html& html = page.html();
  write_why_form(html, typed);
  if (typed.empty()) return page.finish();
  const Result<AskedUrl> asked = asked_url(typed);
  if (!asked) {
    html << "<p class=\"note\">" << Text{asked.error().message()} << "</p>\n";
    return page.finish(400);
  }
  const Result<StoryView> story = read_story(database, asked->url, asked->stored);
  if (!story) return error_page(request, 503, story.error().message());
  html << "<section><h2>";
  write_url(html, asked->url.href());
  html << "</h2>\n";
  if (!story->url) {
    html << "<p class=\"said\">It was never seen by this crawl.</p>\n";
    if (!story->near.empty()) html << "<p class=\"said\">Much like it:</p><ul>\n";
    for (const std::string& near : story->near) {
      html << "<li><a href=\"" << Text{why_path(near)} << "\">" << Text{near} << "</a></li>\n";
    }
    if (!story->near.empty()) html << "</ul>\n";
    html << "</section>\n";
    return page.finish(404);
  }
  html << "<dl class=\"story\">\n";
  for (const StoryRow& row : story->rows) {
    if (!row.label.empty()) html << "<dt>" << Text{row.label} << "</dt>";
    html << "<dd>" << Text{row.text} << "</dd>\n";
  }
  html << "</dl></section>\n";
  return page.finish();
}

// A page of its own kind: its style and script are in it, and its policy too.
HttpResponse Site::page_report(const HttpRequest& request, Database& database) {
  ReportQuestion question;
  question.database = path_;
  question.now_ms = SystemClock().wall_ms();
  question.running_pid = run_lock_holder(path_);
  question.patience_ms = kReportPatienceMs;
  question.progress = [this](int64_t, int64_t) { return !stopped_; };
  const Result<Report> report = read_report(database, question);
  if (!report) return error_page(request, 503, report.error().message());
  HttpResponse response;
  response.has_own_policy = true;
  write_report(*report, [&response](std::string_view bytes) {
    response.body += bytes;
    return true;
  });
  return response;
}

HttpResponse Site::page_questions(const HttpRequest& /*request*/, Database& /*database*/) {
  Page page("Questions", "/questions");
  page.html() << "<ul class=\"questions\">\n";
  for (const Question& question : kQuestions) {
    page.html() << "<li><a href=\"/questions/" << Text{question.name} << "\">"
                << Text{question.name} << "</a> <span class=\"aside\">" << Text{question.answers}
                << "</span></li>\n";
  }
  page.html() << "</ul>\n<p class=\"said\">Any other: <code>crawl query \"SELECT …\"</code></p>\n";
  return page.finish();
}

HttpResponse Site::page_question(const HttpRequest& request, Database& database) {
  const std::string name = request.path.substr(std::string_view("/questions/").size());
  const auto* known = std::find_if(kQuestions.begin(), kQuestions.end(),
                                   [&](const Question& one) { return one.name == name; });
  if (known == kQuestions.end()) return error_page(request, 404, "There is no such question.");
  Result<Statement> statement =
      database.prepare("SELECT * FROM \"" + view_of_question(name) + "\"");
  if (!statement) return error_page(request, 503, statement.error().message());
  Page page(name, "/questions");
  if (!write_rows(page.html(), *statement, known->answers)) {
    return error_page(request, 503, "This takes too long here; crawl query has all the time.");
  }
  return page.finish();
}

}  // namespace crawl
