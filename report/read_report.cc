// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include "report/asking.h"

namespace crawl {

namespace {

// Of the reader's cache. Sorting ten million rows with SQLite's own 2 MiB takes twice as long.
constexpr const char* kCache = "PRAGMA cache_size = -65536";

int64_t size_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? int64_t{info.st_size} : 0;
}

Result<void> read_sections(Asking& asking, Report& report) {
  using Section = Result<void> (*)(const Asking&, Report&);
  constexpr std::array<Section, 9> kSections = {read_runs,         read_hosts,  read_urls,
                                                read_troubles,     read_pages,  read_changes,
                                                read_broken_links, read_copies, read_near_copies};
  asking.sections = kSections.size();
  for (const Section section : kSections) {
    if (!asking.go_on()) return Error{Errc::kClosed, 0, "the report was given up"};
    if (Result<void> done = section(asking, report); !done) return done;
    ++asking.sections_done;
  }
  return {};
}

}  // namespace

Result<void> read_runs(const Asking& asking, Report& report) {
  constexpr const char* kRuns =
      "SELECT id, started_at, ended_at, end_reason, pid, pages, bytes, (SELECT count(*) FROM run) "
      "FROM run ORDER BY id DESC LIMIT 30";
  return for_each_row(asking.database, kRuns, [&](Statement& row) {
    RunInfo& run = report.runs.emplace_back();
    run.id = row.integer(0);
    run.started_at = row.integer(1);
    run.ended_at = optional_integer(row, 2);
    run.end_reason = row.text(3);
    run.pid = row.integer(4);
    run.pages = row.integer(5);
    run.bytes = row.integer(6);
    report.runs_count = row.integer(7);
  });
}

Result<NamedPage> name_page(Database& database, int64_t url_id) {
  Result<Statement> query = database.prepare(
      "SELECT u.url, p.title FROM url u LEFT JOIN page p ON p.url_id = u.id WHERE u.id = ?1");
  if (!query) return query.error();
  query->bind(1, url_id);
  NamedPage named;
  const Result<void> done = for_each_row(*query, [&](Statement& row) {
    named = {std::string(row.text(0)), std::string(row.text(1))};
  });
  if (!done) return done.error();
  return named;
}

Result<Report> read_report(Database& database, const ReportQuestion& question) {
  Report report;
  report.database = question.database;
  report.made_at = question.now_ms;
  report.rows_max = question.rows_max;
  report.patience_ms = question.patience_ms;
  report.running_pid = question.running_pid;
  report.file_bytes = size_of(question.database) + size_of(question.database + "-wal");
  if (Result<void> ready = database.execute(kCache); !ready) return ready.error();
  if (Result<void> begun = database.execute("BEGIN"); !begun) return begun.error();
  Asking asking{database, question};
  const Result<void> done = read_sections(asking, report);
  const Result<void> ended = database.execute("COMMIT");
  if (!done) return done.error();
  if (!ended) return ended.error();
  return report;
}

}  // namespace crawl
