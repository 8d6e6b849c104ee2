// SPDX-License-Identifier: MIT
// What a fetcher can still do when it is wholly in somebody else's hand: processes, files, the
// kernel. docs/promises.md, "Nobody let in".

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "tests/fetcher/sandbox_rig.h"

using crawl::test::check_killed;
using crawl::test::check_possible;
using crawl::test::check_refused;

namespace {

// A parent's process, which no attempt may reach.
pid_t other() { return ::getppid(); }

template <typename... Arguments>
long call(long number, Arguments... arguments) {
  return ::syscall(number, arguments...);
}

char* const kNoArguments[] = {nullptr};

}  // namespace

// --- the terminal

TEST_CASE("sandbox: nothing reaches the terminal that stderr may be", "[sandbox]") {
  if (!crawl::test::filters_here()) {
    WARN("no sandbox here");
    return;
  }
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  const auto arrives = [&](crawl::SandboxMode mode) {
    const auto enter = [&] {
      crawl::SandboxOrder order;
      order.mode = mode;
      return ::dup2(ends[1], STDERR_FILENO) >= 0 && crawl::enter_sandbox(order).has_value();
    };
    CHECK(crawl::test::outcome_after(enter, [] { return ::write(STDERR_FILENO, "\x1b[2J", 4); }) ==
          "succeeded");
    std::array<char, 8> received{};
    return ::read(ends[0], received.data(), received.size());
  };
  CHECK(arrives(crawl::SandboxMode::kOff) == 4);
  CHECK(arrives(crawl::SandboxMode::kOn) == -1);
  ::close(ends[0]);
  ::close(ends[1]);
}

// --- processes

TEST_CASE("sandbox: no program can be run", "[sandbox]") {
  check_killed([] { return ::execve("/bin/true", kNoArguments, kNoArguments); });
}

TEST_CASE("sandbox: no program can be run from a descriptor", "[sandbox]") {
  check_killed([] { return call(SYS_execveat, -1, "/bin/true", kNoArguments, kNoArguments, 0); });
}

TEST_CASE("sandbox: no process can be forked", "[sandbox]") {
  check_killed([] { return call(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0 ? (::_exit(0), 0L) : 0L; });
}

#ifdef SYS_fork
TEST_CASE("sandbox: nor with the old calls", "[sandbox]") {
  check_killed([] { return call(SYS_fork) == 0 ? (::_exit(0), 0L) : 0L; });
}
#endif

TEST_CASE("sandbox: nor with the new one", "[sandbox]") {
  check_killed([] { return call(SYS_clone3, nullptr, 0); });
}

TEST_CASE("sandbox: no thread can be started", "[sandbox]") {
  check_killed([] {
    alignas(16) static std::array<char, 4096> stack;
    const auto flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
    const auto body = [](void*) -> int { return static_cast<int>(::syscall(SYS_exit, 0)); };
    return ::clone(body, stack.data() + stack.size(), flags, nullptr);
  });
}

TEST_CASE("sandbox: no process can be traced", "[sandbox]") {
  check_killed([] { return ::ptrace(PTRACE_PEEKDATA, other(), nullptr, nullptr); });
}

TEST_CASE("sandbox: no other memory can be read", "[sandbox]") {
  check_killed([] { return ::process_vm_readv(other(), nullptr, 0, nullptr, 0, 0); });
}

TEST_CASE("sandbox: no other memory can be written", "[sandbox]") {
  check_killed([] { return ::process_vm_writev(other(), nullptr, 0, nullptr, 0, 0); });
}

TEST_CASE("sandbox: no other process can be sent a signal", "[sandbox]") {
  check_killed([] { return ::kill(other(), 0); });
}

TEST_CASE("sandbox: nor by its thread", "[sandbox]") {
  check_refused([] { return call(SYS_tgkill, other(), other(), 0); });
}

TEST_CASE("sandbox: nor through a descriptor", "[sandbox]") {
  check_killed([] { return call(SYS_pidfd_open, other(), 0); });
}

TEST_CASE("sandbox: no descriptor can be taken from another process", "[sandbox]") {
  check_killed([] { return call(SYS_pidfd_getfd, -1, 0, 0); });
}

TEST_CASE("sandbox: no user can be changed to", "[sandbox]") {
  check_killed([] { return call(SYS_setresuid, -1, -1, -1); });
}

TEST_CASE("sandbox: no capability can be set", "[sandbox]") {
  check_killed([] { return call(SYS_capset, nullptr, nullptr); });
}

TEST_CASE("sandbox: no attribute of the process can be changed", "[sandbox]") {
  check_refused([] { return ::prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL); });
}

TEST_CASE("sandbox: no limit can be read or raised", "[sandbox]") {
  check_refused([] {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit);
  });
}

// --- files

TEST_CASE("sandbox: no file can be opened", "[sandbox]") {
  check_refused([] { return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC); });
}

TEST_CASE("sandbox: nor one of its own", "[sandbox]") {
  check_refused([] { return ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC); });
}

TEST_CASE("sandbox: nor a folder", "[sandbox]") {
  check_refused([] { return ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
}

TEST_CASE("sandbox: nor a device", "[sandbox]") {
  check_refused([] { return ::open("/dev/null", O_RDWR | O_CLOEXEC); });
}

TEST_CASE("sandbox: nor with the newest call", "[sandbox]") {
  check_refused([] {
    std::array<uint64_t, 3> how{};
    return call(SYS_openat2, AT_FDCWD, "/etc/passwd", how.data(), sizeof how);
  });
}

TEST_CASE("sandbox: no file can be looked at", "[sandbox]") {
  check_refused([] {
    struct stat status {};
    return ::stat("/etc/passwd", &status);
  });
}

TEST_CASE("sandbox: nor asked for", "[sandbox]") {
  check_refused([] { return ::access("/etc/passwd", F_OK); });
}

TEST_CASE("sandbox: nor can a link be read", "[sandbox]") {
  check_refused([] {
    std::array<char, 64> target{};
    return ::readlink("/proc/self/exe", target.data(), target.size());
  });
}

TEST_CASE("sandbox: no file can be removed", "[sandbox]") {
  check_killed([] { return ::unlink("/nonexistent/file"); });
}

TEST_CASE("sandbox: no file can be renamed", "[sandbox]") {
  check_killed([] { return ::rename("/nonexistent/a", "/nonexistent/b"); });
}

TEST_CASE("sandbox: no folder can be made", "[sandbox]") {
  check_killed([] { return ::mkdir("/nonexistent/folder", 0700); });
}

TEST_CASE("sandbox: no link can be made", "[sandbox]") {
  check_killed([] { return ::symlink("a", "/nonexistent/b"); });
}

TEST_CASE("sandbox: no device can be made", "[sandbox]") {
  check_killed([] { return ::mknod("/nonexistent/device", S_IFIFO | 0600, 0); });
}

TEST_CASE("sandbox: no right can be changed", "[sandbox]") {
  check_killed([] { return ::chmod("/nonexistent/file", 0777); });
}

TEST_CASE("sandbox: no file can be cut", "[sandbox]") {
  check_killed([] { return ::truncate("/nonexistent/file", 0); });
}

TEST_CASE("sandbox: no folder can become the root", "[sandbox]") {
  check_killed([] { return ::chroot("/nonexistent"); });
}

TEST_CASE("sandbox: nothing can be mounted", "[sandbox]") {
  check_killed([] { return ::mount("none", "/nonexistent", "tmpfs", 0, nullptr); });
}

TEST_CASE("sandbox: nothing can be mounted with the new calls", "[sandbox]") {
  check_killed([] { return call(SYS_fsopen, "tmpfs", 0); });
}

TEST_CASE("sandbox: no file can be opened by its handle", "[sandbox]") {
  check_killed([] { return call(SYS_open_by_handle_at, AT_FDCWD, nullptr, 0); });
}

TEST_CASE("sandbox: no file can be watched", "[sandbox]") {
  check_killed([] { return call(SYS_inotify_init1, 0); });
}

TEST_CASE("sandbox: no file can be made in memory", "[sandbox]") {
  check_killed([] { return ::memfd_create("x", MFD_CLOEXEC); });
}

TEST_CASE("sandbox: what is open grows by no byte", "[sandbox]") {
  char name[] = "/tmp/crawl-sandbox-XXXXXX";
  const crawl::UniqueFd file(::mkostemp(name, O_CLOEXEC));
  REQUIRE(file);
  ::unlink(name);
  REQUIRE(::write(file.fd(), "x", 1) == 1);
  const auto attempt = [&] { return ::write(file.fd(), "x", 1); };
  CHECK(crawl::test::outcome(crawl::SandboxMode::kOff, attempt) == "EFBIG");
  CHECK(crawl::test::outcome(crawl::SandboxMode::kOn, attempt) == "EFBIG");
}

TEST_CASE("sandbox: a pipe that is open is written to", "[sandbox]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const crawl::UniqueFd read_end(ends[0]);
  const crawl::UniqueFd write_end(ends[1]);
  check_possible([&] { return ::write(write_end.fd(), "x", 1); });
}

// --- memory

TEST_CASE("sandbox: no memory can hold a program", "[sandbox]") {
  check_refused([] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                   MAP_FAILED
               ? -1
               : 0;
  });
}

TEST_CASE("sandbox: no memory can become a program", "[sandbox]") {
  check_refused([] {
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
  });
}

TEST_CASE("sandbox: memory ends at its limit", "[sandbox]") {
  crawl::SandboxOrder order;
  order.data_bytes_max = 1u << 30;
  const auto allocate = [](size_t bytes) {
    return [bytes]() -> long {
      void* block = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      return block == MAP_FAILED ? -1 : 0;
    };
  };
  const auto enter = [&] { return crawl::enter_sandbox(order).has_value(); };
  if (!crawl::test::filters_here()) {
    WARN("no limit here");
    return;
  }
  CHECK(crawl::test::outcome_after(enter, allocate(1u << 20)) == "succeeded");
  CHECK(crawl::test::outcome_after(enter, allocate(size_t{2} << 30)) == "ENOMEM");
}

// --- the kernel

TEST_CASE("sandbox: no namespace can be left", "[sandbox]") {
  check_killed([] { return ::unshare(CLONE_NEWUSER); });
}

TEST_CASE("sandbox: no namespace can be entered", "[sandbox]") {
  check_killed([] { return ::setns(-1, 0); });
}

TEST_CASE("sandbox: no key can be reached", "[sandbox]") {
  check_killed([] { return call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0); });
}

TEST_CASE("sandbox: no key can be made", "[sandbox]") {
  check_killed([] { return call(SYS_add_key, "user", "x", "x", 1, KEY_SPEC_PROCESS_KEYRING); });
}

TEST_CASE("sandbox: no program can be given to the kernel", "[sandbox]") {
  check_killed([] { return call(SYS_bpf, BPF_MAP_CREATE, nullptr, 0); });
}

TEST_CASE("sandbox: no calls can be queued", "[sandbox]") {
  check_killed([] { return call(SYS_io_uring_setup, 1, nullptr); });
}

TEST_CASE("sandbox: no queue of calls can be used", "[sandbox]") {
  check_killed([] { return call(SYS_io_uring_enter, -1, 1, 0, 0, nullptr, 0); });
}

TEST_CASE("sandbox: no page fault can be answered", "[sandbox]") {
  check_killed([] { return call(SYS_userfaultfd, 0); });
}

TEST_CASE("sandbox: no event can be counted", "[sandbox]") {
  check_killed([] { return call(SYS_perf_event_open, nullptr, 0, -1, -1, 0); });
}

TEST_CASE("sandbox: no filter can be added", "[sandbox]") {
  check_killed([] { return call(SYS_seccomp, 1, 0, nullptr); });
}

TEST_CASE("sandbox: no personality can be chosen", "[sandbox]") {
  check_killed([] { return call(SYS_personality, 0xFFFFFFFFUL); });
}

TEST_CASE("sandbox: no memory can be shared by number", "[sandbox]") {
  check_killed([] { return ::shmget(IPC_PRIVATE, 4096, 0600); });
}

TEST_CASE("sandbox: no module can be loaded", "[sandbox]") {
  check_killed([] { return call(SYS_init_module, nullptr, 0, ""); });
}

TEST_CASE("sandbox: no clock can be set", "[sandbox]") {
  check_killed([] { return call(SYS_clock_settime, 0, nullptr); });
}

TEST_CASE("sandbox: no timer can be made", "[sandbox]") {
  check_killed([] { return call(SYS_timer_create, 0, nullptr, nullptr); });
}

TEST_CASE("sandbox: no device can be told anything", "[sandbox]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const crawl::UniqueFd read_end(ends[0]);
  const crawl::UniqueFd write_end(ends[1]);
  check_refused([&] {
    int waiting = 0;
    return ::ioctl(read_end.fd(), FIONREAD, &waiting);
  });
}
