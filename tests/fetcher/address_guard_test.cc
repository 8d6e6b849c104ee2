// SPDX-License-Identifier: MIT
#include "web/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include "tests/fetcher/transfer_rig.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"

using crawl::AddressPolicy;
using crawl::FetchRequest;
using crawl::IpAddress;
using crawl::Outcome;
using crawl::ScriptedServer;
using crawl::TransferRig;

TEST_CASE("address guard: only public addresses pass, unless all may", "[address_guard]") {
  const std::vector<IpAddress> mixed = {
      *IpAddress::parse("10.0.0.1"), *IpAddress::parse("93.184.215.14"),
      *IpAddress::parse("::ffff:127.0.0.1"), *IpAddress::parse("2606:4700::1111"),
      *IpAddress::parse("169.254.169.254")};
  const auto open = crawl::allowed_addresses(mixed, AddressPolicy::kPublicOnly);
  REQUIRE(open.size() == 2);
  CHECK(open[0].text() == "93.184.215.14");
  CHECK(open[1].text() == "2606:4700::1111");
  CHECK(crawl::allowed_addresses(mixed, AddressPolicy::kAny).size() == mixed.size());
}

TEST_CASE("address guard: socket addresses are read by family and length", "[address_guard]") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(8080);
  inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr);
  const auto* generic = reinterpret_cast<const sockaddr*>(&v4);
  REQUIRE(crawl::address_of(generic, sizeof v4).has_value());
  CHECK(crawl::endpoint_text(*crawl::address_of(generic, sizeof v4), 80) == "192.0.2.7:80");
  CHECK(crawl::port_of(generic, sizeof v4) == 8080);
  CHECK_FALSE(crawl::address_of(generic, sizeof v4 - 1).has_value());
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "2001:db8::7", &v6.sin6_addr);
  const auto six = crawl::address_of(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  REQUIRE(six.has_value());
  CHECK(crawl::endpoint_text(*six, 443) == "[2001:db8::7]:443");
  v4.sin_family = AF_UNIX;
  CHECK_FALSE(crawl::address_of(generic, sizeof v4).has_value());
}

TEST_CASE("address guard: a private address is refused before a packet leaves", "[address_guard]") {
  const auto server = ScriptedServer::answering(
      [](const std::string&) { return ScriptedServer::Reply{ScriptedServer::page("secret")}; });
  const std::string port = std::to_string(server->port());
  const std::string host = GENERATE(std::string("127.0.0.1"), std::string("localhost"),
                                    std::string("sub.localhost"), std::string("[::ffff:7f00:1]"));
  CAPTURE(host);
  TransferRig rig;
  FetchRequest request;
  request.url = "http://" + host + ":" + port + "/";
  const auto& refused = rig.fetch(request);
  CHECK(refused.report().outcome == Outcome::kPrivateAddress);
  CHECK(refused.report().detail.find(port + " is not a public address") != std::string::npos);
  CHECK(refused.report().status == 0);
  CHECK(server->connections() == 0);
}

TEST_CASE("address guard: a kept connection does not serve a job that may not use it",
          "[address_guard]") {
  const auto server = ScriptedServer::answering(
      [](const std::string&) { return ScriptedServer::Reply{ScriptedServer::page("secret")}; });
  TransferRig rig;
  const std::string url = "http://localhost:" + std::to_string(server->port()) + "/";
  CHECK(rig.fetch(url).report().outcome == Outcome::kOk);
  FetchRequest request;
  request.url = url;
  CHECK(rig.fetch(request).report().outcome == Outcome::kPrivateAddress);
  CHECK(server->requests().size() == 1);
}

// Fetch Standard §2.9
TEST_CASE("address guard: ports of other services are refused", "[address_guard]") {
  TransferRig rig;
  const auto& refused = rig.fetch("http://127.0.0.1:25/");
  CHECK(refused.report().outcome == Outcome::kPortRefused);
  CHECK(refused.report().address.empty());
}

TEST_CASE("address guard: https without certificates to trust says so and connects to nobody",
          "[address_guard]") {
  const auto server = ScriptedServer::raw([](crawl::ScriptedConnection&) {});
  TransferRig rig(TransferRig::quick_settings(), crawl::CaStore::load("/nonexistent/bundle.pem"));
  const auto& refused = rig.fetch("https://127.0.0.1:" + std::to_string(server->port()) + "/");
  CHECK(refused.report().outcome == Outcome::kTlsFailed);
  CHECK(refused.report().detail.find("/nonexistent/bundle.pem") != std::string::npos);
  CHECK(server->connections() == 0);
}

TEST_CASE("address guard: a peer that does not speak TLS fails as TLS", "[address_guard]") {
  const auto server = ScriptedServer::raw([](crawl::ScriptedConnection& connection) {
    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.wait_for_close();
  });
  auto settings = TransferRig::quick_settings();
  settings.insecure = true;
  TransferRig rig(settings);
  const auto& failed = rig.fetch("https://127.0.0.1:" + std::to_string(server->port()) + "/");
  CHECK(failed.report().outcome == Outcome::kTlsFailed);
  CHECK_FALSE(failed.report().detail.empty());
}
