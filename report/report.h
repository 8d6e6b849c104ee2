// SPDX-License-Identifier: MIT
#pragma once

// The report: one page of HTML that tells what a crawl has found. It asks nothing of any network:
// its style, its script and its charts are in it. Whoever shows it opens the database and says
// where the page goes: a file, a pipe, an answer of a server.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/embedded_file.h"
#include "base/result.h"
#include "report/data.h"
#include "storage/database.h"

namespace crawl {

struct ReportQuestion {
  std::string database;                // its path
  int64_t now_ms = 0;                  // wall clock
  std::optional<int64_t> running_pid;  // run_lock_holder()
  int64_t rows_max = 50;               // of each table
  // For each of the eight questions whose time grows with the database. What is not answered in
  // time is left out or counts what was read until then, and the page says so.
  int64_t patience_ms = 10'000;
  // Called now and then, with the sections that are read; false: give up (kClosed). May be empty.
  std::function<bool(int64_t done, int64_t total)> progress;
};

// Everything is of one moment, also while a crawl is writing.
Result<Report> read_report(Database& database, const ReportQuestion& question);

// Its style and its script: report.css, report.js.
std::span<const EmbeddedFile> report_files();

// False: the sink could not take it.
bool write_report(const Report& report, const Sink& sink);

}  // namespace crawl
