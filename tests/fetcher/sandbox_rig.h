// SPDX-License-Identifier: MIT
#pragma once

// Attempts made by a process inside the sandbox, and what became of them.

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include "fetcher/sandbox.h"
#include "tests/support/catch.h"

namespace crawl::test {

// A system call's result: below 0, errno says why. Whatever it needs it makes itself, or captures.
using Attempt = std::function<long()>;

// What a child that calls `enter` and then `attempt` comes to: "succeeded", "EACCES", "killed by
// SIGSYS", or "not entered".
inline std::string outcome_after(const std::function<bool()>& enter, const Attempt& attempt) {
  constexpr int kNotEntered = 255;
  const pid_t child = ::fork();
  if (child == 0) {
    if (!enter()) ::_exit(kNotEntered);
    errno = 0;
    const long result = attempt();
    ::_exit(result >= 0 ? 0 : errno);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return std::string("killed by SIG") + ::sigabbrev_np(WTERMSIG(status));
  if (WEXITSTATUS(status) == kNotEntered) return "not entered";
  return WEXITSTATUS(status) == 0 ? "succeeded" : ::strerrorname_np(WEXITSTATUS(status));
}

inline std::string outcome(SandboxMode mode, const Attempt& attempt) {
  SandboxOrder order;
  order.mode = mode;
  const auto enter = [order] { return enter_sandbox(order).has_value(); };
  return outcome_after(enter, attempt);
}

// False in a build, or on a kernel, without the filter: then there is nothing to test.
inline bool filters_here() {
  return outcome(SandboxMode::kOn, [] { return ::syscall(SYS_getpgid, 0); }) == "killed by SIGSYS";
}

inline void check_killed(const Attempt& attempt) {
  if (!filters_here()) {
    WARN("no system call filter here");
    return;
  }
  CHECK(outcome(SandboxMode::kOff, attempt) != "killed by SIGSYS");
  CHECK(outcome(SandboxMode::kOn, attempt) == "killed by SIGSYS");
}

inline void check_refused(const Attempt& attempt) {
  if (!filters_here()) {
    WARN("no system call filter here");
    return;
  }
  CHECK(outcome(SandboxMode::kOff, attempt) == "succeeded");
  CHECK(outcome(SandboxMode::kOn, attempt) == "EACCES");
}

inline void check_possible(const Attempt& attempt) {
  CHECK(outcome(SandboxMode::kOn, attempt) == "succeeded");
}

}  // namespace crawl::test
