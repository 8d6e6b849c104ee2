// SPDX-License-Identifier: MIT
#include "crawler/version.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/retry.h"
#include "base/unique_fd.h"
#include "crawler/build_facts.h"
#include "crawler/program_locator.h"
#include "ipc/messages.h"
#include "storage/database.h"
#include "storage/sqlite_version.h"

namespace crawl {
namespace {

#if defined(__clang__)
#define CRAWL_COMPILER __VERSION__
#else
#define CRAWL_COMPILER "GCC " __VERSION__
#endif

constexpr int kPatienceMs = 5000;
constexpr size_t kAnswerBytesMax = 4096;

// Starts `path --version` with stdout to `out`, stdin and stderr at /dev/null, and no environment.
Result<pid_t> start(const std::string& path, int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::string name = "crawl-fetcher";
  std::string option = "--version";
  std::array<char*, 3> arguments = {name.data(), option.data(), nullptr};
  std::array<char*, 1> environment = {nullptr};
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, path.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  errno = error;
  if (error != 0) return errno_error("start " + path);
  return pid;
}

// All that comes until the end, but neither for longer nor more than is sensible.
std::string read_answer(int fd) {
  const SystemClock clock;
  const int64_t deadline_ms = clock.monotonic_ms() + kPatienceMs;
  std::string answer;
  std::array<char, 512> buffer{};
  while (answer.size() < kAnswerBytesMax) {
    const int64_t left_ms = deadline_ms - clock.monotonic_ms();
    pollfd waiting{fd, POLLIN, 0};
    if (left_ms <= 0 || poll(&waiting, 1, static_cast<int>(left_ms)) == 0) break;
    const ssize_t bytes = uninterrupted([&] { return read(fd, buffer.data(), buffer.size()); });
    if (bytes <= 0) break;
    answer.append(buffer.data(), static_cast<size_t>(bytes));
  }
  return answer;
}

// The lines of `crawl-fetcher --version`.
Result<std::string> fetcher_facts(const std::string& path) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("make a pipe");
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const Result<pid_t> pid = start(path, writing.fd());
  writing.reset();
  if (!pid) return pid.error();
  std::string answer = read_answer(reading.fd());
  kill(*pid, SIGKILL);  // nothing happens to one that has ended
  int status = 0;
  uninterrupted([&] { return waitpid(*pid, &status, 0); });
  if (!answer.starts_with("crawl-fetcher ")) {
    return Error{Errc::kInvalid, 0, path + " does not say its version"};
  }
  return answer;
}

std::string of_the_fetcher() {
  const Result<LocatedProgram> fetcher = locate_fetcher("");
  if (!fetcher) return "fetcher " + fetcher.error().message() + "\n";
  const Result<std::string> facts = fetcher_facts(fetcher->path);
  if (!facts) return "fetcher " + facts.error().message() + "\n";
  return "fetcher " + fetcher->path + "\n" + *facts;
}

}  // namespace

std::string version_text() {
  return fmt::format(
             "crawl {}\nrevision {}\nbuild {}\ncompiler {}\nschema {}\nprotocol {}\nSQLite {}\n",
             CRAWL_VERSION, kRevision, kBuildType, CRAWL_COMPILER, kSchemaVersion, kProtocolVersion,
             sqlite_version()) +
         of_the_fetcher();
}

}  // namespace crawl
