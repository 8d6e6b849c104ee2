// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/draft_file.h"
#include "base/long_job.h"
#include "base/units.h"
#include "reader/read_support.h"
#include "storage/backup.h"

namespace crawl {

namespace {

ExitCode problem(const BackupOptions& options, const Error& error) {
  if (error.code == Errc::kClosed) return static_cast<ExitCode>(LongJob::exit_code());
  if (error.code == Errc::kExists && error.sys_errno == EEXIST) {
    return report_line(options, ExitCode::kCannotCreate,
                       options.destination + " is there already; a backup replaces nothing");
  }
  if (error.code == Errc::kBusy) return report_line(options, ExitCode::kBusy, error.message());
  return report_line(options, is_about_creating(error) ? ExitCode::kCannotCreate : ExitCode::kIo,
                     error.message());
}

}  // namespace

ExitCode command_backup(const BackupOptions& options) {
  Result<Database> source = Database::open_reader(options.database, SchemaAge::kAny);
  if (!source) return report_error(options, source.error());
  Result<void> done;
  {
    LongJob job("backup", options.err_fd, options.quiet);
    done = back_up(*source, options.database, options.destination,
                   [&job](int64_t pages, int64_t total) { return job.go_on(pages, total); });
  }
  if (!done) return problem(options, done.error());
  if (options.quiet) return ExitCode::kDone;
  struct stat info {};
  ::stat(options.destination.c_str(), &info);
  ShownText text;
  text.line(fmt::format("{}: {}", options.destination,
                        format_bytes(static_cast<uint64_t>(info.st_size))));
  return print(options, text);
}

}  // namespace crawl
