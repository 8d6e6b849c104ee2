// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/draft_file.h"
#include "base/long_job.h"
#include "base/retry.h"
#include "base/units.h"
#include "reader/json_lines.h"
#include "reader/read_support.h"
#include "report/report.h"
#include "storage/lock.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

Result<Report> read(Database& database, const ReportOptions& options, LongJob& job) {
  ReportQuestion question;
  question.database = options.database;
  question.now_ms = SystemClock().wall_ms();
  question.running_pid = run_lock_holder(options.database);
  question.rows_max = options.rows_max;
  question.patience_ms = options.patience_ms;
  question.progress = [&job](int64_t done, int64_t total) { return job.go_on(done, total); };
  return read_report(database, question);
}

ExitCode problem(const ReportOptions& options, const Error& error) {
  if (error.code == Errc::kClosed) return static_cast<ExitCode>(LongJob::exit_code());
  return report_error(options, error);
}

ExitCode file_problem(const ReportOptions& options, const Error& error) {
  if (error.code == Errc::kBusy) return report_line(options, ExitCode::kBusy, error.message());
  return report_line(options, is_about_creating(error) ? ExitCode::kCannotCreate : ExitCode::kIo,
                     error.message());
}

// kExists: what is there is no page of HTML.
Result<void> inspect(const std::string& file) {
  constexpr std::string_view kPageBegin = "<!doctype html>";
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    return errno == ENOENT ? Result<void>() : errno_error(file);
  }
  const Error refused{Errc::kExists, 0,
                      file + " is there and is no page of HTML; a report replaces nothing else"};
  if (!S_ISREG(info.st_mode)) return refused;
  char begin[kPageBegin.size()];
  const UniqueFd fd(
      uninterrupted([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  if (!fd) return errno_error(file);
  const ssize_t got = uninterrupted([&] { return ::read(fd.fd(), begin, sizeof begin); });
  if (got < 0) return errno_error(file);
  if (got > 0 && std::string_view(begin, static_cast<size_t>(got)) != kPageBegin) return refused;
  return {};
}

// A page that takes the place of an older one when it is whole.
Result<DraftFile> begin_page(const ReportOptions& options) {
  if (Result<void> free = refuse_as_output(options.database, options.file); !free) {
    return free.error();
  }
  if (Result<void> page = inspect(options.file); !page) return page.error();
  return DraftFile::create(options.file, IfThere::kReplace);
}

Result<void> write_page(const Report& report, DraftFile& draft) {
  Result<void> written;
  write_report(report, [&](std::string_view bytes) {
    while (!bytes.empty() && written) {
      const ssize_t n =
          uninterrupted([&] { return ::write(draft.fd(), bytes.data(), bytes.size()); });
      if (n < 0) written = errno_error("write " + draft.path());
      bytes.remove_prefix(n < 0 ? 0 : static_cast<size_t>(n));
    }
    return written.has_value();
  });
  return written ? draft.finish() : written;
}

ExitCode to_stdout(Database& database, const ReportOptions& options, LongJob& job) {
  const Result<Report> report = read(database, options, job);
  if (!report) return problem(options, report.error());
  LongJob::end_at_signals();
  if (LongJob::interrupted()) return static_cast<ExitCode>(LongJob::exit_code());
  Output output(options.out_fd, options.err_fd);
  write_report(*report, [&output](std::string_view bytes) { return output.write_raw(bytes); });
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

// The file is made first: who cannot have it need not wait for the answers.
ExitCode to_file(Database& database, const ReportOptions& options, LongJob& job) {
  Result<DraftFile> draft = begin_page(options);
  if (!draft) return file_problem(options, draft.error());
  const Result<Report> report = read(database, options, job);
  if (!report) return problem(options, report.error());
  const Result<void> written = write_page(*report, *draft);
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
  LongJob job("report", options.err_fd, false);  // before there is a file for a signal to leave
  return options.file.empty() || options.file == "-" ? to_stdout(*database, options, job)
                                                     : to_file(*database, options, job);
}

}  // namespace crawl
