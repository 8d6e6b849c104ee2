// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "base/clock.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/units.h"
#include "reader/read_support.h"
#include "storage/backup.h"

namespace crawl {

namespace {

volatile std::sig_atomic_t interrupted_by = 0;

// What is half done is removed then.
void listen_for_interrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(signal, [](int number) { interrupted_by = number; });
  }
}

// A line on a terminal, drawn anew five times a second.
class Bar {
 public:
  Bar(int fd, bool wanted) : fd_(fd), shown_(wanted && isatty(fd) == 1) {}
  ~Bar() {
    if (drawn_ms_ > 0) write_all(fd_, "\r\x1b[K");
  }
  Bar(const Bar&) = delete;
  Bar& operator=(const Bar&) = delete;

  void show(int64_t done, int64_t total) {
    const int64_t now = clock_.monotonic_ms();
    if (!shown_ || total == 0 || now - drawn_ms_ < 200) return;
    drawn_ms_ = now;
    write_all(fd_, fmt::format("\rbackup: {} %\x1b[K", 100 * done / total));
  }

 private:
  const SystemClock clock_;
  const int fd_;
  const bool shown_;
  int64_t drawn_ms_ = 0;
};

ExitCode problem(const BackupOptions& options, const Error& error) {
  if (error.code == Errc::kClosed) return static_cast<ExitCode>(128 + interrupted_by);
  if (error.code == Errc::kExists) {
    return report_line(options, ExitCode::kCannotCreate,
                       options.destination + " is there already; a backup replaces nothing");
  }
  if (error.code == Errc::kBusy) return report_line(options, ExitCode::kBusy, error.message());
  const bool cannot_create = error.sys_errno == ENOENT || error.sys_errno == EACCES ||
                             error.sys_errno == ENOTDIR || error.sys_errno == EROFS;
  return report_line(options, cannot_create ? ExitCode::kCannotCreate : ExitCode::kIo,
                     error.message());
}

}  // namespace

ExitCode command_backup(const BackupOptions& options) {
  Result<Database> source = Database::open_reader(options.database);
  if (!source) return report_error(options, source.error());
  listen_for_interrupts();
  Result<void> done;
  {
    Bar bar(options.err_fd, !options.quiet);
    done = back_up(*source, options.destination, [&bar](int64_t pages, int64_t total) {
      bar.show(pages, total);
      return interrupted_by == 0;
    });
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
