// SPDX-License-Identifier: MIT
// What a child inherits, what it does not, and how a spawn fails.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ipc/child_process.h"
#include "tests/ipc/child_fixture.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

using test::Parent;

std::string first_message(const Parent& parent, const ChildProcess::Options& options) {
  const auto child = parent.spawn(options);
  parent.until([&] { return !child->events.empty(); });
  return child->events[0];
}

UniqueFd file_with(const std::string& text) {
  UniqueFd fd(::memfd_create("extra", MFD_CLOEXEC));
  REQUIRE(::write(fd.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return fd;
}

size_t open_count() {
  size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++n;
  return n;
}

}  // namespace

TEST_CASE("spawn: a child sees descriptors 0 to 4 and the extras, nothing else", "[spawn]") {
  const Parent parent;
  const UniqueFd leak(::open("/dev/null", O_RDONLY));  // not close-on-exec
  const UniqueFd high_leak(::fcntl(leak.fd(), F_DUPFD, 700));
  ChildProcess::Options options = parent.options({"fds"});
  CHECK(first_message(parent, options) == "message 0 1 2 3 4 ");
  const UniqueFd extra = file_with("x");
  options.extra_fds = {extra.fd(), extra.fd(), extra.fd()};
  CHECK(first_message(parent, options) == "message 0 1 2 3 4 5 6 7 ");
}

TEST_CASE("spawn: extras keep their order, whatever numbers they have here", "[spawn]") {
  const Parent parent;
  const UniqueFd one = file_with("one");
  const UniqueFd two = file_with("two");
  ChildProcess::Options options = parent.options({"extras"});
  options.extra_fds = {one.fd(), two.fd()};
  CHECK(first_message(parent, options) == "message one;two;");
  options.extra_fds = {two.fd(), one.fd()};
  CHECK(first_message(parent, options) == "message two;one;");
  // Sources on the very numbers that the targets have.
  const UniqueFd low_one(::fcntl(one.fd(), F_DUPFD_CLOEXEC, kChildFirstExtraFd));
  const UniqueFd low_two(::fcntl(two.fd(), F_DUPFD_CLOEXEC, kChildFirstExtraFd));
  options.extra_fds = {low_two.fd(), low_one.fd()};
  CHECK(first_message(parent, options) == "message two;one;");
}

TEST_CASE("spawn: stdin and stdout are /dev/null, stderr is ours or /dev/null", "[spawn]") {
  const Parent parent;
  ChildProcess::Options options = parent.options({"files"});
  options.inherit_stderr = false;
  CHECK(first_message(parent, options) == "message /dev/null /dev/null /dev/null ");
  options.inherit_stderr = true;
  std::error_code error;
  const std::string ours = std::filesystem::read_symlink("/proc/self/fd/2", error).string();
  CHECK(first_message(parent, options) == "message /dev/null /dev/null " + ours + " ");
}

TEST_CASE("spawn: signals are unblocked and at their defaults in the child", "[spawn]") {
  const Parent parent;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction saved_hup {};
  struct sigaction saved_chld {};
  ::sigaction(SIGHUP, &ignore, &saved_hup);
  ::sigaction(SIGCHLD, &ignore, &saved_chld);  // would lose exit statuses: spawn must see to it
  sigset_t blocked;
  sigset_t saved;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGINT);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &saved);

  const auto child = parent.spawn({"signals"});
  parent.until([&] { return !child->events.empty(); });
  CHECK(child->events[0] == "message 0000000000000000 0000000000000000 ");
  sigset_t after;
  ::sigprocmask(SIG_BLOCK, nullptr, &after);
  CHECK(::sigismember(&after, SIGTERM) == 1);  // ours are as they were
  CHECK(::sigismember(&after, SIGUSR1) == 0);
  child->process->disconnect();
  parent.until([&] { return child->has("exit"); });
  CHECK(child->events.back() == "exit: exited with code 0");

  ::sigprocmask(SIG_SETMASK, &saved, nullptr);
  ::sigaction(SIGHUP, &saved_hup, nullptr);
  ::sigaction(SIGCHLD, &saved_chld, nullptr);
}

TEST_CASE("spawn: the environment is the one given, nothing of ours", "[spawn]") {
  const Parent parent;
  ::setenv("CRAWL_TEST_SECRET", "1", 1);
  ChildProcess::Options options = parent.options({"env"});
  options.env = {"A=1", "B=two words"};
  CHECK(first_message(parent, options) == "message A=1;B=two words;");
}

TEST_CASE("spawn: a child has a session of its own, out of the terminal's reach", "[spawn]") {
  const Parent parent;
  CHECK(first_message(parent, parent.options({"session"})) == "message own");
}

TEST_CASE("spawn: an exec that fails is an error with errno here, not an exit", "[spawn]") {
  const Parent parent;
  std::string folder = (std::filesystem::temp_directory_path() / "crawl-spawn-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/program";
  const size_t before = open_count();
  const auto fails_with = [&](const std::string& text, mode_t mode) {
    std::filesystem::remove(path);
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    const UniqueFd program(::open(path.c_str(), O_PATH | O_CLOEXEC));
    ChildProcess::Options options;
    options.executable_fd = program.fd();
    options.argv = {"program"};
    const auto child = ChildProcess::spawn(*parent.loop, options);
    REQUIRE_FALSE(child);
    return child.error().sys_errno;
  };
  CHECK(fails_with("#!/nonexistent/interpreter\n", 0755) == ENOENT);
  CHECK(fails_with("text", 0644) == EACCES);
  CHECK(fails_with("text, but executable", 0755) == ENOEXEC);
  ChildProcess::Options no_name = parent.options({});
  no_name.argv.clear();
  CHECK_FALSE(ChildProcess::spawn(*parent.loop, no_name));
  ChildProcess::Options bad_extra = parent.options({"stay"});
  bad_extra.extra_fds = {9999};
  const auto child = ChildProcess::spawn(*parent.loop, bad_extra);
  REQUIRE_FALSE(child);
  CHECK(child.error().sys_errno == EBADF);
  CHECK(open_count() == before);                 // no descriptor is left
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // nor a zombie
  std::filesystem::remove_all(folder);
}

TEST_CASE("spawn: an unlinked program still starts from its descriptor", "[spawn]") {
  const Parent parent;
  std::string folder = (std::filesystem::temp_directory_path() / "crawl-spawn-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  std::filesystem::copy_file(IPC_TEST_CHILD, folder + "/program");
  const UniqueFd program(::open((folder + "/program").c_str(), O_PATH | O_CLOEXEC));
  std::filesystem::remove_all(folder);
  ChildProcess::Options options = parent.options({"session"});
  options.executable_fd = program.fd();
  CHECK(first_message(parent, options) == "message own");
}

TEST_CASE("spawn: the death of the parent kills the child", "[spawn]") {
  const Parent parent;
  const auto middle = parent.spawn({"middle"});
  parent.until([&] { return !middle->events.empty(); });
  const pid_t grandchild = std::atoi(middle->events[0].substr(8).c_str());
  REQUIRE(grandchild > 1);
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, grandchild, 0U)));
  REQUIRE(pidfd);
  pollfd dies{pidfd.fd(), POLLIN, 0};
  CHECK(::poll(&dies, 1, 0) == 0);  // alive so far
  REQUIRE(middle->process->kill(SIGKILL));
  CHECK(::poll(&dies, 1, 20'000) == 1);
}

TEST_CASE("spawn: children come and go without a descriptor left behind", "[spawn]") {
  const Parent parent;
  const size_t before = open_count();
  for (int i = 0; i < 50; ++i) {
    const auto child = parent.spawn({"exit", "0"});
    if (i % 2 == 0) parent.until([&] { return child->has("exit"); });
  }
  CHECK(open_count() == before);
}

TEST_CASE("spawn: fork refused with EAGAIN is kBusy", "[spawn]") {
  // Root is not bound by RLIMIT_NPROC, so a child of ours gives root up first.
  const pid_t pid = ::fork();
  if (pid == 0) {
    const SystemClock clock;
    const auto loop = EventLoop::create(clock);
    const UniqueFd program(::open(IPC_TEST_CHILD, O_PATH | O_CLOEXEC));
    if (::getuid() == 0 && ::setresuid(54321, 54321, 54321) != 0) ::_exit(10);
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) ::_exit(11);
    ChildProcess::Options options;
    options.executable_fd = program.fd();
    options.argv = {"ipc_test_child", "stay"};
    const auto child = ChildProcess::spawn(**loop, options);
    ::_exit(child ? 12 : child.error().code == Errc::kBusy ? 0 : 13);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("spawn: open_parent_channel is refused where no parent of ours made one", "[spawn]") {
  // In a child of plain fork with descriptors 3 and 4 closed, then with blocking pipes there.
  const pid_t pid = ::fork();
  if (pid == 0) {
    const SystemClock clock;
    const auto loop = EventLoop::create(clock);
    int fds[2] = {-1, -1};
    if (::pipe(fds) != 0 || ::dup2(fds[0], 40) < 0 || ::dup2(fds[1], 41) < 0) ::_exit(10);
    const auto fresh = EventLoop::create(clock);
    ::close(kChildControlReadFd);
    ::close(kChildControlWriteFd);
    const auto closed = open_parent_channel(**fresh);
    if (closed || closed.error().code != Errc::kNotFound) ::_exit(11);
    if (::dup2(40, kChildControlReadFd) < 0 || ::dup2(41, kChildControlWriteFd) < 0) ::_exit(12);
    const auto shells = open_parent_channel(**fresh);
    ::_exit(!shells && shells.error().code == Errc::kNotFound ? 0 : 13);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace crawl
