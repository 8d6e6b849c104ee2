// SPDX-License-Identifier: MIT
#include "crawler/connection_policy.h"

#include <string>

#include "tests/support/catch.h"

using crawl::ConnectionPolicy;
using crawl::IpAddress;
using crawl::name_servers;
using crawl::SocketKind;

namespace {

ConnectionPolicy policy() { return ConnectionPolicy({*IpAddress::parse("10.0.0.53")}); }

bool stream(const ConnectionPolicy& policy, const std::string& address, uint16_t port) {
  return policy.allows(SocketKind::kStream, *IpAddress::parse(address), port);
}

bool datagram(const ConnectionPolicy& policy, const std::string& address, uint16_t port) {
  return policy.allows(SocketKind::kDatagram, *IpAddress::parse(address), port);
}

constexpr const char* kPublic = "93.184.215.14";
constexpr const char* kPublic6 = "2606:4700::1111";

}  // namespace

TEST_CASE("connection policy: without a job there are the name servers, and nothing else",
          "[connection_policy]") {
  const ConnectionPolicy bare = policy();
  CHECK(datagram(bare, "10.0.0.53", 53));
  CHECK(stream(bare, "10.0.0.53", 53));
  CHECK(datagram(bare, "::ffff:10.0.0.53", 53));
  CHECK_FALSE(datagram(bare, "10.0.0.53", 54));
  CHECK_FALSE(datagram(bare, "10.0.0.54", 53));
  CHECK_FALSE(stream(bare, kPublic, 80));
  CHECK_FALSE(stream(bare, kPublic, 53));
}

TEST_CASE("connection policy: a job opens its port on public addresses while it is in flight",
          "[connection_policy]") {
  ConnectionPolicy one = policy();
  one.permit(7, "https://example.com/x", false);
  CHECK(stream(one, kPublic, 443));
  CHECK(stream(one, kPublic6, 443));
  CHECK_FALSE(stream(one, kPublic, 80));
  CHECK_FALSE(stream(one, kPublic, 0));
  CHECK_FALSE(datagram(one, kPublic, 443));
  one.withdraw(8);
  CHECK(stream(one, kPublic, 443));
  one.withdraw(7);
  CHECK_FALSE(stream(one, kPublic, 443));
}

TEST_CASE("connection policy: a name that is public opens no private address",
          "[connection_policy]") {
  ConnectionPolicy one = policy();
  one.permit(1, "http://example.com:8080/", false);
  const std::string address =
      GENERATE("127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
               "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
               "64:ff9b::7f00:1", "2002:7f00:1::", "10.0.0.53");
  CAPTURE(address);
  CHECK_FALSE(stream(one, address, 8080));
}

TEST_CASE("connection policy: a literal address opens that address only", "[connection_policy]") {
  ConnectionPolicy one = policy();
  one.permit(1, "http://192.168.1.7:8080/", true);
  CHECK(stream(one, "192.168.1.7", 8080));
  CHECK(stream(one, "::ffff:192.168.1.7", 8080));
  CHECK_FALSE(stream(one, "192.168.1.8", 8080));
  CHECK_FALSE(stream(one, "192.168.1.7", 8081));
  CHECK_FALSE(stream(one, kPublic, 8080));
  one.permit(2, "http://10.1.1.1/", false);
  CHECK_FALSE(stream(one, "10.1.1.1", 80));
}

TEST_CASE("connection policy: localhost opens loopback addresses only", "[connection_policy]") {
  ConnectionPolicy one = policy();
  const std::string host = GENERATE("localhost", "localhost.", "app.localhost");
  CAPTURE(host);
  one.permit(1, "http://" + host + ":3000/", true);
  CHECK(stream(one, "127.0.0.1", 3000));
  CHECK(stream(one, "::1", 3000));
  CHECK_FALSE(stream(one, "192.168.1.1", 3000));
  CHECK_FALSE(stream(one, kPublic, 3000));
  one.permit(1, "http://" + host + ":3000/", false);
  CHECK_FALSE(stream(one, "127.0.0.1", 3000));
}

TEST_CASE("connection policy: a private name that a seed names opens its port on any address",
          "[connection_policy]") {
  ConnectionPolicy one = policy();
  one.permit(1, "http://printer.lan:631/", true);
  CHECK(stream(one, "192.168.1.9", 631));
  CHECK_FALSE(stream(one, "192.168.1.9", 80));
}

TEST_CASE("connection policy: a proxy takes the place of what a job needs", "[connection_policy]") {
  ConnectionPolicy one = policy();
  CHECK_FALSE(stream(one, "127.0.0.1", 3128));
  one.permit(1, "http://example.com/", true, "http://127.0.0.1:3128");
  CHECK(stream(one, "127.0.0.1", 3128));
  CHECK_FALSE(stream(one, kPublic, 80));
  CHECK_FALSE(stream(one, "127.0.0.1", 80));
  // The job next to it has none, and ends later.
  one.permit(2, "http://example.com/", false);
  CHECK(stream(one, kPublic, 80));
  one.withdraw(1);
  CHECK_FALSE(stream(one, "127.0.0.1", 3128));
  CHECK(stream(one, kPublic, 80));

  ConnectionPolicy other = policy();
  other.permit(1, "http://example.com/", false, "socks5h://proxy.lan");
  CHECK(stream(other, "192.168.0.2", 1080));
  CHECK_FALSE(stream(other, "192.168.0.2", 80));
  ConnectionPolicy unreadable = policy();
  unreadable.permit(1, "http://127.0.0.1/", true, "http://[");
  CHECK_FALSE(stream(unreadable, "127.0.0.1", 80));
}

TEST_CASE("connection policy: name servers are read as the resolver reads them",
          "[connection_policy]") {
  const auto servers = name_servers(
      "# nameserver 1.1.1.1\nsearch example.com\nnameserver 192.0.2.1\n"
      "nameserver  fe80::1%eth0\nnameserver nonsense\noptions rotate\nnameserver ::1 x");
  REQUIRE(servers.size() == 3);
  CHECK(servers[0].text() == "192.0.2.1");
  CHECK(servers[1].text() == "fe80::1");
  CHECK(servers[2].text() == "::1");
  REQUIRE(name_servers("").size() == 1);
  CHECK(name_servers("")[0].text() == "127.0.0.1");
}
