// SPDX-License-Identifier: MIT
#include "reader/export_support.h"
#include "storage/preflight.h"

namespace crawl {

ExitCode command_export(const ExportOptions& options) {
  Result<Database> database = Database::open_reader(options.database);
  if (!database) return report_error(options, database.error());
  const bool to_stdout = options.output.empty();
  if (!to_stdout) {
    Result<void> free = refuse_as_output(options.database, options.output);
    if (!free) return export_problem(options, free.error());
  }
  LongJob job("export", options.err_fd, options.quiet || to_stdout);
  if (to_stdout) LongJob::end_at_signals();
  switch (options.format) {
    case ExportFormat::kJsonl:
    case ExportFormat::kCsv:
      return export_rows(options, *database, job);
    case ExportFormat::kSitemap:
      return export_sitemap(options, *database, job);
    case ExportFormat::kGraphml:
    case ExportFormat::kEdges:
      return export_graph(options, *database, job);
    case ExportFormat::kWarc:
      return export_warc(options, *database, job);
  }
  return ExitCode::kBug;
}

}  // namespace crawl
