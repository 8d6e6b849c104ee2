// SPDX-License-Identifier: MIT
// The layers of the sandbox one by one: each holds without the others.

#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <csignal>

#include "fetcher/landlock.h"
#include "fetcher/privileges.h"
#include "tests/fetcher/sandbox_rig.h"

using crawl::test::outcome_after;

namespace {

bool landlocked(int abi_min, bool no_connections) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
  const auto abi = crawl::restrict_files(no_connections);
  return abi && *abi >= abi_min;
}

long bind_tcp() {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  return ::bind(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&any), sizeof any);
}

long connect_tcp() {
  sockaddr_in nobody{};
  nobody.sin_family = AF_INET;
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  nobody.sin_port = htons(1);
  return ::connect(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&nobody),
                   sizeof nobody);
}

}  // namespace

TEST_CASE("landlock: no file is opened, made or removed", "[landlock]") {
  const auto enter = [] { return landlocked(1, false); };
  const std::string opened =
      outcome_after(enter, [] { return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC); });
  if (opened == "not entered") {
    WARN("no Landlock here");
    return;
  }
  CHECK(opened == "EACCES");
  CHECK(outcome_after(enter, [] { return ::open("/", O_RDONLY | O_DIRECTORY); }) == "EACCES");
  CHECK(outcome_after(enter, [] { return ::mkdir("/tmp/crawl-landlock-x", 0700); }) == "EACCES");
  CHECK(outcome_after(enter, [] { return ::rmdir("/tmp"); }) == "EACCES");
  CHECK(outcome_after([] { return true; }, [] { return ::open("/etc/passwd", O_RDONLY); }) ==
        "succeeded");
}

TEST_CASE("landlock: no port is bound, and no connection made where somebody else makes them",
          "[landlock]") {
  const auto enter = [] { return landlocked(4, true); };
  const std::string bound = outcome_after(enter, bind_tcp);
  if (bound == "not entered") {
    WARN("no Landlock for the network here");
    return;
  }
  CHECK(bound == "EACCES");
  CHECK(outcome_after(enter, connect_tcp) == "EACCES");
  CHECK(outcome_after([] { return landlocked(4, false); }, connect_tcp) == "ECONNREFUSED");
}

TEST_CASE("landlock: no signal leaves", "[landlock]") {
  const pid_t parent = ::getpid();
  const std::string sent =
      outcome_after([] { return landlocked(6, false); }, [parent] { return ::kill(parent, 0); });
  if (sent == "not entered") {
    WARN("no Landlock for signals here");
    return;
  }
  CHECK(sent == "EPERM");
}

TEST_CASE("privileges: root becomes nobody, for good, and still dies with its parent",
          "[privileges]") {
  if (!crawl::is_root()) {
    WARN("not root");
    return;
  }
  const auto enter = [] {
    crawl::drop_bounding_set();
    return crawl::give_up_root().has_value() && crawl::drop_capabilities().has_value();
  };
  const auto yes = [](bool condition) { return condition ? 0L : -1L; };
  const auto check = [&](const crawl::test::Attempt& attempt) {
    return outcome_after(enter, attempt);
  };
  CHECK(check([&] { return yes(::getuid() == 65534 && ::getegid() == 65534); }) == "succeeded");
  CHECK(check([&] { return yes(::getgroups(0, nullptr) == 0); }) == "succeeded");
  CHECK(check([] { return ::setresuid(0, 0, 0); }) == "EPERM");
  CHECK(check([&] { return yes(::prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0); }) == "succeeded");
  CHECK(check([&] {
          int signal = 0;
          ::prctl(PR_GET_PDEATHSIG, &signal);
          return yes(signal == SIGKILL);
        }) == "succeeded");
}

TEST_CASE("sandbox: what is in force and what is not is told in full", "[sandbox]") {
  const auto says = [](crawl::SandboxMode mode, const std::string& layers,
                       const std::string& missing) {
    crawl::SandboxOrder order;
    order.mode = mode;
    return outcome_after([] { return true; },
                         [&]() -> long {
                           const auto sandbox = crawl::enter_sandbox(order);
                           const bool right = sandbox &&
                                              sandbox->layers.find(layers) != std::string::npos &&
                                              sandbox->missing.find(missing) != std::string::npos;
                           return right ? 0 : -1;
                         });
  };
  CHECK(says(crawl::SandboxMode::kOff, "no_new_privs", "--sandbox=off") == "succeeded");
  if (!crawl::test::filters_here()) {
    WARN("no system call filter here");
    return;
  }
  CHECK(says(crawl::SandboxMode::kOn, "seccomp", "") == "succeeded");
}
