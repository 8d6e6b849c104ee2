// SPDX-License-Identifier: MIT
#pragma once

// The C++ counterpart of Node's child_process.fork(): a separate process with its own memory, a
// message channel, and error, exit, message and disconnect events. docs/processes.md has the table
// of the two.
//
// Events are delivered by the EventLoop, never from within spawn(), send() or kill(). on_exit is
// delivered exactly once, through a pidfd; all messages the child sent before it died come before
// it, unless this side disconnected first. A handler may destroy the ChildProcess.
//
// The kernel ties the death signal of a child to the *thread* that spawned it: spawn from a thread
// that lives as long as its children should, the loop's.

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "ipc/channel.h"

namespace crawl {

// Exactly one of the two is set.
struct ExitStatus {
  std::optional<int> code;
  std::optional<int> signal;

  // "exited with code 3", "killed by SIGSEGV"
  std::string text() const;
};

// The descriptors a child finds open besides 0, 1 and 2; all others are closed before exec.
inline constexpr int kChildControlReadFd = 3;
inline constexpr int kChildControlWriteFd = 4;
inline constexpr int kChildFirstExtraFd = 5;  // extra_fds[0], and so on upwards

class ChildProcess {
 public:
  struct Options {
    int executable_fd = -1;         // opened O_PATH|O_CLOEXEC by the caller, who keeps it; fexecve
    std::vector<std::string> argv;  // argv[0] included
    std::vector<std::string> env;   // "NAME=value"; nothing is inherited from this process
    std::vector<int> extra_fds;     // dup'ed to kChildFirstExtraFd…; the caller keeps its own
    bool inherit_stderr = true;     // false: /dev/null. stdin and stdout are always /dev/null
  };

  // fork, then in the child: PR_SET_PDEATHSIG(SIGKILL) and a recheck of the parent, a session of
  // its own (Ctrl-C reaches the parent only), default signal mask and handlers, dup2 of the
  // declared descriptors, close_range of all others, exec. An exec that fails is reported here as
  // an error (with errno), not as an exit. kBusy: fork said EAGAIN. Blocks for the child's way to
  // exec, some milliseconds. SIGCHLD is set to its default action where it was ignored, or no exit
  // status could be had.
  static Result<std::unique_ptr<ChildProcess>> spawn(EventLoop& loop, const Options& options);

  // Kills (SIGKILL) and reaps a child that is still running.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void on_message(std::function<void(std::string_view)> handler);
  void on_disconnect(std::function<void()> handler);
  void on_exit(std::function<void(ExitStatus)> handler);
  // The child could not be sent to or killed, or broke the channel's framing.
  void on_error(std::function<void(Error)> handler);

  template <typename Message>
  bool send(const Message& message) {
    std::string bytes;
    encode_message(message, bytes);
    return send_bytes(bytes);
  }
  // False (and on_error, later) when disconnected or the child does not read.
  bool send_bytes(std::string_view message);
  // False (and on_error, later) when the signal could not be sent; a child that has exited but was
  // not reaped yet takes it silently. Race-free: pidfd_send_signal.
  bool kill(int signal);
  void disconnect();

  pid_t pid() const;
  bool connected() const;
  bool running() const;  // until on_exit

 private:
  struct State;
  explicit ChildProcess(std::shared_ptr<State> state);
  static Result<void> attach(State& state, UniqueFd read_end, UniqueFd write_end);
  std::shared_ptr<State> state_;  // shared with the handler call in progress only
};

// The child's end of the channel its parent made: descriptors kChildControlReadFd and …WriteFd.
// kNotFound when this process was not started by ChildProcess::spawn.
Result<std::unique_ptr<Channel>> open_parent_channel(EventLoop& loop);

// CPUs this process may run on (sched_getaffinity, and the cgroup v2 quota rounded up), at least 1.
int available_cpus();

}  // namespace crawl
