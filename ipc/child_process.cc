// SPDX-License-Identifier: MIT
#include "ipc/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/retry.h"
namespace crawl {

namespace {

// glibc has wrappers for these only from 2.36 on.
constexpr auto kPidfdId = static_cast<idtype_t>(3);  // P_PIDFD

int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)); }

int pidfd_send(int pidfd, int signal) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0U));
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe(int flags) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), flags) != 0) return errno_error("pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// What a child that could not exec says before it exits.
struct ExecFailure {
  int error = 0;
};

// All that the child needs between fork and exec, made before the fork: from there on only system
// calls are allowed, since another thread may have held any lock of ours.
struct Plan {
  pid_t parent = 0;
  std::vector<int> sources;  // sources[n] becomes descriptor n
  int executable = -1;
  int report = -1;  // write end of the exec-failure pipe
  std::vector<char*> argv;
  std::vector<char*> env;
};

[[noreturn]] void give_up(int report_fd) {
  const ExecFailure failure{errno};
  (void)!::write(report_fd, &failure, sizeof failure);
  ::_exit(127);
}

// Every signal the kernel has, the two that glibc keeps for itself excepted (it refuses them).
void default_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
}

// Sources may sit on each other's target numbers: first everything moves above all targets, then
// down. Descriptors n and n+1 after the targets are the executable and the report pipe, closed by
// exec.
bool arrange_descriptors(Plan& plan) {
  const int count = static_cast<int>(plan.sources.size());
  const int above = count + 2;
  const int report = ::fcntl(plan.report, F_DUPFD_CLOEXEC, above);
  if (report < 0) return false;
  plan.report = report;
  for (int& fd : plan.sources) {
    fd = ::fcntl(fd, F_DUPFD_CLOEXEC, above);
    if (fd < 0) return false;
  }
  plan.executable = ::fcntl(plan.executable, F_DUPFD_CLOEXEC, above);
  if (plan.executable < 0) return false;
  for (int target = 0; target < count; ++target) {
    if (::dup2(plan.sources[static_cast<size_t>(target)], target) < 0) return false;
  }
  if (::dup3(plan.executable, count, O_CLOEXEC) < 0) return false;
  if (::dup3(plan.report, count + 1, O_CLOEXEC) < 0) return false;
  plan.executable = count;
  plan.report = count + 1;
  return ::syscall(SYS_close_range, static_cast<unsigned>(above), ~0U, 0U) == 0;
}

[[noreturn]] void run_child(Plan& plan) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(plan.report);
  if (::getppid() != plan.parent) ::_exit(127);  // the parent died before the line above
  ::setsid();
  default_signals();
  if (!arrange_descriptors(plan)) give_up(plan.report);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::syscall(SYS_execveat, plan.executable, "", plan.argv.data(), plan.env.data(), AT_EMPTY_PATH);
  give_up(plan.report);
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

// No handler of ours may run in the child: all signals are blocked across the fork.
pid_t fork_child(Plan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(plan);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

void reap(pid_t pid) {
  uninterrupted([&] { return ::waitpid(pid, nullptr, 0); });
}

void keep_exit_statuses() {
  struct sigaction action {};
  if (::sigaction(SIGCHLD, nullptr, &action) != 0) return;
  const bool lost = action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0;
  if (!lost) return;
  if (action.sa_handler == SIG_IGN) action.sa_handler = SIG_DFL;
  action.sa_flags &= ~SA_NOCLDWAIT;
  ::sigaction(SIGCHLD, &action, nullptr);
}

// Waits until exec has closed the pipe (nullopt) or the child has said why it cannot.
std::optional<int> exec_error(int report_fd) {
  ExecFailure failure;
  ssize_t n = 0;
  do {
    n = ::read(report_fd, &failure, sizeof failure);
  } while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(sizeof failure)) return failure.error;
  return std::nullopt;
}

}  // namespace

std::string ExitStatus::text() const {
  if (code) return "exited with code " + std::to_string(*code);
  if (!signal) return "still running";
  const char* abbreviation = ::sigabbrev_np(*signal);
  if (abbreviation == nullptr) return "killed by signal " + std::to_string(*signal);
  return std::string("killed by SIG") + abbreviation;
}

struct ChildProcess::State : std::enable_shared_from_this<ChildProcess::State> {
  template <typename Handler>
  using Shared = std::shared_ptr<std::function<Handler>>;

  explicit State(EventLoop& l) : loop(l) {}
  ~State() { end(); }

  void end();
  void exited();
  void disconnected(const std::optional<Error>& error);
  void report_later(Error error);

  // Called through a copy: a handler may replace itself or destroy the ChildProcess.
  template <typename Handler, typename... Args>
  void call(const Shared<Handler>& handler, Args&&... args) {
    const Shared<Handler> held = handler;
    if (!destroyed && held && *held) (*held)(std::forward<Args>(args)...);
  }

  EventLoop& loop;
  pid_t pid = -1;
  UniqueFd pidfd;  // until reaped
  std::unique_ptr<Channel> channel;
  bool destroyed = false;
  std::vector<Error> errors;  // to be reported by the loop
  EventLoop::TimerId error_timer = 0;
  Shared<void(std::string_view)> on_message;
  Shared<void()> on_disconnect;
  Shared<void(ExitStatus)> on_exit;
  Shared<void(Error)> on_error;
};

void ChildProcess::State::end() {
  if (error_timer != 0) loop.cancel(std::exchange(error_timer, 0));
  if (!pidfd) return;
  loop.unwatch(pidfd.fd());
  pidfd_send(pidfd.fd(), SIGKILL);
  siginfo_t info{};
  uninterrupted([&] { return ::waitid(kPidfdId, static_cast<id_t>(pidfd.fd()), &info, WEXITED); });
  pidfd.reset();
}

void ChildProcess::State::exited() {
  channel->drain();
  if (destroyed) return;
  siginfo_t info{};
  if (::waitid(kPidfdId, static_cast<id_t>(pidfd.fd()), &info, WEXITED | WNOHANG) != 0) {
    if (errno == EINTR) return;  // still readable: the loop comes back
    // Somebody else has waited for our child; the status is lost, the exit is not.
    report_later(errno_error("wait for child"));
    info.si_code = CLD_EXITED;
    info.si_status = -1;
  } else if (info.si_pid == 0) {
    return;
  }
  loop.unwatch(pidfd.fd());
  pidfd.reset();
  ExitStatus status;
  (info.si_code == CLD_EXITED ? status.code : status.signal) = info.si_status;
  call(on_exit, status);
}

void ChildProcess::State::disconnected(const std::optional<Error>& error) {
  if (error) call(on_error, *error);
  call(on_disconnect);
}

void ChildProcess::State::report_later(Error error) {
  errors.push_back(std::move(error));
  if (error_timer != 0) return;
  error_timer = loop.run_after(0, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->error_timer = 0;
    for (Error& each : std::exchange(self->errors, {})) self->call(self->on_error, std::move(each));
  });
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::spawn(EventLoop& loop, const Options& options) {
  if (options.executable_fd < 0) return errno_error(EBADF, "spawn: no executable");
  if (options.argv.empty()) return Error{Errc::kInvalid, 0, "spawn: no argv[0]"};
  auto to_child = make_pipe(O_CLOEXEC | O_NONBLOCK);
  if (!to_child) return to_child.error();
  auto from_child = make_pipe(O_CLOEXEC | O_NONBLOCK);
  if (!from_child) return from_child.error();
  auto report = make_pipe(O_CLOEXEC);
  if (!report) return report.error();
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return errno_error("open /dev/null");

  Plan plan;
  plan.parent = ::getpid();
  const bool keep_stderr = options.inherit_stderr && ::fcntl(2, F_GETFD) >= 0;
  plan.sources = {null.fd(), null.fd(), keep_stderr ? 2 : null.fd(), to_child->read_end.fd(),
                  from_child->write_end.fd()};
  plan.sources.insert(plan.sources.end(), options.extra_fds.begin(), options.extra_fds.end());
  plan.executable = options.executable_fd;
  plan.report = report->write_end.fd();
  plan.argv = pointers(options.argv);
  plan.env = pointers(options.env);

  keep_exit_statuses();
  const auto state = std::make_shared<State>(loop);
  state->pid = fork_child(plan);
  if (state->pid < 0) return errno_error("fork");
  UniqueFd pidfd(pidfd_open(state->pid));
  if (!pidfd) {
    const Error error = errno_error("pidfd_open");
    ::kill(state->pid, SIGKILL);
    reap(state->pid);
    return error;
  }
  report->write_end.reset();
  if (const auto failed = exec_error(report->read_end.fd())) {
    reap(state->pid);
    return errno_error(*failed, "exec " + options.argv[0]);
  }
  state->pidfd = std::move(pidfd);  // from here on ~State kills and reaps
  auto attached = attach(*state, std::move(from_child->read_end), std::move(to_child->write_end));
  if (!attached) return attached.error();
  return std::unique_ptr<ChildProcess>(new ChildProcess(state));
}

Result<void> ChildProcess::attach(State& state, UniqueFd read_end, UniqueFd write_end) {
  auto channel = Channel::create(state.loop, std::move(read_end), std::move(write_end));
  if (!channel) return channel.error();
  state.channel = std::move(*channel);
  const std::weak_ptr<State> weak = state.weak_from_this();
  state.channel->on_message([weak](std::string_view message) {
    if (const auto self = weak.lock()) self->call(self->on_message, message);
  });
  state.channel->on_disconnect([weak](const std::optional<Error>& error) {
    if (const auto self = weak.lock()) self->disconnected(error);
  });
  return state.loop.watch(state.pidfd.fd(), EPOLLIN, [weak](uint32_t) {
    if (const auto self = weak.lock()) self->exited();
  });
}

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  state_->destroyed = true;
  state_->channel.reset();
  state_->end();
}

void ChildProcess::on_message(std::function<void(std::string_view)> handler) {
  state_->on_message = std::make_shared<decltype(handler)>(std::move(handler));
}
void ChildProcess::on_disconnect(std::function<void()> handler) {
  state_->on_disconnect = std::make_shared<decltype(handler)>(std::move(handler));
}
void ChildProcess::on_exit(std::function<void(ExitStatus)> handler) {
  state_->on_exit = std::make_shared<decltype(handler)>(std::move(handler));
}
void ChildProcess::on_error(std::function<void(Error)> handler) {
  state_->on_error = std::make_shared<decltype(handler)>(std::move(handler));
}

bool ChildProcess::send_bytes(std::string_view message) {
  const auto sent = state_->channel->send_bytes(message);
  if (!sent) state_->report_later(sent.error());
  return sent.has_value();
}

bool ChildProcess::kill(int signal) {
  if (state_->pidfd && pidfd_send(state_->pidfd.fd(), signal) == 0) return true;
  state_->report_later(state_->pidfd ? errno_error("kill child")
                                     : errno_error(ESRCH, "kill child"));
  return false;
}

void ChildProcess::disconnect() { state_->channel->disconnect(); }
pid_t ChildProcess::pid() const { return state_->pid; }
bool ChildProcess::connected() const { return state_->channel->connected(); }
bool ChildProcess::running() const { return static_cast<bool>(state_->pidfd); }

namespace {

bool is_pipe_end(int fd, int access_mode) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) return false;
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) == access_mode && (flags & O_NONBLOCK) != 0;
}

}  // namespace

Result<std::unique_ptr<Channel>> open_parent_channel(EventLoop& loop) {
  if (!is_pipe_end(kChildControlReadFd, O_RDONLY) || !is_pipe_end(kChildControlWriteFd, O_WRONLY)) {
    return Error{Errc::kNotFound, 0, "no parent channel: not started by a parent of ours"};
  }
  return Channel::create(loop, UniqueFd(kChildControlReadFd), UniqueFd(kChildControlWriteFd));
}

}  // namespace crawl
