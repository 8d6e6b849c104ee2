// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "base/clock.h"
#include "base/long_job.h"
#include "base/units.h"
#include "reader/page_draft.h"
#include "reader/json_lines.h"
#include "reader/read_support.h"
#include "report/report.h"
#include "storage/lock.h"

namespace crawl {

namespace {

Result<Report> read(Database& database, const ReportOptions& options) {
  ReportQuestion question;
  question.database = options.database;
  question.now_ms = SystemClock().wall_ms();
  question.running_pid = run_lock_holder(options.database);
  question.rows_max = options.rows_max;
  question.patience_ms = options.patience_ms;
  LongJob job("report", options.err_fd, false);
  question.progress = [&job](int64_t done, int64_t total) { return job.go_on(done, total); };
  return read_report(database, question);
}

ExitCode problem(const ReportOptions& options, const Error& error) {
  if (error.code == Errc::kClosed) return static_cast<ExitCode>(LongJob::exit_code());
  return report_error(options, error);
}

ExitCode file_problem(const ReportOptions& options, const Error& error) {
  ExitCode code = ExitCode::kIo;
  if (error.code == Errc::kBusy) code = ExitCode::kBusy;
  const int number = error.sys_errno;
  if (error.code == Errc::kExists || number == ENOENT || number == EACCES || number == ENOTDIR ||
      number == EROFS || number == EPERM || number == EISDIR || number == ELOOP ||
      number == ENAMETOOLONG || number == ENXIO) {
    code = ExitCode::kCannotCreate;
  }
  return report_line(options, code, error.message());
}

// Whoever reads a pipe may let us wait for ever: from here on, signals end the process.
void end_at_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

ExitCode to_stdout(Database& database, const ReportOptions& options) {
  const Result<Report> report = read(database, options);
  if (!report) return problem(options, report.error());
  end_at_signals();
  if (LongJob::interrupted()) return static_cast<ExitCode>(LongJob::exit_code());
  Output output(options.out_fd, options.err_fd);
  write_report(*report, [&output](std::string_view bytes) { return output.write_raw(bytes); });
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

// The file is made first: who cannot have it need not wait for the answers.
ExitCode to_file(Database& database, const ReportOptions& options) {
  Result<PageDraft> draft = PageDraft::create(options.file);
  if (!draft) return file_problem(options, draft.error());
  const Result<Report> report = read(database, options);
  if (!report) return problem(options, report.error());
  Result<void> written;
  write_report(*report, [&](std::string_view bytes) {
    written = draft->write(bytes);
    return written.has_value();
  });
  if (written) written = draft->finish();
  return written ? ExitCode::kDone : file_problem(options, written.error());
}

}  // namespace

ExitCode command_report(const ReportOptions& options) {
  Result<Database> database = Database::open_reader(options.database);
  if (!database) return report_error(options, database.error());
  if (options.file.empty() && ::isatty(options.out_fd) == 1) {
    return report_line(options, ExitCode::kUsage,
                       "a report is a page for a browser: name a file for it (-o report.html)");
  }
  return options.file.empty() || options.file == "-" ? to_stdout(*database, options)
                                                     : to_file(*database, options);
}

}  // namespace crawl
