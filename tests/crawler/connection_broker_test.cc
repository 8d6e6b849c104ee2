// SPDX-License-Identifier: MIT
#include "crawler/connection_broker.h"

#include <sys/un.h>

#include <atomic>

#include "tests/crawler/broker_rig.h"

using crawl::ConnectionBroker;
using crawl::UniqueFd;
using crawl::test::AskingProcess;
using crawl::test::brokers_here;
using crawl::test::Canary;
using crawl::test::connecting_to;

namespace {

std::unique_ptr<ConnectionBroker> broker_for(const AskingProcess& process) {
  auto broker = ConnectionBroker::start();
  REQUIRE(broker);
  REQUIRE((*broker)->adopt(0, process.pid(), process.listener()));
  return std::move(*broker);
}

}  // namespace

TEST_CASE("connection broker: a child that has died is no obstacle of the machine",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const AskingProcess process([] { return 0; });
  REQUIRE(::kill(process.pid(), SIGKILL) == 0);
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(process.pid()), &ended, WEXITED | WNOWAIT) == 0);
  const auto obstacle = ConnectionBroker::obstacle(process.pid());
  REQUIRE(obstacle);
  CHECK(obstacle->code == crawl::Errc::kClosed);
}

TEST_CASE("connection broker: a connection that a job needs is made", "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  AskingProcess process(connecting_to("127.0.0.1", canary.port()));
  const auto broker = broker_for(process);
  broker->permit(0, 1, canary.url(), true);
  CHECK(process.run() == 0);
  CHECK(canary.visits() == 1);
  broker->withdraw(0, 1);
  CHECK(process.run() == EACCES);
  CHECK(canary.visits() == 0);
}

TEST_CASE("connection broker: no packet reaches an address that no job needs",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  const std::string address =
      GENERATE("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "::ffff:127.0.0.1");
  CAPTURE(address);
  AskingProcess process(connecting_to(address, canary.port()));
  const auto broker = broker_for(process);
  // Its port is open, to the public.
  broker->permit(0, 1, "http://example.com:" + std::to_string(canary.port()) + "/", false);
  CHECK(process.run() == EACCES);
  CHECK(canary.visits() == 0);
}

TEST_CASE("connection broker: private and special addresses are refused", "[connection_broker]") {
  if (!brokers_here()) return;
  const std::string address =
      GENERATE("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
               "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1",
               "64:ff9b::a00:1", "2002:a00:1::", "::ffff:10.0.0.1");
  CAPTURE(address);
  AskingProcess process(connecting_to(address, 80));
  const auto broker = broker_for(process);
  broker->permit(0, 1, "http://example.com/", false);
  CHECK(process.run() == EACCES);
}

TEST_CASE("connection broker: a datagram socket is connected to name servers only",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  AskingProcess process(connecting_to("127.0.0.1", canary.port(), SOCK_DGRAM));
  const auto broker = broker_for(process);
  broker->permit(0, 1, canary.url(), true);
  CHECK(process.run() == EACCES);
}

TEST_CASE("connection broker: what is no internet address is refused", "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  SECTION("a UNIX socket's") {
    AskingProcess process([] {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::strcpy(address.sun_path, "/run/nonexistent");
      const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
      ::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address);
      return errno;
    });
    const auto broker = broker_for(process);
    CHECK(process.run() == EACCES);
  }
  SECTION("none at all") {
    AskingProcess process([] {
      const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
      ::connect(socket.fd(), reinterpret_cast<sockaddr*>(16), sizeof(sockaddr_in));
      return errno;
    });
    const auto broker = broker_for(process);
    CHECK(process.run() == EFAULT);
  }
  SECTION("one of a length that none has") {
    const auto length = GENERATE(socklen_t{0}, socklen_t{1}, socklen_t{129}, socklen_t{0xFFFFFFFF});
    AskingProcess process([length] {
      sockaddr_storage address[2] = {};
      const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
      ::connect(socket.fd(), reinterpret_cast<sockaddr*>(address), length);
      return errno;
    });
    const auto broker = broker_for(process);
    CHECK(process.run() == EINVAL);
  }
  SECTION("one of another family than the socket's") {
    const auto connect = connecting_to("127.0.0.1", canary.port());
    AskingProcess process([port = canary.port()] {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const UniqueFd socket(::socket(AF_INET6, SOCK_STREAM, 0));
      ::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address);
      return errno;
    });
    const auto broker = broker_for(process);
    broker->permit(0, 1, canary.url(), true);
    CHECK(process.run() == EACCES);
  }
  CHECK(canary.visits() == 0);
}

TEST_CASE("connection broker: a descriptor that is no socket is refused", "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  const int fd = GENERATE(0, 9'999, -1);
  AskingProcess process([fd, port = canary.port()] {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    return errno;
  });
  const auto broker = broker_for(process);
  broker->permit(0, 1, canary.url(), true);
  CHECK(process.run() == (fd == 0 ? EACCES : EBADF));
}

TEST_CASE("connection broker: an address that is changed after the question changes nothing",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary allowed;
  const Canary canary;
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  auto* address = new (page) sockaddr_in{};
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address->sin_port = htons(allowed.port());
  AskingProcess process([address] {
    int connected = 0;
    for (int i = 0; i < 500; ++i) {
      const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
      const int result =
          ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(address), sizeof *address);
      connected += result == 0 || errno == EINPROGRESS ? 1 : 0;
    }
    return connected;
  });
  const auto broker = broker_for(process);
  broker->permit(0, 1, allowed.url(), true);
  std::atomic<bool> done{false};
  std::thread rewriter([&] {
    auto* port = reinterpret_cast<volatile in_port_t*>(&address->sin_port);
    while (!done) {
      *port = htons(canary.port());
      *port = htons(allowed.port());
    }
  });
  const int connected = process.run();
  done = true;
  rewriter.join();
  CHECK(connected == allowed.visits());
  CHECK(canary.visits() == 0);
  ::munmap(page, 4096);
}

TEST_CASE("connection broker: a blocking socket does not make the broker wait",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary full(0);
  // One that waits to be accepted fills the queue; the next handshake gets no answer.
  const auto fill = connecting_to("127.0.0.1", full.port());
  for (int i = 0; i < 2; ++i) CHECK(fill() == 0);
  AskingProcess process([port = full.port()] {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    UniqueFd sockets[3];
    int last = 0;
    for (UniqueFd& socket : sockets) {
      socket.reset(::socket(AF_INET, SOCK_STREAM, 0));
      last = ::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0
                 ? 0
                 : errno;
    }
    return last;
  });
  const auto broker = broker_for(process);
  broker->permit(0, 1, full.url(), true);
  CHECK(process.run() == EINPROGRESS);
}

TEST_CASE("connection broker: one that floods it keeps no other from connecting",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  const auto flood = connecting_to("10.0.0.1", 80);
  AskingProcess flooder([flood] {
    for (;;) (void)flood();
    return 0;
  });
  const auto connect = connecting_to("127.0.0.1", canary.port());
  AskingProcess honest([connect] {
    int failed = 0;
    for (int i = 0; i < 200; ++i) failed += connect() == 0 ? 0 : 1;
    return failed;
  });
  const auto broker = broker_for(flooder);
  REQUIRE(broker->adopt(1, honest.pid(), honest.listener()));
  broker->permit(1, 1, canary.url(), true);
  flooder.go();
  CHECK(honest.run() == 0);
  CHECK(canary.visits() == 200);
}

TEST_CASE("connection broker: refusals are told at the first and at the hundredth",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const auto refused = connecting_to("192.168.7.7", 22);
  AskingProcess process([refused] { return refused(); });
  const auto broker = broker_for(process);
  for (int i = 0; i < 150; ++i) CHECK(process.run() == EACCES);
  const auto told = broker->take_refusals();
  REQUIRE(told.size() == 2);
  CHECK(told[0].target == "192.168.7.7:22");
  CHECK_FALSE(told[0].insistent);
  CHECK(told[1].insistent);
  CHECK(broker->take_refusals().empty());
}

TEST_CASE("connection broker: a fetcher that is dropped connects to nobody",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  AskingProcess process(connecting_to("127.0.0.1", canary.port()));
  {
    const auto broker = broker_for(process);
    broker->permit(0, 1, canary.url(), true);
    CHECK(process.run() == 0);
    broker->drop(0);
    broker->drop(0);
    broker->permit(0, 2, canary.url(), true);
    CHECK(process.run() == ENOSYS);
  }
  CHECK(process.run() == ENOSYS);
  CHECK(canary.visits() == 1);
}

TEST_CASE("connection broker: a process that dies while it asks does no harm",
          "[connection_broker]") {
  if (!brokers_here()) return;
  const Canary canary;
  const auto flood = connecting_to("10.0.0.1", 80);
  auto dying = std::make_unique<AskingProcess>([flood] {
    for (;;) (void)flood();
    return 0;
  });
  AskingProcess other(connecting_to("127.0.0.1", canary.port()));
  const auto broker = broker_for(*dying);
  REQUIRE(broker->adopt(1, other.pid(), other.listener()));
  broker->permit(1, 1, canary.url(), true);
  dying->go();
  CHECK(other.run() == 0);
  dying.reset();
  CHECK(other.run() == 0);
  broker->drop(0);
  CHECK(other.run() == 0);
}

TEST_CASE("connection broker: what is no listener of the child's is not adopted",
          "[connection_broker]") {
  if (!brokers_here()) return;
  AskingProcess process([] { return 0; });
  auto broker = ConnectionBroker::start();
  REQUIRE(broker);
  CHECK_FALSE((*broker)->adopt(0, process.pid(), 9'999));
  // Pipes among them, which epoll would watch.
  for (int fd = 0; fd < 32; ++fd) {
    CAPTURE(fd);
    CHECK((*broker)->adopt(0, process.pid(), fd).has_value() == (fd == process.listener()));
  }
}
