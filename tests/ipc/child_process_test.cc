// SPDX-License-Identifier: MIT
// One case per row of the table in docs/processes.md, named after it; then the example that the
// table comes from.
#include "ipc/child_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/ipc/child_fixture.h"
#include "tests/support/catch.h"

namespace crawl {

using test::Parent;
using test::Recorded;

TEST_CASE("fork(script): a separate process with its own memory and a channel ready",
          "[child_process]") {
  const Parent parent;
  const auto child = parent.spawn({"memory"});
  CHECK(child->process->pid() > 0);
  CHECK(child->process->pid() != ::getpid());
  CHECK(child->process->connected());
  CHECK(child->process->running());
  CHECK(child->events.empty());  // events come from the loop, never from within spawn
  parent.until([&] { return !child->events.empty(); });
  CHECK(child->events[0] == "message " + std::to_string(child->process->pid()));
}

TEST_CASE("child.send / process.on('message'): what the parent sends reaches the child",
          "[child_process]") {
  const Parent parent;
  const auto child = parent.spawn({"echo"});
  for (int i = 0; i < 1000; ++i) REQUIRE(child->process->send(Log{std::to_string(i)}));
  parent.until([&] { return child->events.size() >= 1000; });
  CHECK(child->events.front() == "message 0");
  CHECK(child->events.back() == "message 999");
}

TEST_CASE("process.send / child.on('message'): what the child sends reaches the parent",
          "[child_process]") {
  const Parent parent;
  const auto child = parent.spawn({"burst", "500"});
  parent.until([&] { return child->has("exit"); });
  CHECK(child->count("message") == 500);
  CHECK(child->events[499] == "message 499");
}

TEST_CASE("'error': a program that cannot be executed is reported to the parent",
          "[child_process]") {
  const Parent parent;
  ChildProcess::Options options = parent.options({"stay"});
  options.executable_fd = -1;
  const auto child = ChildProcess::spawn(*parent.loop, options);
  REQUIRE_FALSE(child);
  CHECK(child.error().sys_errno == EBADF);
}

TEST_CASE("'error': a child that cannot be sent to or killed is reported by the loop",
          "[child_process]") {
  const Parent parent;
  const auto child = parent.spawn({"exit", "0"});
  parent.until([&] { return child->has("exit"); });
  parent.settle();
  child->events.clear();
  CHECK_FALSE(child->process->send(Log{"too late"}));
  CHECK_FALSE(child->process->kill(SIGTERM));
  CHECK(child->events.empty());
  parent.settle();
  CHECK(child->events ==
        std::vector<std::string>{"error send: disconnected", "error kill child: No such process"});
}

TEST_CASE("'error': a child that breaks the framing is reported and disconnected",
          "[child_process][hostile]") {
  const Parent parent;
  const auto child = parent.spawn({"garbage"});
  parent.until([&] { return child->has("disconnect"); });
  CHECK(child->events == std::vector<std::string>{"error peer broke the framing", "disconnect"});
  CHECK(child->process->running());
  CHECK(child->process->kill(SIGKILL));
  parent.until([&] { return child->has("exit"); });
}

TEST_CASE("'exit' with code and signal: exactly once, after the last message", "[child_process]") {
  const Parent parent;
  SECTION("a code") {
    const auto child = parent.spawn({"burst", "300"});
    parent.until([&] { return child->has("exit"); });
    parent.settle();
    CHECK(child->count("exit") == 1);
    CHECK(child->count("disconnect") == 1);
    REQUIRE(child->events.size() == 302);
    CHECK(child->events.back() == "exit: exited with code 7");
    CHECK_FALSE(child->process->running());
  }
  SECTION("a signal, with messages still in the pipe") {
    const auto child = parent.spawn({"burst-killed", "300"});
    parent.until([&] { return child->has("exit"); });
    parent.settle();
    CHECK(child->count("message") == 300);
    REQUIRE(child->events.size() == 302);
    CHECK(child->events.back() == "exit: killed by SIGKILL");
  }
  SECTION("every signal that ends a process") {
    for (const int signal : {SIGSEGV, SIGABRT, SIGTERM, SIGPIPE, SIGXCPU}) {
      const auto child = parent.spawn({"raise", std::to_string(signal)});
      std::optional<ExitStatus> status;
      child->process->on_exit([&](const ExitStatus& s) { status = s; });
      parent.until([&] { return status.has_value(); });
      CHECK_FALSE(status->code);
      CHECK(status->signal == signal);
    }
  }
}

TEST_CASE("'disconnect', connected, disconnect(): end-of-file on the pipe, seen by the child",
          "[child_process]") {
  const Parent parent;
  const auto child = parent.spawn({"echo"});
  child->process->disconnect();
  CHECK_FALSE(child->process->connected());
  CHECK(child->events.empty());
  siginfo_t info{};  // gone before the loop turns: the two events still come in order
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child->process->pid()), &info, WEXITED | WNOWAIT) == 0);
  parent.until([&] { return child->has("exit"); });
  CHECK(child->events == std::vector<std::string>{"disconnect", "exit: exited with code 0"});
}

TEST_CASE("'disconnect', connected, disconnect(): a child that hangs up, seen by the parent",
          "[child_process]") {
  const Parent parent;
  SECTION("after a last message") {
    const auto child = parent.spawn({"say-and-disconnect"});
    parent.until([&] { return child->has("disconnect"); });
    CHECK(child->events == std::vector<std::string>{"message bye", "disconnect"});
    CHECK_FALSE(child->process->connected());
    CHECK(child->process->running());
  }
  SECTION("without a word") {
    const auto child = parent.spawn({"hang-up"});
    parent.until([&] { return child->has("disconnect"); });
    CHECK(child->process->running());
    CHECK_FALSE(child->process->send(Log{"hello?"}));
  }
}

TEST_CASE("child.kill(signal), child.pid: the signal arrives, and a race with the exit is harmless",
          "[child_process]") {
  const Parent parent;
  SECTION("arrives") {
    const auto child = parent.spawn({"stay"});
    CHECK(::kill(child->process->pid(), 0) == 0);
    CHECK(child->process->kill(SIGTERM));
    parent.until([&] { return child->has("exit"); });
    CHECK(child->events.back() == "exit: killed by SIGTERM");
  }
  SECTION("a child that has exited but was not reaped takes it silently") {
    const auto child = parent.spawn({"exit", "5"});
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child->process->pid()), &info, WEXITED | WNOWAIT) ==
            0);
    CHECK(child->process->kill(SIGKILL));
    parent.until([&] { return child->has("exit"); });
    CHECK(child->events.back() == "exit: exited with code 5");
    CHECK_FALSE(child->has("error"));
  }
  SECTION("no such signal") {
    const auto child = parent.spawn({"stay"});
    CHECK_FALSE(child->process->kill(1000));
    parent.until([&] { return child->has("error"); });
    CHECK(child->events.back() == "error kill child: Invalid argument");
  }
}

TEST_CASE("a child that never reads makes send fail, and the parent never blocks",
          "[child_process]") {
  const Parent parent;
  const auto child = parent.spawn({"stay"});
  const std::string text(16'000, 'x');
  size_t taken = 0;
  while (taken < 2000 && child->process->send(Log{text})) ++taken;
  CHECK(taken < 2000);
  parent.settle();
  CHECK(child->events == std::vector<std::string>{"error send: the peer does not read"});
  CHECK(child->process->connected());
}

TEST_CASE("a handler may destroy its child process", "[child_process]") {
  const Parent parent;
  auto child = parent.spawn({"burst", "10"});
  const pid_t pid = child->process->pid();
  bool called = false;
  const auto destroy = [&] {
    called = true;
    child->process.reset();
  };
  SECTION("on a message") {
    child->process->on_message([&](std::string_view) { destroy(); });
  }
  SECTION("on the disconnect") {
    child->process->on_disconnect([&] { destroy(); });
  }
  SECTION("on the exit") {
    child->process->on_exit([&](const ExitStatus&) { destroy(); });
  }
  SECTION("on an error") {
    child->process->on_error([&](const Error&) { destroy(); });
    CHECK_FALSE(child->process->kill(1000));
  }
  parent.until([&] { return called; });
  parent.settle();
  // Killed if it still ran, and reaped.
  CHECK(::waitpid(pid, nullptr, WNOHANG) == -1);
}

TEST_CASE("the destructor kills and reaps", "[child_process]") {
  const Parent parent;
  auto child = parent.spawn({"stay"});
  const pid_t pid = child->process->pid();
  child.reset();
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE(
    "one child per CPU: each is sent a task, each answers, one crashes and the rest are unharmed",
    "[child_process]") {
  const Parent parent;
  const auto count =
      static_cast<size_t>(available_cpus()) + 1;  // at least one to crash, one to live
  std::vector<std::unique_ptr<Recorded>> children;
  for (size_t i = 0; i < count; ++i) {
    children.push_back(parent.spawn({"work"}));
    REQUIRE(children[i]->process->send(Log{"Task " + std::to_string(i)}));
  }
  parent.until([&] {
    for (const auto& child : children) {
      if (!child->has("message")) return false;
    }
    return true;
  });
  for (size_t i = 0; i < count; ++i)
    CHECK(children[i]->events[0] == "message done: Task " + std::to_string(i));

  REQUIRE(children[0]->process->send(Log{"crash"}));
  parent.until([&] { return children[0]->has("exit"); });
  CHECK(children[0]->events.back() == "exit: killed by SIGSEGV");

  for (size_t i = 1; i < count; ++i) REQUIRE(children[i]->process->send(Log{"another"}));
  parent.until([&] {
    for (size_t i = 1; i < count; ++i) {
      if (children[i]->count("message") < 2) return false;
    }
    return true;
  });
  REQUIRE(children[1]->process->send(Log{"exit 3"}));
  for (size_t i = 2; i < count; ++i) children[i]->process->disconnect();
  parent.until([&] {
    for (const auto& child : children) {
      if (!child->has("exit")) return false;
    }
    return true;
  });
  CHECK(children[1]->events.back() == "exit: exited with code 3");
  for (size_t i = 2; i < count; ++i)
    CHECK(children[i]->events.back() == "exit: exited with code 0");
}

TEST_CASE("exit status: the text names code or signal", "[child_process]") {
  CHECK(ExitStatus{3, std::nullopt}.text() == "exited with code 3");
  CHECK(ExitStatus{std::nullopt, SIGSEGV}.text() == "killed by SIGSEGV");
  CHECK(ExitStatus{std::nullopt, 63}.text() == "killed by signal 63");
}

}  // namespace crawl
