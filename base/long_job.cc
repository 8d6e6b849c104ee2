// SPDX-License-Identifier: MIT
#include "base/long_job.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/columns.h"
#include "base/retry.h"

namespace crawl {

namespace {

constexpr int64_t kRedrawMs = 200;

volatile std::sig_atomic_t interrupted_by = 0;

bool can_erase(int fd) {
  const char* term = std::getenv("TERM");
  return isatty(fd) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

}  // namespace

LongJob::LongJob(std::string name, int err_fd, bool quiet)
    : name_(std::move(name)), fd_(err_fd), shown_(!quiet && can_erase(err_fd)) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    // One that is ignored from birth stays so (nohup).
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    std::signal(signal, [](int number) { interrupted_by = number; });
  }
}

LongJob::~LongJob() {
  if (drawn_ms_ > 0) write_all(fd_, "\r\x1b[K");
}

bool LongJob::go_on(int64_t done, int64_t total) {
  const int64_t now = clock_.monotonic_ms();
  if (shown_ && now - drawn_ms_ >= kRedrawMs) {
    drawn_ms_ = now;
    const std::string part =
        total > 0 ? std::to_string(100 * done / total) + " %" : group_digits(done);
    std::string line = "\r" + name_;
    line.append(": ").append(part).append("\x1b[K");
    write_all(fd_, line);
  }
  return !interrupted();
}

bool LongJob::interrupted() { return interrupted_by != 0; }

int LongJob::exit_code() { return 128 + interrupted_by; }

}  // namespace crawl
