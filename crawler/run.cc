// SPDX-License-Identifier: MIT
#include "crawler/run.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/draft_file.h"
#include "base/escape.h"
#include "base/event_loop.h"
#include "base/retry.h"
#include "crawler/archiver.h"
#include "crawler/coordinator.h"
#include "crawler/program_locator.h"
#include "storage/database_disk.h"
#include "storage/lock.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

constexpr size_t kSeedsBytesMax = 1u << 30;

LogLevel log_level(const RunOptions& options) {
  if (options.quiet) return LogLevel::kError;
  return options.verbosity > 1   ? LogLevel::kDebug
         : options.verbosity > 0 ? LogLevel::kInfo
                                 : LogLevel::kWarning;
}

Result<std::string> read_all(const std::string& path) {
  UniqueFd opened;
  int fd = STDIN_FILENO;
  if (path != "-") {
    opened.reset(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (!opened) return errno_error("cannot open " + path);
    fd = opened.fd();
  }
  std::string bytes;
  char buffer[64 * 1024];
  while (bytes.size() <= kSeedsBytesMax) {
    const ssize_t n = uninterrupted([&] { return ::read(fd, buffer, sizeof buffer); });
    if (n < 0) return errno_error("cannot read " + path);
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(n));
  }
  return Error{Errc::kFull, 0, path + " is larger than 1 GiB"};
}

bool looks_like_url(const std::string& argument) {
  return argument.find("://") != std::string::npos;
}

// The seeds of all arguments, or the exit code that ends the run before it has begun.
struct Seeds {
  std::vector<Seed> list;
  ExitCode code = ExitCode::kDone;
};

Seeds read_all_seeds(const RunOptions& options, Logger& log) {
  Seeds seeds;
  size_t problems = 0;
  for (const std::string& argument : options.seeds) {
    if (looks_like_url(argument)) {
      auto seed = parse_seed(argument);
      if (seed) {
        seeds.list.push_back(std::move(*seed));
      } else {
        log.error(argument + ": " + seed.error().message());
        ++problems;
      }
      continue;
    }
    auto bytes = read_all(argument);
    if (!bytes) {
      log.error(bytes.error().message());
      seeds.code = ExitCode::kNoInput;
      return seeds;
    }
    SeedList list = read_seeds(*bytes, argument == "-" ? "stdin" : argument);
    if (list.seeds.empty() && bytes->find('\0') != std::string::npos) {
      log.error(
          argument +
          " is not a text file in UTF-8: seeds are one URL per line, like https://example.com/");
      seeds.code = ExitCode::kNoSeeds;
      return seeds;
    }
    for (const std::string& problem : list.problems) log.error(problem);
    problems += list.problems.size();
    for (Seed& seed : list.seeds) seeds.list.push_back(std::move(seed));
  }
  if (seeds.list.empty()) {
    log.error("no usable seed: give a file with one URL per line, like https://example.com/");
    seeds.code = ExitCode::kNoSeeds;
  } else if (options.strict && problems > 0) {
    log.error("--strict: bad lines in the seeds, nothing was started");
    seeds.code = ExitCode::kNoSeeds;
  }
  return seeds;
}

// SIGINT, SIGTERM and SIGHUP as events of the loop. Blocked before any thread is started, so that
// all inherit it. One that is ignored from birth stays so (nohup, a background job of a script):
// once blocked, it would come all the same.
class SignalWatch {
 public:
  static Result<std::unique_ptr<SignalWatch>> create(EventLoop& loop, Coordinator& coordinator) {
    auto watch = std::unique_ptr<SignalWatch>(new SignalWatch(loop, coordinator));
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      if (!ignored(number)) sigaddset(&set, number);
    }
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    watch->fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!watch->fd_) return errno_error("signalfd");
    auto watched =
        loop.watch(watch->fd_.fd(), EPOLLIN, [raw = watch.get()](uint32_t) { raw->take(); });
    if (!watched) return watched.error();
    return watch;
  }
  // Tells the coordinator of what has come; also for whoever does not turn the loop meanwhile.
  void take() {
    signalfd_siginfo info{};
    while (::read(fd_.fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      coordinator_.stop("interrupted", exit_code(static_cast<int>(info.ssi_signo)));
    }
  }
  ~SignalWatch() {
    if (fd_) loop_.unwatch(fd_.fd());
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  SignalWatch(EventLoop& loop, Coordinator& coordinator) : loop_(loop), coordinator_(coordinator) {}

  static bool ignored(int number) {
    struct sigaction action {};
    return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }

  static ExitCode exit_code(int number) {
    if (number == SIGHUP) return ExitCode::kHungUp;
    return number == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated;
  }

  EventLoop& loop_;
  Coordinator& coordinator_;
  UniqueFd fd_;
};

// What is in memory may be a secret. A limit of 1: no file is that short, and unlike 0 it also
// keeps the kernel from feeding a program that collects them.
void leave_no_core() {
  const rlimit bound{1, 1};
  (void)::setrlimit(RLIMIT_CORE, &bound);
}

ExitCode fail(Logger& log, const Error& error, ExitCode code) {
  log.error(error.message());
  return code;
}

ExitCode fetcher_exit_code(const Error& error) {
  if (is_shortage(error)) return ExitCode::kIo;
  return error.code == Errc::kNotFound ? ExitCode::kNoInput : ExitCode::kConfig;
}

ExitCode database_exit_code(const Error& error) {
  const bool failed = error.sys_errno == EIO || error.sys_errno == EFBIG;
  return error.code == Errc::kFull || failed ? ExitCode::kIo : ExitCode::kCannotCreate;
}

// When the database is opened, which has been looked at, files may be made: what fails then is
// input and output.
ExitCode opening_exit_code(const Error& error) {
  const bool failed =
      error.code == Errc::kIo || error.code == Errc::kBusy || error.code == Errc::kCorrupt;
  return failed ? ExitCode::kIo : database_exit_code(error);
}

// Waits as long as --lock-wait says, listening to signals meanwhile.
Result<RunLock> acquire_lock(const RunOptions& options, const Clock& clock, EventLoop& loop,
                             const Coordinator& coordinator) {
  constexpr int kPollMs = 50;
  const int64_t until = clock.monotonic_ms() + options.lock_wait_ms;
  for (;;) {
    auto lock = RunLock::acquire(options.database, 0, clock);
    if (lock || lock.error().code != Errc::kBusy) return lock;
    if (coordinator.stopped() || clock.monotonic_ms() >= until) return lock;
    if (auto turned = loop.run_once(kPollMs); !turned) return turned.error();
  }
}

// The lock of a database that is usable. Whatever may be wrong with it is found out before anything
// of it is changed, and its content is looked at under the lock: a database that another run is
// just making would look wrong.
Result<RunLock> hold_database(const RunOptions& options, const Clock& clock, EventLoop& loop,
                              const Coordinator& coordinator) {
  if (auto state = inspect_writable_path(options.database); !state) return state.error();
  auto lock = acquire_lock(options, clock, loop, coordinator);
  if (!lock) return lock;
  auto state = inspect_writable_path(options.database);
  if (!state) return state.error();
  if (*state == PathState::kFile) {
    if (auto ours = check_identity_untouched(options.database); !ours) return ours.error();
  }
  auto room = DatabaseDisk(options.database).check(0);
  if (!room) return room.error();
  return lock;
}

Result<void> warc_folder(const RunOptions& options) {
  if (options.warc.empty()) return {};
  if (Result<void> free = refuse_as_output(options.database, options.warc); !free) return free;
  return make_folder(options.warc);
}

// What the database has already is archived before a run that may write over it. kDone, or why
// there can be no archive, which has been said.
ExitCode archive_what_is_there(const RunOptions& options, EventLoop& loop, Logger& log,
                               const Coordinator& coordinator) {
  auto archiver = Archiver::start(
      loop, log, {options.database, options.warc, !options.quiet && options.progress});
  if (!archiver) return fail(log, archiver.error(), ExitCode::kIo);
  auto code = (*archiver)->finish([&] { return coordinator.stops(); });
  if (coordinator.stopped()) return coordinator.end().code;
  if (!code) return fail(log, code.error(), ExitCode::kIo);
  return static_cast<ExitCode>(*code);
}

// The exit code of a run that is archived. Whoever closes a database last removes its log, and the
// archiver, who reads, may not.
ExitCode finish_archive(Archiver& archiver, const RunOptions& options, Logger& log,
                        const Coordinator& coordinator, ExitCode code) {
  auto archived = archiver.finish([&] { return coordinator.stops(); });
  auto database = Database::open_writer(options.database);
  if (database && archived && *archived == 0) {
    auto done = take_back(*database, "archive_behind");
    if (!done) archived = done.error();
  }
  if (!archived) return fail(log, archived.error(), ExitCode::kIo);
  return code == ExitCode::kDone ? static_cast<ExitCode>(*archived) : code;
}

}  // namespace

ExitCode run_crawl(const RunOptions& options) {
  const SystemClock clock;
  Logger log(clock, log_level(options), options.log_format);
  for (const std::string& warning : options.hosts.warnings()) log.warning(warning);
  if (!options.hosts.empty()) leave_no_core();
  Seeds seeds = read_all_seeds(options, log);
  if (seeds.code != ExitCode::kDone) return seeds.code;
  for (const std::string& warning : options.hosts.beside(seeds.list)) log.warning(warning);
  auto scope = ScopePolicy::create(options);
  if (!scope) return fail(log, scope.error(), ExitCode::kUsage);
  auto fetcher = locate_fetcher(options.fetcher);
  if (!fetcher) return fail(log, fetcher.error(), fetcher_exit_code(fetcher.error()));
  auto loop = EventLoop::create(clock);
  if (!loop) return fail(log, loop.error(), ExitCode::kIo);

  MetricsFile metrics(options.metrics_file, clock, log);

  std::optional<RunLock> lock;  // let go of last, when no connection is left
  Coordinator coordinator({options, clock, **loop, log});
  auto signals = SignalWatch::create(**loop, coordinator);
  if (!signals) return fail(log, signals.error(), ExitCode::kIo);
  // Before fetchers are started: of two starts, the second leaves at once.
  auto held = hold_database(options, clock, **loop, coordinator);
  if (!held) {
    if (coordinator.stopped()) return coordinator.end().code;
    const bool busy = held.error().code == Errc::kBusy;
    return fail(log, held.error(), busy ? ExitCode::kBusy : database_exit_code(held.error()));
  }
  lock.emplace(std::move(*held));
  if (auto writable = metrics.check(options.database); !writable) {
    return fail(log, writable.error(), ExitCode::kCannotCreate);
  }
  if (auto started = coordinator.start_fetchers(fetcher->fd.fd()); !started) {
    const bool shortage = is_shortage(started.error());
    return fail(log, started.error(), shortage ? ExitCode::kIo : ExitCode::kConfig);
  }
  if (coordinator.stopped()) return coordinator.end().code;
  if (Result<void> folder = warc_folder(options); !folder) {
    return fail(log, folder.error(), ExitCode::kCannotCreate);
  }
  auto database = Database::open_writer(options.database);
  if (!database) return fail(log, database.error(), opening_exit_code(database.error()));
  std::unique_ptr<Archiver> archiver;
  if (!options.warc.empty()) {
    const ExitCode archived = archive_what_is_there(options, **loop, log, coordinator);
    if (archived != ExitCode::kDone) return archived;
    auto started = Archiver::start(**loop, log, {options.database, options.warc});
    if (!started) return fail(log, started.error(), ExitCode::kIo);
    archiver = std::move(*started);
  }
  const auto interrupted = [&] {
    (*signals)->take();
    return coordinator.stopped();
  };
  auto opened = coordinator.open(std::move(*database), seeds.list, std::move(*scope), interrupted);
  if (!opened && coordinator.stopped()) return coordinator.end().code;
  if (!opened) return fail(log, opened.error(), ExitCode::kIo);
  Progress::Options progress_options;
  progress_options.style = progress_style(options.quiet, options.progress, options.log_format,
                                          STDERR_FILENO, ::getenv("TERM"));
  progress_options.format = options.log_format;
  progress_options.budget = {options.max_pages, options.max_bytes, options.max_time_ms};
  progress_options.database = options.database;
  Progress progress(clock, log, progress_options);
  const ExitCode code = coordinator.run(progress, metrics).code;
  if (!archiver) return code;
  return finish_archive(*archiver, options, log, coordinator, code);
}

}  // namespace crawl
