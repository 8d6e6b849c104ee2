// SPDX-License-Identifier: MIT
#include "crawler/command_prune.h"

#include <fmt/format.h>

#include "base/columns.h"
#include "base/long_job.h"
#include "base/units.h"
#include "reader/read_support.h"
#include "storage/lock.h"
#include "storage/prune.h"
#include "storage/vacuum.h"

namespace crawl {

namespace {

ExitCode problem(const PruneOptions& options, const Error& error) {
  if (error.code == Errc::kClosed) {
    report_line(options, ExitCode::kDone, "interrupted: what was removed until then stays removed");
    return static_cast<ExitCode>(LongJob::exit_code());
  }
  if (error.code == Errc::kBusy) return report_line(options, ExitCode::kBusy, error.message());
  return report_error(options, error);
}

PruneLimits limits_of(const PruneOptions& options) {
  const int64_t now = SystemClock().wall_ms();
  PruneLimits limits;
  if (options.versions) limits.versions = static_cast<int>(*options.versions);
  if (options.gone_ms) limits.gone_before = now - *options.gone_ms;
  if (options.history_ms) limits.history_before = now - *options.history_ms;
  limits.dry_run = options.dry_run;
  return limits;
}

void describe(const PruneOptions& options, const Pruned& pruned, ShownText& text) {
  const auto line = [&](int64_t count, const char* what) {
    text.line(fmt::format("{:>12}  {}", group_digits(count), what));
  };
  text.line(options.dry_run ? "would be removed:" : "removed:");
  if (options.versions || options.gone_ms) line(pruned.versions, "older versions of pages");
  if (options.gone_ms) {
    line(pruned.pages, "pages that are gone: what they said, and their links");
    line(pruned.urls, "URLs that are gone and that nothing refers to");
  }
  if (options.history_ms) {
    line(pruned.visits, "visits that had changed nothing");
    line(pruned.events, "events");
  }
}

std::string size_text(int64_t bytes) { return format_bytes(static_cast<uint64_t>(bytes)); }

}  // namespace

ExitCode command_prune(const PruneOptions& options) {
  // The writing connection would make one.
  if (Result<Database> there = Database::open_reader(options.database);
      !there && there.error().code != Errc::kVersion) {
    return report_error(options, there.error());
  }
  const SystemClock clock;
  Result<RunLock> lock = RunLock::acquire(options.database, options.lock_wait_ms, clock);
  if (!lock) return problem(options, lock.error());
  Result<Database> database = Database::open_writer(options.database);
  if (!database) return problem(options, database.error());
  const int64_t before = database_bytes(options.database);
  Result<Pruned> pruned = Pruned{};
  Result<void> smaller;
  {
    LongJob job("prune", options.err_fd, options.quiet);
    pruned =
        prune(*database, limits_of(options), [&job](int64_t rows) { return job.go_on(rows, 0); });
    if (pruned && options.vacuum && !options.dry_run) {
      smaller = vacuum(*database, options.database, [] { return LongJob::interrupted(); });
    }
  }
  if (!pruned) return problem(options, pruned.error());
  ShownText text;
  if (options.versions || options.gone_ms || options.history_ms) describe(options, *pruned, text);
  if (options.vacuum && !options.dry_run && smaller) {
    text.line(fmt::format("{}: {}, it was {}", options.database,
                          size_text(database_bytes(options.database)), size_text(before)));
  }
  const ExitCode printed = options.quiet ? ExitCode::kDone : print(options, text);
  return smaller ? printed : problem(options, smaller.error());
}

}  // namespace crawl
