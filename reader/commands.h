// SPDX-License-Identifier: MIT
#pragma once

// The commands that read a database. They open it read-only, also while a crawl is writing to it.
// Data goes to `out_fd`, messages to `err_fd`; everything shown is escaped for a terminal, save the
// bytes of `crawl cat`, which are where they do not go to one.

#include <cstdint>
#include <string>
#include <vector>

#include "base/draft_file.h"
#include "base/exit_code.h"
#include "reader/row_format.h"

namespace crawl {

struct ReadOptions {
  std::string database = "crawl.db";
  std::vector<std::string> urls;  // why, cat
  bool json = false;              // status
  bool text_only = false;         // cat: the visible text instead of the body's bytes
  int64_t run = 0;                // cat: as this run left it; 0: as it is
  int out_fd = 1;
  int err_fd = 2;
};
// One type per command, for the variant that the command line is parsed into.
struct StatusOptions : ReadOptions {
  bool check = false;      // one line and an exit code, for monitoring
  int64_t age_max_ms = 0;  // check: of the last run; 0: 36 h
};
struct WhyOptions : ReadOptions {};
struct CatOptions : ReadOptions {};
struct CheckOptions : ReadOptions {};
struct QueryOptions : ReadOptions {
  std::string question;                 // SQL, or a name; "-": SQL on stdin; "": list the names
  std::vector<std::string> parameters;  // of the SQL, in order
  RowFormat format = RowFormat::kTable;
  int64_t rows_max = kRowsUnset;  // 0: all
  static constexpr int64_t kRowsUnset = -1;
};

struct SearchOptions : ReadOptions {
  std::string words;  // as typed; "": only with `only_update`
  std::string index;  // file; "": beside the database
  RowFormat format = RowFormat::kTable;
  int64_t limit = 10;
  int64_t offset = 0;
  bool update = true;        // bring the index up to date before
  bool only_update = false;  // and search nothing
  bool quiet = false;
};

struct ReportOptions : ReadOptions {
  std::string file;              // "": stdout, where that is no terminal; "-": stdout
  int64_t rows_max = 50;         // of each table
  int64_t patience_ms = 10'000;  // for each question that a large database makes slow
};

struct BackupOptions : ReadOptions {
  std::string destination;
  bool quiet = false;
};

enum class ExportFormat : uint8_t {
  kJsonl,    // an object per page
  kCsv,      // a line per page, escaped for spreadsheets
  kSitemap,  // sitemaps.org 0.9
  kGraphml,  // URLs and the links between them
  kEdges,    // links alone: source, target, kind, with tabs between
  kWarc,     // WARC 1.1 with CDXJ indexes: what is new since the last export there
};
struct ExportOptions : ReadOptions {
  ExportFormat format = ExportFormat::kJsonl;
  std::string output;  // "": out_fd
  IfThere if_there = IfThere::kRefuse;
  bool body = false;           // jsonl, csv: the bodies too
  std::string host;            // sitemap: whose pages
  std::string warc_prefix;     // "": "crawl"
  int64_t warc_bytes_max = 0;  // then the next file is begun; 0: 1 GiB
  int follow_fd = -1;          // warc: go on until this descriptor, a pipe's, is at its end
  bool quiet = false;
};

// All: kNoInput (66) when there is no such database, kIo (74) when it cannot be read or is none of
// ours.

// `crawl status`: the last run and what it has done. With `check`, the exit code is that of
// monitoring plugins: 0 ok, 1 warning, 2 critical, 3 unknown.
ExitCode command_status(const StatusOptions& options);
// `crawl why URL…`: what became of each URL and why. kUsage: not a URL. kNoInput: never seen.
ExitCode command_why(const ReadOptions& options);
// `crawl cat URL…`: the stored bodies. kUsage: not a URL, or no text and bound for a terminal.
// kNoInput: never seen, or nothing is stored.
ExitCode command_cat(const ReadOptions& options);
// `crawl check`: "ok" with counts, or each thing that is wrong and kIo.
ExitCode command_check(const ReadOptions& options);

// `crawl backup DEST`: a copy of the database as it is at this moment, also while a crawl is
// writing to it. kCannotCreate: DEST is there, or cannot be made. kBusy: another backup is at it.
ExitCode command_backup(const BackupOptions& options);
// `crawl search`: the pages that have what is looked for, best first. kUsage: that makes no sense.
// kNoInput: no page has it. kIo: the index cannot be written, a full disk for one. kBusy: another
// process is stuck in it. 130, 143: interrupted; the next search goes on with the index.
ExitCode command_search(const SearchOptions& options);
// `crawl report`: a page of HTML that tells what was found, in a file or on stdout. A file of that
// name is replaced where it is a page, once the new one is whole. kUsage: stdout is a terminal.
// kCannotCreate: the file cannot be made, or something else is there. kBusy: another report is
// writing it.
ExitCode command_report(const ReportOptions& options);
// `crawl query`: the answer to a question in SQL, or to one of the ready-made ones. kUsage: the SQL
// is wrong, or would write.
ExitCode command_query(const QueryOptions& options);

// `crawl export FORMAT`: what is stored, as other programs read it, as it is at this moment.
// kCannotCreate: the file is there, or cannot be made. kUsage: it cannot hold what is asked for.
// kBusy: another export is writing there.
ExitCode command_export(const ExportOptions& options);

}  // namespace crawl
