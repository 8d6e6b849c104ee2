// SPDX-License-Identifier: MIT
#include "fetcher/resolver.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>

#include "tests/fetcher/transfer_rig.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_dns.h"
#include "tests/support/scripted_server.h"

using crawl::EventLoop;
using crawl::FakeClock;
using crawl::FetchRequest;
using crawl::Outcome;
using crawl::Resolution;
using crawl::Resolver;
using crawl::ScriptedDns;
using crawl::ScriptedServer;
using crawl::TransferRig;

namespace {

struct Rig {
  explicit Rig(Resolver::Options options) {
    REQUIRE(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
    loop = std::move(*EventLoop::create(clock));
    resolver = std::move(*Resolver::create(*loop, std::move(options)));
  }
  ~Rig() {
    resolver.reset();
    ares_library_cleanup();
  }

  Resolution resolve(const std::string& host) {
    std::optional<Resolution> answer;
    resolver->resolve(host, [&](const Resolution& found) { answer = found; });
    REQUIRE_FALSE(answer.has_value());  // never from within the call
    while (!answer) REQUIRE(loop->run_once(1000).has_value());
    return *answer;
  }

  FakeClock clock;
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<Resolver> resolver;
};

Resolver::Options asking(const ScriptedDns& dns) {
  Resolver::Options options;
  options.hosts_file = "/nonexistent";
  options.servers = dns.address();
  return options;
}

ScriptedDns::Answer addresses(std::vector<std::string> ipv4, uint32_t ttl_s = 300) {
  ScriptedDns::Answer answer;
  answer.ipv4 = std::move(ipv4);
  answer.ttl_s = ttl_s;
  return answer;
}

ScriptedDns::Answer failure(int rcode) {
  ScriptedDns::Answer answer;
  answer.rcode = rcode;
  return answer;
}

}  // namespace

TEST_CASE("resolver: literal addresses and localhost need no name server", "[resolver]") {
  const ScriptedDns dns([](const std::string&) { return failure(2); });
  Rig rig(asking(dns));
  CHECK(rig.resolve("192.0.2.1").addresses.at(0).text() == "192.0.2.1");
  CHECK(rig.resolve("[2001:db8::1]").addresses.at(0).text() == "2001:db8::1");
  // RFC 6761 §6.3
  for (const std::string host : {"localhost", "LOCALHOST.", "a.b.localhost"}) {
    const Resolution local = rig.resolve(host);
    REQUIRE(local.addresses.size() == 2);
    CHECK(local.addresses[0].text() == "127.0.0.1");
    CHECK(local.addresses[1].text() == "::1");
  }
  CHECK(dns.questions() == 0);
}

TEST_CASE("resolver: the hosts file is honoured", "[resolver]") {
  char path[] = "/tmp/crawl-hosts-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  ::close(fd);
  {
    std::ofstream file(path);
    file << "# comment\n192.0.2.5\tintranet Alias.Example # the alias\n"
         << "2001:db8::5 intranet\nbad-address name\n192.0.2.6\n";
  }
  const ScriptedDns dns([](const std::string&) { return failure(3); });
  Resolver::Options options = asking(dns);
  options.hosts_file = path;
  Rig rig(options);
  ::unlink(path);
  CHECK(rig.resolve("intranet").addresses.size() == 2);
  CHECK(rig.resolve("alias.example").addresses.at(0).text() == "192.0.2.5");
  CHECK(dns.questions() == 0);
  CHECK(rig.resolve("name").addresses.empty());
}

TEST_CASE("resolver: an answer is kept for its time to live", "[resolver]") {
  const ScriptedDns dns([](const std::string&) { return addresses({"192.0.2.1"}, 100); });
  Rig rig(asking(dns));
  CHECK(rig.resolve("www.example.com").addresses.at(0).text() == "192.0.2.1");
  const int asked = dns.questions();
  CHECK(asked > 0);
  CHECK(rig.resolve("WWW.example.com.").addresses.size() == 1);
  CHECK(dns.questions() == asked);
  rig.clock.advance_ms(99'000);
  CHECK(rig.resolver->lookup("www.example.com").has_value());
  rig.clock.advance_ms(2'000);
  CHECK_FALSE(rig.resolver->lookup("www.example.com").has_value());
  CHECK(rig.resolve("www.example.com").addresses.size() == 1);
  CHECK(dns.questions() > asked);
}

TEST_CASE("resolver: the cache stays within its bound", "[resolver]") {
  const ScriptedDns dns([](const std::string&) { return addresses({"192.0.2.1"}); });
  Resolver::Options options = asking(dns);
  options.cache_entries_max = 2;
  Rig rig(options);
  for (const std::string host : {"a.example", "b.example", "c.example"}) rig.resolve(host);
  CHECK_FALSE(rig.resolver->lookup("a.example").has_value());
  CHECK(rig.resolver->lookup("b.example").has_value());
  CHECK(rig.resolver->lookup("c.example").has_value());
}

TEST_CASE("resolver: requests for one name share a query", "[resolver]") {
  const ScriptedDns dns([](const std::string&) { return addresses({"192.0.2.1"}); });
  Rig rig(asking(dns));
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    rig.resolver->resolve("shared.example", [&](const Resolution&) { ++answered; });
  }
  while (answered < 10) REQUIRE(rig.loop->run_once(1000).has_value());
  CHECK(dns.questions() <= 2);  // A and AAAA
}

TEST_CASE("resolver: each failure has its own words", "[resolver]") {
  const ScriptedDns dns([](const std::string& name) {
    if (name == "missing.example") return failure(3);
    if (name == "broken.example") return failure(2);
    if (name == "empty.example") return addresses({});
    ScriptedDns::Answer silent;
    silent.silent = true;
    return silent;
  });
  Resolver::Options options = asking(dns);
  Rig rig(options);
  CHECK(rig.resolve("missing.example").problem == "the name does not exist");
  CHECK(rig.resolve("empty.example").problem == "the name has no address");
  CHECK_FALSE(rig.resolve("broken.example").problem.empty());
  // What is no host name is not asked for.
  const int asked = dns.questions();
  CHECK_FALSE(rig.resolve("*").problem.empty());
  CHECK_FALSE(rig.resolve("a!b.example").problem.empty());
  CHECK_FALSE(rig.resolve(std::string(300, 'a')).problem.empty());
  CHECK(dns.questions() == asked);
}

TEST_CASE("resolver: a search domain is never added", "[resolver]") {
  std::mutex mutex;
  std::vector<std::string> names;
  const ScriptedDns dns([&](const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex);
    names.push_back(name);
    return failure(3);
  });
  Rig rig(asking(dns));
  rig.resolve("intranet");
  const std::lock_guard<std::mutex> lock(mutex);
  REQUIRE_FALSE(names.empty());
  for (const std::string& name : names) CHECK(name == "intranet");
}

TEST_CASE("resolver: a silent name server ends in a failure", "[resolver]") {
  const ScriptedDns dns([](const std::string&) {
    ScriptedDns::Answer silent;
    silent.silent = true;
    return silent;
  });
  Resolver::Options options = asking(dns);
  options.try_timeout_ms = 20;
  options.tries = 1;
  TransferRig rig(TransferRig::quick_settings(), crawl::CaStore(), options);
  const auto& transfer = rig.fetch("http://slow.example/");
  CHECK(transfer.report().outcome == Outcome::kDnsFailed);
  CHECK(transfer.report().detail == "slow.example: no name server answered in time");
}

TEST_CASE("resolver: a name that points inside is refused, also among public addresses",
          "[resolver]") {
  const auto server = ScriptedServer::answering(
      [](const std::string&) { return ScriptedServer::Reply{ScriptedServer::page("secret")}; });
  const ScriptedDns dns([](const std::string&) { return addresses({"127.0.0.1", "10.0.0.1"}); });
  TransferRig rig(TransferRig::quick_settings(), crawl::CaStore(), asking(dns));
  FetchRequest request;
  request.url = "http://inside.example:" + std::to_string(server->port()) + "/";
  CHECK(rig.fetch(request).report().outcome == Outcome::kPrivateAddress);
  CHECK(server->connections() == 0);
}

TEST_CASE("resolver: names are pinned to their addresses, whatever they look like", "[resolver]") {
  const auto server = ScriptedServer::answering(
      [](const std::string&) { return ScriptedServer::Reply{ScriptedServer::page("here")}; });
  const ScriptedDns dns([](const std::string&) { return addresses({"127.0.0.1"}); });
  TransferRig rig(TransferRig::quick_settings(), crawl::CaStore(), asking(dns));
  const std::string port = ":" + std::to_string(server->port()) + "/";
  for (const std::string host : {"plain.example", "-dash.example", "under_score.example",
                                 "dotted.example.", "plain.example"}) {
    CAPTURE(host);
    const auto& transfer = rig.fetch("http://" + host + port);
    CHECK(transfer.report().outcome == Outcome::kOk);
    CHECK(transfer.report().detail.empty());
  }
  // The first name's connection is still there when it is asked for again.
  CHECK(server->connections() == 4);
}
