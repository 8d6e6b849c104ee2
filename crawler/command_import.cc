// SPDX-License-Identifier: MIT
#include "crawler/command_import.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/columns.h"
#include "base/long_job.h"
#include "base/retry.h"
#include "crawler/importer.h"
#include "crawler/line_service.h"
#include "crawler/part_commands.h"
#include "reader/read_support.h"
#include "storage/lock.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

constexpr int kLookMs = 200;  // how often it is seen whether a signal has come

struct OpenFile {
  std::string name;
  UniqueFd fd;
  int64_t bytes = 0;
};

struct Told {
  int64_t records = 0;
  int64_t damaged_files = 0;
  int64_t bytes_before = 0;  // of the files that were read whole
  int64_t bytes = 0;         // of all files
};

Result<std::vector<OpenFile>> open_all(const std::vector<std::string>& names) {
  std::vector<OpenFile> files;
  for (const std::string& name : names) {
    OpenFile file{
        name, UniqueFd(uninterrupted([&] { return ::open(name.c_str(), O_RDONLY | O_CLOEXEC); })),
        0};
    if (!file.fd) return errno_error("cannot open " + name);
    struct stat info {};
    ::fstat(file.fd.fd(), &info);
    if (S_ISDIR(info.st_mode)) return errno_error(EISDIR, "cannot read " + name);
    file.bytes = info.st_size;
    files.push_back(std::move(file));
  }
  return files;
}

std::string options_json(const ImportOptions& options) {
  nlohmann::ordered_json json;
  json["version"] = CRAWL_VERSION;
  json["import"] = options.files;
  json["max_size"] = options.max_size;
  json["keep_versions"] = options.keep_versions;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

ExitCode problem(const ImportOptions& options, const Error& error) {
  if (error.code == Errc::kClosed) return static_cast<ExitCode>(LongJob::exit_code());
  if (error.code == Errc::kBusy) return report_line(options, ExitCode::kBusy, error.message());
  return report_line(options, ExitCode::kIo, error.message());
}

ParseClient::Options parser_options(const ImportOptions& options) {
  ParseClient::Options result;
  result.fetcher = options.fetcher;
  result.fetchers = options.fetchers > 0 ? options.fetchers : available_cpus();
  result.watchdog_ms = options.watchdog_ms;
  result.test_hook = options.test_hook;
  result.keep_body = true;
  result.body_bytes_max = static_cast<uint64_t>(options.max_size);
  return result;
}

Importer::Options importer_options(const ImportOptions& options, int64_t now_ms) {
  constexpr int64_t kDayMs = 24 * 3600 * int64_t{1000};  // clocks differ
  Importer::Options result;
  result.latest_ms = now_ms + kDayMs;
  result.body_bytes_max = static_cast<uint64_t>(options.max_size);
  result.writer.keep_versions = static_cast<int>(options.keep_versions);
  return result;
}

// The database and the run, which begin with the first record: files that have none change nothing.
class Import {
 public:
  Import(const ImportOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  // The error has been told; exit_code() is its.
  Result<Importer*> importer() {
    if (importer_) return importer_.get();
    auto parser = ParseClient::create(parser_options(options_));
    if (!parser) {
      exit_code_ = report_parser_failure(parser.error());
      return parser.error();
    }
    Result<void> begun = begin(std::move(*parser));
    if (begun) return importer_.get();
    exit_code_ = problem(options_, begun.error());
    return begun.error();
  }
  bool begun() const { return importer_ != nullptr; }
  int64_t run_id() const { return run_id_; }
  std::optional<ExitCode> exit_code() const { return exit_code_; }

 private:
  Result<void> begin(std::unique_ptr<ParseClient> parser) {
    Result<Database> database = Database::open_writer(options_.database);
    if (!database) return database.error();
    const int64_t now = clock_.wall_ms();
    Result<RunStart> start = begin_run(*database, now, ::getpid(), options_json(options_));
    if (!start) return start.error();
    run_id_ = start->run_id;
    auto importer = Importer::create(std::move(*database), *start, std::move(parser),
                                     importer_options(options_, now));
    if (!importer) return importer.error();
    importer_ = std::move(*importer);
    return {};
  }

  const ImportOptions& options_;
  const Clock& clock_;
  std::unique_ptr<Importer> importer_;
  int64_t run_id_ = 0;
  std::optional<ExitCode> exit_code_;
};

// kClosed: interrupted.
Result<void> import_file(const OpenFile& file, const ImportOptions& options, Import& import,
                         LongJob& job, Told& told) {
  WarcReader reader([&file](char* buffer, size_t size) -> Result<size_t> {
    // A pipe may have nothing for a long time.
    pollfd readable{file.fd.fd(), POLLIN, 0};
    int ready = 0;
    while (ready == 0 || (ready < 0 && errno == EINTR)) {
      if (LongJob::interrupted()) return Error{Errc::kClosed, 0, "interrupted"};
      ready = ::poll(&readable, 1, kLookMs);
    }
    const ssize_t got = uninterrupted([&] { return ::read(file.fd.fd(), buffer, size); });
    if (got < 0) return errno_error("cannot read " + file.name);
    return static_cast<size_t>(got);
  });
  int64_t records = 0, damages = 0;
  std::string first_damage;
  const auto passes = [&](const Error& error) {
    if (error.code == Errc::kCorrupt && damages++ == 0) first_damage = error.context;
    return error.code == Errc::kCorrupt;
  };
  for (;;) {
    const auto at = told.bytes_before + static_cast<int64_t>(reader.position());
    if (!job.go_on(at, told.bytes)) return Error{Errc::kClosed, 0, "interrupted"};
    Result<std::optional<WarcEntry>> entry = reader.next();
    if (!entry) {
      if (!passes(entry.error())) return entry.error();
      continue;
    }
    if (!*entry) break;
    ++records;
    Result<Importer*> importer = import.importer();
    if (!importer) return importer.error();
    const Result<void> taken = (*importer)->take(**entry, reader);
    if (!taken && !passes(taken.error())) return taken.error();
  }
  told.records += records;
  told.bytes_before += file.bytes;
  if (damages == 0 && records > 0) return {};
  ++told.damaged_files;
  report_line(options, ExitCode::kNoSeeds,
              records == 0 ? file.name + " is not a WARC file: " +
                                 (first_damage.empty() ? "it is empty" : first_damage)
                           : fmt::format("{}: {}; {} in all, the rest of it was read", file.name,
                                         first_damage, damages));
  return {};
}

ExitCode print_result(const ImportOptions& options, const Told& told, int64_t run_id,
                      const Importer& importer) {
  if (options.quiet) return ExitCode::kDone;
  int64_t stored = 0;
  Result<Database> database = Database::open_reader(options.database);
  if (!database) return report_error(options, database.error());
  Result<Statement> query = database->prepare("SELECT pages FROM run WHERE id = ?1");
  if (!query) return report_error(options, query.error());
  query->bind(1, run_id);
  if (const Result<bool> row = query->step(); row && *row) stored = query->integer(0);
  const Importer::Counts& counts = importer.counts();
  ShownText text;
  text.line(fmt::format("{}: run {}, {} of {}, {}, {} stored", options.database, run_id,
                        counted(told.records, "record"),
                        counted(static_cast<int64_t>(options.files.size()), "file"),
                        counted(counts.captures, "capture"), group_digits(stored)));
  const auto not_stored = [&text](int64_t number, const char* why) {
    if (number > 0) text.line(fmt::format("  not stored: {} {}", group_digits(number), why));
  };
  not_stored(counts.captures - stored - counts.revisits_unmatched, "no newer than what was there");
  not_stored(counts.revisits_unmatched,
             "as before, of pages that are in no file named and not in the database");
  not_stored(counts.later, "dated in the future");
  return print(options, text);
}

}  // namespace

ExitCode command_import(const ImportOptions& options) {
  Result<std::vector<OpenFile>> files = open_all(options.files);
  if (!files) return report_line(options, ExitCode::kNoInput, files.error().message());
  if (auto usable = inspect_writable_path(options.database); !usable) {
    return report_line(options, ExitCode::kCannotCreate, usable.error().message());
  }
  const SystemClock clock;
  Result<RunLock> lock = RunLock::acquire(options.database, options.lock_wait_ms, clock);
  if (!lock) return problem(options, lock.error());
  Import import(options, clock);
  Told told;
  for (const OpenFile& file : *files) told.bytes += file.bytes;
  Result<void> done;
  {
    LongJob job("import", options.err_fd, options.quiet);
    for (const OpenFile& file : *files) {
      if (done) done = import_file(file, options, import, job, told);
    }
  }
  if (import.exit_code()) return *import.exit_code();
  if (!import.begun()) return done ? ExitCode::kNoSeeds : problem(options, done.error());
  Importer& importer = **import.importer();
  // What was taken counts, also when it is interrupted.
  if (done || done.error().code == Errc::kClosed) {
    const Result<void> drained = importer.drain();
    if (!drained) done = drained;
  }
  const char* reason = done ? "done" : LongJob::interrupted() ? "interrupted" : "failed";
  const Result<void> ended = importer.finish(reason, clock.wall_ms());
  if (!done) return problem(options, done.error());
  if (!ended) return problem(options, ended.error());
  const ExitCode printed = print_result(options, told, import.run_id(), importer);
  if (printed != ExitCode::kDone) return printed;
  return told.damaged_files > 0 ? ExitCode::kNoSeeds : ExitCode::kDone;
}

}  // namespace crawl
