// SPDX-License-Identifier: MIT
// Lies at birth, by name: of a fetcher that never was an honest one.

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include "tests/support/connect_listener.h"
#include "tests/support/lying_fetcher.h"

namespace crawl::test {

namespace {

Hello true_hello() {
  Hello hello;
  hello.pid = ::getpid();
  return hello;
}

void connect_somewhere() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(socket);
}

int never_quiet() { return ::eventfd(1, EFD_CLOEXEC); }

// Asks all the time, and takes its own questions out of the hands of who should answer them.
void steal_questions(LyingFetcher& f, int listener) {
  f.keep_doing(connect_somewhere);
  f.keep_doing([listener] {
    seccomp_notif call{};
    (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call);
  });
}

bool lie_before_hello(LyingFetcher& f, std::string_view kind) {
  Hello hello = true_hello();
  if (kind == "version") {
    ::usleep(500'000);  // until another has told the truth
    hello.protocol_version = 77;
    f.send(hello);
  } else if (kind == "hello_twice") {
    f.send(hello);
    f.send(hello);
  } else if (kind == "hellos") {
    for (;;) f.send(hello);
  } else if (kind == "ready_first") {
    f.send(Ready());
  } else if (kind == "mute") {
    f.nap_for_ever();
  } else if (kind == "garbage_first") {
    f.send_bytes("GET / HTTP/1.1\r\n\r\n");
  } else {
    return false;
  }
  return true;
}

bool lie_after_configure(LyingFetcher& f, std::string_view kind) {
  if (kind == "never_ready") {
    f.nap_for_ever();
  } else if (kind == "ready_and_nonsense") {
    f.send(Ready());
    f.send_frame("\x63");
  } else if (kind == "ready_and_gone") {
    f.send(Ready());
    ::_exit(0);
  } else if (kind == "ready_bytes") {
    f.send(Ready{std::string_view("\xff\xfe\0\x1b[2J", 7), std::string_view("\xc3\0", 2)});
  } else if (kind == "result_early") {
    FetchJob job;
    job.lease = 1;
    job.url = "http://honest-1.example/";
    f.publish(f.page(job));
    f.send(Ready());
  } else if (kind == "listener_none") {
    f.send(Listener{9999});
  } else if (kind == "listener_memory") {
    f.send(Listener{kChildFirstExtraFd});
  } else if (kind == "listener_event") {
    f.send(Listener{never_quiet()});
    f.send(Ready());
  } else if (kind == "listener_twice") {
    const int listener = ask_about_connect();
    f.send(Listener{listener});
    f.send(Listener{listener});
    f.send(Ready());
  } else if (kind == "listener_stolen") {
    const int listener = ask_about_connect();
    f.send(Listener{listener});
    f.send(Ready());
    steal_questions(f, listener);
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool lie_at_birth(LyingFetcher& fetcher, std::string_view kind, bool configured) {
  return configured ? lie_after_configure(fetcher, kind) : lie_before_hello(fetcher, kind);
}

}  // namespace crawl::test
