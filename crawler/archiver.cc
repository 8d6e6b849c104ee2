// SPDX-License-Identifier: MIT
#include "crawler/archiver.h"

#include <fcntl.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/exit_code.h"
#include "base/retry.h"

namespace crawl {

Result<std::unique_ptr<Archiver>> Archiver::start(EventLoop& loop, Logger& log,
                                                  const Options& options) {
  // This very program, also where its file was replaced since.
  const UniqueFd self(uninterrupted([] { return ::open("/proc/self/exe", O_PATH | O_CLOEXEC); }));
  if (!self) return errno_error("open /proc/self/exe");
  ChildProcess::Options spawn;
  spawn.executable_fd = self.fd();
  spawn.argv = {"crawl",        "export",         "warc",
                "-d",           options.database, "-o",
                options.folder, "--follow",       std::to_string(kChildControlReadFd)};
  if (!options.tells) spawn.argv.emplace_back("-q");
  for (const char* name : {"TMPDIR", "TERM"}) {  // where SQLite sorts what is larger than memory
    if (const char* value = std::getenv(name); value != nullptr) {
      spawn.env.push_back(std::string(name) + "=" + value);
    }
  }
  Result<std::unique_ptr<ChildProcess>> child = ChildProcess::spawn(loop, spawn);
  if (!child) return child.error();
  std::unique_ptr<Archiver> archiver(new Archiver());
  archiver->child_ = std::move(*child);
  archiver->loop_ = &loop;
  archiver->log_ = &log;
  archiver->child_->on_exit([&log, options, raw = archiver.get()](ExitStatus status) {
    raw->ended_ = status;
    if (raw->expected_) return;
    log.error("the archive in " + options.folder + " is left behind (its process " + status.text() +
              "); crawl export warc -d " + options.database + " -o " + options.folder +
              " catches up");
  });
  return archiver;
}

Result<int> Archiver::finish(const std::function<int()>& signals) {
  constexpr int kWaitMs = 1000;
  constexpr int64_t kPatienceMs = 5'000;  // with one that was told to end
  const int before = signals();
  expected_ = true;
  child_->disconnect();
  std::optional<int64_t> told_at;
  bool killed = false;
  while (child_->running()) {
    if (Result<int> turned = loop_->run_once(kWaitMs); !turned) return turned.error();
    const int64_t now = loop_->clock().monotonic_ms();
    if (!told_at && signals() != before) {
      told_at = now;
      child_->kill(SIGTERM);
    } else if (told_at && !killed && now - *told_at > kPatienceMs) {
      killed = true;
      child_->kill(SIGKILL);
    }
  }
  // One that has no handlers yet ends of SIGTERM itself.
  if (told_at && ended_.signal == SIGTERM) return 128 + SIGTERM;
  if (ended_.signal) log_->error("the process that writes the archive was " + ended_.text());
  return ended_.code.value_or(static_cast<int>(ExitCode::kIo));
}

}  // namespace crawl
