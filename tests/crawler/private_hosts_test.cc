// SPDX-License-Identifier: MIT
#include "crawler/private_hosts.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

PrivateHosts hosts_with_seed(std::string_view seed) {
  PrivateHosts hosts("127.0.0.1 localhost\n10.1.2.3 Intra.Example.COM wiki # comment.example\n",
                     false);
  auto url = Url::parse(seed);
  REQUIRE(url);
  hosts.add_seed(*url);
  return hosts;
}

TEST_CASE("private hosts: a seed opens exactly its own host and port", "[private_hosts]") {
  const PrivateHosts hosts = hosts_with_seed("http://127.0.0.1:8080/x");
  CHECK(hosts.allowed("127.0.0.1:8080"));
  CHECK_FALSE(hosts.allowed("127.0.0.1"));
  CHECK_FALSE(hosts.allowed("127.0.0.1:6379"));
  CHECK_FALSE(hosts.allowed("10.0.0.1:8080"));
}

TEST_CASE("private hosts: a public name opens nothing, one in the hosts file does",
          "[private_hosts]") {
  CHECK_FALSE(hosts_with_seed("http://evil.com/").allowed("evil.com"));
  CHECK_FALSE(hosts_with_seed("http://comment.example/").allowed("comment.example"));
  CHECK(hosts_with_seed("http://intra.example.com/").allowed("intra.example.com"));
  CHECK(hosts_with_seed("http://a.localhost:81/").allowed("a.localhost:81"));
}

TEST_CASE("private hosts: --allow-private opens all", "[private_hosts]") {
  CHECK(PrivateHosts("", true).allowed("10.0.0.1"));
}

}  // namespace
}  // namespace crawl
