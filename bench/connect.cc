// SPDX-License-Identifier: MIT
// What a connection costs when the coordinator decides and makes it (crawler/connection_broker.h):
// loopback connections of a process that is filtered, with and without a broker to ask.

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "crawler/connection_broker.h"

namespace {

using crawl::ConnectionBroker;
using crawl::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr int kConnections = 20'000;

struct Listener {
  UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};

  bool open() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    return ::bind(socket.fd(), generic, size) == 0 && ::listen(socket.fd(), 1024) == 0 &&
           ::getsockname(socket.fd(), generic, &size) == 0;
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  }
};

int ask_about_connect() {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
  return static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

// Microseconds of each connect(), sorted.
std::vector<double> connect_often(const sockaddr_in& address) {
  std::vector<double> times;
  for (int i = 0; i < kConnections; ++i) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // A reset instead of a goodbye: no port is left waiting.
    const linger now{1, 0};
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    const auto begin = Clock::now();
    (void)::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

void report(const char* what, const std::vector<double>& times) {
  double sum = 0;
  for (const double time : times) sum += time;
  std::printf("%-28s mean %6.1f us  median %6.1f us  99 %% %6.1f us\n", what,
              sum / static_cast<double>(times.size()), times[times.size() / 2],
              times[times.size() * 99 / 100]);
  std::fflush(stdout);
}

// In a child, since a filter is for good.
[[noreturn]] void ask(const Listener& listener, int out, int in) {
  const int asked = ask_about_connect();
  (void)!::write(out, &asked, sizeof asked);
  char go = 0;
  if (asked < 0 || ::read(in, &go, 1) != 1) ::_exit(1);
  ::close(asked);
  report("decided by the coordinator", connect_often(listener.address));
  ::_exit(0);
}

}  // namespace

int main() {
  Listener listener;
  if (!listener.open()) return 1;
  std::array<int, 2> down{};
  std::array<int, 2> up{};
  if (::pipe(down.data()) != 0 || ::pipe(up.data()) != 0) return 1;
  const pid_t child = ::fork();
  if (child == 0) ask(listener, up[1], down[0]);
  std::thread([&listener] {
    for (;;) UniqueFd visitor(::accept4(listener.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  }).detach();
  report("made by itself", connect_often(listener.address));
  int asked = -1;
  if (::read(up[0], &asked, sizeof asked) != static_cast<ssize_t>(sizeof asked)) return 1;
  auto broker = ConnectionBroker::start();
  if (ConnectionBroker::obstacle(child) || !broker || !(*broker)->adopt(0, child, asked)) {
    std::puts("no broker is possible here");
    ::close(down[1]);
  } else {
    (*broker)->permit(0, 1, listener.url(), true);
    (void)!::write(down[1], "g", 1);
  }
  ::waitpid(child, nullptr, 0);
  std::fflush(stdout);
  ::_exit(0);  // the thread that accepts goes on to the end
}
