// SPDX-License-Identifier: MIT
#include "base/long_job.h"

#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/columns.h"

namespace crawl {

namespace {

constexpr int64_t kRedrawMs = 200;

volatile std::sig_atomic_t interrupted_by = 0;
LiveLines* shown_line = nullptr;  // of the job that there is

}  // namespace

LongJob::LongJob(std::string name, int err_fd, bool quiet)
    : name_(std::move(name)),
      line_(err_fd),
      shown_(!quiet && can_redraw(err_fd, std::getenv("TERM"))) {
  shown_line = &line_;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    // One that is ignored from birth stays so (nohup).
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    std::signal(signal, [](int number) { interrupted_by = number; });
  }
}

LongJob::~LongJob() { shown_line = nullptr; }

bool LongJob::go_on(int64_t done, int64_t total) {
  const int64_t now = clock_.monotonic_ms();
  if (shown_ && now - drawn_ms_ >= kRedrawMs) {
    drawn_ms_ = now;
    const std::string part =
        total > 0 ? std::to_string(100 * done / total) + " %" : group_digits(done);
    line_.draw({name_ + ": " + part});
  }
  return !interrupted();
}

void LongJob::make_way() {
  if (shown_line != nullptr) shown_line->erase();
}

bool LongJob::interrupted() { return interrupted_by != 0; }

void LongJob::end_at_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

int LongJob::exit_code() { return 128 + interrupted_by; }

}  // namespace crawl
