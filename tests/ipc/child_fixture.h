// SPDX-License-Identifier: MIT
#pragma once

// A parent with its loop, and children of the program ipc_test_child whose events are recorded.

#include <fcntl.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ipc/child_process.h"
#include "tests/support/catch.h"

namespace crawl::test {

struct Recorded {
  std::unique_ptr<ChildProcess> process;
  std::vector<std::string> events;  // in order: "message TEXT", "disconnect", "exit …", "error …"

  size_t count(const std::string& prefix) const {
    size_t n = 0;
    for (const std::string& event : events) n += event.rfind(prefix, 0) == 0 ? 1 : 0;
    return n;
  }
  bool has(const std::string& prefix) const { return count(prefix) > 0; }
};

struct Parent {
  Parent() {
    auto created = EventLoop::create(clock);
    REQUIRE(created);
    loop = std::move(*created);
    program.reset(::open(IPC_TEST_CHILD, O_PATH | O_CLOEXEC));
    REQUIRE(program);
  }

  ChildProcess::Options options(std::vector<std::string> role) const {
    ChildProcess::Options result;
    result.executable_fd = program.fd();
    result.argv = {"ipc_test_child"};
    result.argv.insert(result.argv.end(), role.begin(), role.end());
    return result;
  }

  std::unique_ptr<Recorded> spawn(const ChildProcess::Options& options) const {
    auto process = ChildProcess::spawn(*loop, options);
    if (!process) FAIL(process.error().message());
    auto child = std::make_unique<Recorded>();
    child->process = std::move(*process);
    auto* events = &child->events;
    child->process->on_message([events](std::string_view bytes) {
      const auto log = decode_message<Log>(bytes);
      events->push_back("message " + (log ? std::string(log->text) : "?"));
    });
    child->process->on_disconnect([events] { events->push_back("disconnect"); });
    child->process->on_exit(
        [events](const ExitStatus& status) { events->push_back("exit: " + status.text()); });
    child->process->on_error(
        [events](const Error& error) { events->push_back("error " + error.message()); });
    return child;
  }
  std::unique_ptr<Recorded> spawn(std::vector<std::string> role) const {
    return spawn(options(std::move(role)));
  }

  // Turns the loop until `done`, or fails after a time that only a lost event takes.
  void until(const std::function<bool()>& done) const {
    const int64_t deadline = clock.monotonic_ms() + 20'000;
    while (!done()) {
      REQUIRE(clock.monotonic_ms() < deadline);
      REQUIRE(loop->run_once(1000));
    }
  }
  // Turns the loop until nothing is ready.
  void settle() const {
    while (true) {
      const auto called = loop->run_once(0);
      REQUIRE(called);
      if (*called == 0) return;
    }
  }

  SystemClock clock;
  std::unique_ptr<EventLoop> loop;
  UniqueFd program;
};

}  // namespace crawl::test
