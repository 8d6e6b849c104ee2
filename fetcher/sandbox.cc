// SPDX-License-Identifier: MIT
#include "fetcher/sandbox.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "fetcher/landlock.h"
#include "fetcher/privileges.h"
#include "fetcher/system_calls.h"

namespace crawl {

namespace {

// The sanitizers start threads and processes, read /proc, and map all there is.
#if defined(__has_feature)  // as clang says it
constexpr bool kInstrumented = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kInstrumented = true;
#else
constexpr bool kInstrumented = false;
#endif

Result<void> limit(__rlimit_resource_t resource, rlim_t value, const char* what) {
  const rlimit bound{value, value};
  if (::setrlimit(resource, &bound) != 0) return errno_error(what);
  return {};
}

Result<void> no_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) return errno_error("prctl");
  return {};
}

// A limit of 1 on core dumps: no file is that short, and unlike 0 it also keeps the kernel from
// feeding a program that collects them. No file grows by our hand; the signal that would tell us so
// is ignored, so that a line written to a stderr that is a file costs that line and not the
// process.
Result<void> no_files() {
  std::signal(SIGXFSZ, SIG_IGN);
  if (auto set = limit(RLIMIT_FSIZE, 0, "file size"); !set) return set;
  return limit(RLIMIT_CORE, 1, "core");
}

// Standard error may be the user's terminal, which obeys whoever writes to it. What a fetcher has
// to say goes through its channel, and is escaped.
Result<void> no_terminal() {
  const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!nowhere || ::dup2(nowhere.fd(), STDERR_FILENO) < 0) return errno_error("/dev/null");
  return {};
}

// Neither processes nor threads, no more descriptors than now, and so much memory.
Result<void> bounds(uint64_t data_bytes_max) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return errno_error("descriptors");
  if (auto set = limit(RLIMIT_NOFILE, files.rlim_cur, "descriptors"); !set) return set;
  if (auto set = limit(RLIMIT_NPROC, 0, "processes"); !set) return set;
  return data_bytes_max == 0 ? Result<void>() : limit(RLIMIT_DATA, data_bytes_max, "data");
}

// Its user may look into it only where the broker, who is that user, has to.
Result<void> hidden(bool from_its_user) {
  const unsigned long dumpable = from_its_user ? 0 : 1;
  if (::prctl(PR_SET_DUMPABLE, dumpable, 0UL, 0UL, 0UL) != 0) return errno_error("prctl");
  return {};
}

// What is in force, and what is not and why.
class Roll {
 public:
  explicit Roll(Sandbox& sandbox) : sandbox_(sandbox) {}
  bool call(const std::string& layer, const Result<void>& done) {
    add(done ? sandbox_.layers : sandbox_.missing, layer);
    if (!done) sandbox_.missing += " (" + done.error().message() + ")";
    return done.has_value();
  }
  void leave_out(const std::string& layers) { add(sandbox_.missing, layers); }

 private:
  static void add(std::string& list, const std::string& layer) {
    list += (list.empty() ? "" : ", ") + layer;
  }
  Sandbox& sandbox_;
};

}  // namespace

// The whole policy. Each line's layer is explained where its function is.
Result<Sandbox> enter_sandbox(const SandboxOrder& order) {
  Sandbox sandbox;
  Roll roll(sandbox);
  const bool off = order.mode == SandboxMode::kOff;
  roll.call("no_new_privs", no_new_privileges());
  roll.call("no files written", no_files());
  if (off || kInstrumented) {
    roll.leave_out(off ? "all else (--sandbox=off)" : "all else (built with a sanitizer)");
    return sandbox;
  }
  roll.call("no terminal", no_terminal());
  drop_bounding_set();
  const bool was_root = is_root();
  if (was_root) roll.call("root given up", give_up_root());
  roll.call("no capabilities", drop_capabilities());
  roll.call("limits", bounds(order.data_bytes_max));
  // Changing users has undone this, as it undoes the signal at the parent's death.
  const bool from_its_user = was_root || !order.brokered;
  const auto set = hidden(from_its_user);
  if (from_its_user || !set) roll.call("not dumpable", set);
  const Result<int> landlock = restrict_files(order.brokered);
  const int abi = landlock ? *landlock : 0;
  roll.call("landlock" + (abi > 0 ? " " + std::to_string(abi) : ""),
            landlock ? Result<void>() : Result<void>(landlock.error()));
  auto filter = filter_system_calls(order.brokered);
  roll.call("seccomp", filter ? Result<void>() : Result<void>(filter.error()));
  if (filter) sandbox.listener = std::move(*filter);
  if (sandbox.listener) roll.call("connections decided outside", {});
  return sandbox;
}

}  // namespace crawl
