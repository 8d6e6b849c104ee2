// SPDX-License-Identifier: MIT
// What a fetcher can still do when it is wholly in somebody else's hand: sockets.
// docs/promises.md, "Nobody let in".

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <array>

#include "tests/fetcher/sandbox_rig.h"

using crawl::test::check_killed;
using crawl::test::check_possible;
using crawl::test::check_refused;

namespace {

struct Loopback {
  sockaddr_in address{};
  crawl::UniqueFd socket;

  explicit Loopback(int type) : socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket.fd(), generic(), size) == 0);
    REQUIRE(::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    if (type == SOCK_STREAM) REQUIRE(::listen(socket.fd(), 8) == 0);
  }
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&address); }
  // Has a packet come?
  bool reached() const {
    char byte = 0;
    return ::recv(socket.fd(), &byte, 1, MSG_DONTWAIT) >= 0;
  }
};

// By the attempt from outside the sandbox, and not by that from within.
void check_reached_once(const Loopback& target) {
  if (!crawl::test::filters_here()) return;  // nothing was attempted
  CHECK(target.reached());
  CHECK_FALSE(target.reached());
}

msghdr message_to(Loopback& target, iovec& bytes) {
  msghdr message{};
  message.msg_name = &target.address;
  message.msg_namelen = sizeof target.address;
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return message;
}

}  // namespace

TEST_CASE("sandbox: stream and datagram sockets can be made", "[sandbox]") {
  const int family = GENERATE(AF_INET, AF_INET6);
  const int type = GENERATE(int{SOCK_STREAM}, int{SOCK_DGRAM});
  check_possible([&] { return ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); });
}

TEST_CASE("sandbox: no UNIX socket can be made", "[sandbox]") {
  check_refused([] { return ::socket(AF_UNIX, SOCK_STREAM, 0); });
}

TEST_CASE("sandbox: no netlink socket can be made", "[sandbox]") {
  check_refused([] { return ::socket(AF_NETLINK, SOCK_RAW, 0); });
}

TEST_CASE("sandbox: no raw, packet or other socket can be made", "[sandbox]") {
  if (!crawl::test::filters_here()) {
    WARN("no system call filter here");
    return;
  }
  const auto [family, type, protocol] =
      GENERATE(table<int, int, int>({{AF_INET, SOCK_RAW, IPPROTO_TCP},
                                     {AF_INET, SOCK_RAW, IPPROTO_ICMP},
                                     {AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
                                     {AF_INET, SOCK_STREAM, 262},  // MPTCP
                                     {AF_INET, SOCK_STREAM, IPPROTO_SCTP},
                                     {AF_INET, SOCK_SEQPACKET, 0},
                                     {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
                                     {AF_PACKET, SOCK_RAW, 0x300},
                                     {38, SOCK_SEQPACKET, 0},  // AF_ALG
                                     {40, SOCK_STREAM, 0}}));  // AF_VSOCK
  CAPTURE(family, type, protocol);
  const auto attempt = [f = family, t = type, p = protocol] { return ::socket(f, t, p); };
  CHECK(crawl::test::outcome(crawl::SandboxMode::kOn, attempt) == "EACCES");
}

TEST_CASE("sandbox: no pair of sockets can be made", "[sandbox]") {
  check_killed([] {
    int ends[2];
    return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  });
}

TEST_CASE("sandbox: no address can be bound", "[sandbox]") {
  check_killed([] {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    return ::bind(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&any), sizeof any);
  });
}

TEST_CASE("sandbox: no socket can listen", "[sandbox]") {
  check_killed([] { return ::listen(::socket(AF_INET, SOCK_STREAM, 0), 8); });
}

TEST_CASE("sandbox: no connection can be accepted", "[sandbox]") {
  check_killed([] { return ::accept4(-1, nullptr, nullptr, 0); });
}

TEST_CASE("sandbox: no datagram can be sent to an address", "[sandbox]") {
  Loopback target(SOCK_DGRAM);
  check_refused([&] {
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    return ::sendto(socket, "x", 1, 0, target.generic(), sizeof target.address);
  });
  check_reached_once(target);
}

TEST_CASE("sandbox: nor with a message", "[sandbox]") {
  Loopback target(SOCK_DGRAM);
  check_refused([&] {
    iovec bytes{const_cast<char*>("x"), 1};
    const msghdr message = message_to(target, bytes);
    return ::sendmsg(::socket(AF_INET, SOCK_DGRAM, 0), &message, 0);
  });
  check_reached_once(target);
}

TEST_CASE("sandbox: nor with many", "[sandbox]") {
  Loopback target(SOCK_DGRAM);
  check_refused([&] {
    iovec bytes{const_cast<char*>("x"), 1};
    mmsghdr message{message_to(target, bytes), 0};
    return ::sendmmsg(::socket(AF_INET, SOCK_DGRAM, 0), &message, 1, 0);
  });
  check_reached_once(target);
}

TEST_CASE("sandbox: no connection can be opened by sending", "[sandbox]") {
  Loopback target(SOCK_STREAM);
  if (!crawl::test::filters_here()) {
    WARN("no system call filter here");
    return;
  }
  const auto attempt = [&] {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    return ::sendto(socket, "x", 1, MSG_FASTOPEN, target.generic(), sizeof target.address);
  };
  CHECK(crawl::test::outcome(crawl::SandboxMode::kOn, attempt) == "EACCES");
  CHECK(::fcntl(target.socket.fd(), F_SETFL, O_NONBLOCK) == 0);
  CHECK(::accept4(target.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC) == -1);
}

TEST_CASE("sandbox: a socket can be told what TCP needs, and no more", "[sandbox]") {
  check_possible([] {
    const int on = 1;
    return ::setsockopt(::socket(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP, TCP_NODELAY, &on,
                        sizeof on);
  });
  check_refused([] {
    ip_mreq group{};
    group.imr_multiaddr.s_addr = htonl(0xE0000005);
    group.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    return ::setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
  });
}

TEST_CASE("sandbox: a socket can be made non-blocking, and never blocking again", "[sandbox]") {
  check_possible([] { return ::fcntl(::socket(AF_INET, SOCK_STREAM, 0), F_SETFL, O_NONBLOCK); });
  check_refused(
      [] { return ::fcntl(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), F_SETFL, 0); });
}

TEST_CASE("sandbox: without a broker a connection is made as ever", "[sandbox]") {
  Loopback target(SOCK_STREAM);
  check_possible([&] {
    return ::connect(::socket(AF_INET, SOCK_STREAM, 0), target.generic(), sizeof target.address);
  });
}

TEST_CASE("sandbox: with a broker that has gone no connection is made", "[sandbox]") {
  if (!crawl::test::filters_here()) {
    WARN("no system call filter here");
    return;
  }
  Loopback target(SOCK_STREAM);
  const auto enter = [] {
    crawl::SandboxOrder order;
    order.brokered = true;
    const auto sandbox = crawl::enter_sandbox(order);
    return sandbox && sandbox->listener;  // closed with it
  };
  const auto attempt = [&] {
    return ::connect(::socket(AF_INET, SOCK_STREAM, 0), target.generic(), sizeof target.address);
  };
  CHECK(crawl::test::outcome_after(enter, attempt) == "ENOSYS");
}
