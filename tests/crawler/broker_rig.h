// SPDX-License-Identifier: MIT
#pragma once

// A process whose connect() asks a broker, as a fetcher's does, and which does what a test says.

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>

#include "base/unique_fd.h"
#include "crawler/connection_broker.h"
#include "tests/support/catch.h"
#include "tests/support/connect_listener.h"

namespace crawl::test {

// Forked before any thread of the test's; `task` runs when go() says so, and its result is what
// result() returns. Killed at the end.
class AskingProcess {
 public:
  explicit AskingProcess(const std::function<int()>& task) {
    int down[2];
    int up[2];
    REQUIRE(::pipe2(down, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(up, O_CLOEXEC) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) run(down[0], up[1], task);
    ::close(down[0]);
    ::close(up[1]);
    write_end_.reset(down[1]);
    read_end_.reset(up[0]);
    listener_ = number();
  }
  ~AskingProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  AskingProcess(const AskingProcess&) = delete;
  AskingProcess& operator=(const AskingProcess&) = delete;

  pid_t pid() const { return pid_; }
  int listener() const { return listener_; }
  void go() { REQUIRE(::write(write_end_.fd(), "g", 1) == 1); }
  int result() { return number(); }
  int run() {
    go();
    return result();
  }

 private:
  [[noreturn]] static void run(int in, int out, const std::function<int()>& task) {
    const int listener = ask_about_connect();
    (void)!::write(out, &listener, sizeof listener);
    char byte = 0;
    while (::read(in, &byte, 1) == 1) {
      // From here on only the broker holds it.
      if (listener >= 0) ::close(listener);
      const int result = task();
      (void)!::write(out, &result, sizeof result);
    }
    ::_exit(0);
  }
  int number() const {
    int value = -1;
    REQUIRE(::read(read_end_.fd(), &value, sizeof value) == static_cast<ssize_t>(sizeof value));
    return value;
  }

  pid_t pid_ = -1;
  UniqueFd write_end_, read_end_;
  int listener_ = -1;
};

// A loopback port that must, or must not, be reached.
class Canary {
 public:
  explicit Canary(int backlog = 1024)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_.fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_.fd(), backlog) == 0);
    REQUIRE(::getsockname(socket_.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  // Connections since the last call.
  int visits() const {
    int count = 0;
    for (;;) {
      const UniqueFd visitor(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!visitor) return count;
      ++count;
    }
  }

 private:
  UniqueFd socket_;
  uint16_t port_ = 0;
};

inline sockaddr_storage socket_address(const std::string& text, uint16_t port, socklen_t& size) {
  const auto address = IpAddress::parse(text);
  REQUIRE(address);
  sockaddr_storage result{};
  if (address->family == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address->bytes.data(), 4);
    std::memcpy(&result, &v4, sizeof v4);
    size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address->bytes.data(), 16);
    std::memcpy(&result, &v6, sizeof v6);
    size = sizeof v6;
  }
  return result;
}

// The errno of a connect() to it with a socket of its family; 0: connected or under way.
inline std::function<int()> connecting_to(const std::string& text, uint16_t port,
                                          int type = SOCK_STREAM | SOCK_NONBLOCK) {
  socklen_t size = 0;
  const sockaddr_storage target = socket_address(text, port, size);
  return [=] {
    const UniqueFd socket(::socket(target.ss_family, type, 0));
    if (!socket) return errno;
    if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&target), size) == 0) return 0;
    return errno == EINPROGRESS ? 0 : errno;
  };
}

// False where this machine does not permit it: then there is nothing to test.
inline bool brokers_here() {
  const AskingProcess probe([] { return 0; });
  return probe.listener() >= 0 && !ConnectionBroker::obstacle(probe.pid());
}

}  // namespace crawl::test
