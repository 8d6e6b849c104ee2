// SPDX-License-Identifier: MIT
#include "fetcher/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>

namespace crawl {

namespace {

Result<void> limit(__rlimit_resource_t resource, rlim_t value, const char* what) {
  const rlimit bound{value, value};
  if (::setrlimit(resource, &bound) != 0) return errno_error(what);
  return {};
}

Result<void> set_limits() {
  if (auto set = limit(RLIMIT_CORE, 0, "setrlimit core"); !set) return set;
  // No file grows by our hand. The signal that would tell us so is ignored, so that a line written
  // to a stderr that is a file costs that line and not the process.
  std::signal(SIGXFSZ, SIG_IGN);
  if (auto set = limit(RLIMIT_FSIZE, 0, "setrlimit fsize"); !set) return set;
  // Neither processes nor threads from here on. (The kernel does not hold root to it.)
  return limit(RLIMIT_NPROC, 0, "setrlimit nproc");
}

}  // namespace

Result<std::string> enter_sandbox() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) return errno_error("no_new_privs");
  if (::prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0) return errno_error("prctl dumpable");
  if (auto set = set_limits(); !set) return set.error();
  return std::string("no_new_privs, rlimits");
}

}  // namespace crawl
