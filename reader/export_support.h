// SPDX-License-Identifier: MIT
#pragma once

// What the exports share.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/draft_file.h"
#include "base/long_job.h"
#include "reader/json_lines.h"
#include "reader/read_support.h"

namespace crawl {

// stdout, or a file that has its name only once it is whole.
class ExportFile {
 public:
  // `path` "": options.out_fd.
  static Result<std::unique_ptr<ExportFile>> create(const ExportOptions& options,
                                                    const std::string& path);
  Output& output() { return output_; }
  uint64_t bytes() const { return bytes_; }
  // False when it could not be written, which has been said, or the export was interrupted.
  bool write(std::string_view bytes);
  // kClosed: the same.
  Result<void> finish();

 private:
  ExportFile(const ExportOptions& options, std::optional<DraftFile> draft);
  std::optional<DraftFile> draft_;
  Output output_;
  uint64_t bytes_ = 0;
};

// Calls `visit` for each row until it answers false, or the job is interrupted (kClosed).
Result<void> each_row(Statement& query, LongJob& job, const std::function<bool()>& visit);

// The message for an export that has failed, and its exit code. kClosed: it is said already.
ExitCode export_problem(const ExportOptions& options, const Error& error);
// "FILE: 5 pages, 3.1 KiB", where there is a file and nobody asked for quiet.
ExitCode export_done(const ExportOptions& options, std::string_view counted, uint64_t bytes);

// Text or an attribute of an XML document.
std::string xml_text(std::string_view text);

ExitCode export_rows(const ExportOptions& options, Database& database, LongJob& job);  // JSONL, CSV
ExitCode export_sitemap(const ExportOptions& options, Database& database,
                        LongJob& job);  // sitemaps.org
ExitCode export_graph(const ExportOptions& options, Database& database,
                      LongJob& job);  // GraphML, edges
ExitCode export_warc(const ExportOptions& options, Database& database, LongJob& job);  // WARC

}  // namespace crawl
