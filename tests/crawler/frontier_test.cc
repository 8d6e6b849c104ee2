// SPDX-License-Identifier: MIT
#include "crawler/frontier.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

Frontier::Options options(int64_t delay_ms, int host_concurrency) {
  Frontier::Options result;
  result.host_concurrency = host_concurrency;
  result.politeness.delay_ms = delay_ms;
  return result;
}

Host& host_with(Frontier& frontier, int64_t id, int urls) {
  Host& host = frontier.host(id, [](Host& fresh) {
    for (RobotsGate& robots : fresh.robots) robots.state = RobotsState::kOk;
  });
  for (int i = 0; i < urls; ++i) {
    PendingUrl url;
    url.id = id * 1000 + i;
    url.url = "http://a.example/";
    host.queue.push(url);
  }
  frontier.reschedule(host);
  return host;
}

void ask(Frontier& frontier, Host& host, int64_t now) {
  host.queue.pop(now);
  ++host.in_flight;
  host.politeness.on_start(now);
  frontier.reschedule(host);
}

void answer(Frontier& frontier, Host& host, int64_t url, int64_t now) {
  --host.in_flight;
  host.queue.release(url);
  host.politeness.on_end(now, {});
  frontier.reschedule(host);
}

TEST_CASE("frontier: a host is never due before its delay", "[frontier]") {
  Frontier frontier(options(1000, 1));
  Host& host = host_with(frontier, 1, 2);
  REQUIRE(frontier.take_ready(5000) == &host);
  ask(frontier, host, 5000);
  CHECK(frontier.take_ready(100'000) == nullptr);  // one request at a time
  answer(frontier, host, 1000, 5400);
  CHECK(frontier.next_ready_ms() == 6400);
  CHECK(frontier.take_ready(6399) == nullptr);
  CHECK(frontier.take_ready(6400) == &host);
}

TEST_CASE("frontier: URLs that end without a request do not wait for the host's delay",
          "[frontier]") {
  Frontier frontier(options(1000, 1));
  Host& host = host_with(frontier, 1, 2);
  REQUIRE(frontier.take_ready(5000) == &host);
  ask(frontier, host, 5000);
  host.robots[0].state = RobotsState::kUnreachable;
  answer(frontier, host, 1000, 5400);
  CHECK(frontier.take_ready(5400) == &host);
}

TEST_CASE("frontier: a host may be taken out of turn, but not before its delay", "[frontier]") {
  Frontier frontier(options(1000, 1));
  host_with(frontier, 1, 1);
  Host& wanted = host_with(frontier, 2, 2);
  CHECK(frontier.take(wanted, 5000));
  ask(frontier, wanted, 5000);
  CHECK_FALSE(frontier.take(wanted, 100'000));
  answer(frontier, wanted, 2000, 5400);
  CHECK_FALSE(frontier.take(wanted, 6399));
  CHECK(frontier.take(wanted, 6400));
}

TEST_CASE("frontier: ready hosts take turns", "[frontier]") {
  Frontier frontier(options(0, 16));
  host_with(frontier, 1, 100);
  host_with(frontier, 2, 100);
  host_with(frontier, 3, 100);
  std::vector<int64_t> turns;
  for (int i = 0; i < 9; ++i) {
    Host* host = frontier.take_ready(10'000);
    REQUIRE(host != nullptr);
    turns.push_back(host->id);
    const int64_t url = host->queue.peek(10'000)->id;
    ask(frontier, *host, 10'000);
    answer(frontier, *host, url, 10'000);
  }
  for (size_t i = 3; i < turns.size(); ++i) CHECK(turns[i] == turns[i - 3]);
}

TEST_CASE("frontier: nothing of a host is ready while its robots.txt is under way", "[frontier]") {
  Frontier frontier(options(0, 16));
  Host& host = host_with(frontier, 1, 3);
  RobotsGate& robots = gate(host, "http");
  robots.state = RobotsState::kUnknown;
  robots.in_flight = true;
  frontier.reschedule(host);
  CHECK(frontier.take_ready(1'000'000) == nullptr);
  robots.in_flight = false;
  robots.retry_at_ms = 2000;
  frontier.reschedule(host);
  CHECK(frontier.take_ready(1999) == nullptr);
  CHECK(frontier.take_ready(2000) == &host);
}

// RFC 9309 §2.3: http and https have a robots.txt each.
TEST_CASE("frontier: the URL whose turn it is decides which robots.txt is waited for",
          "[frontier]") {
  Frontier frontier(options(0, 16));
  Host& host = host_with(frontier, 1, 1);
  gate(host, "https").state = RobotsState::kUnknown;
  gate(host, "https").in_flight = true;
  PendingUrl secure;
  secure.id = 1;  // before the others
  secure.url = "https://a.example/";
  SECTION("the other one is no hindrance") {
    frontier.reschedule(host);
    CHECK(frontier.take_ready(5000) == &host);
  }
  SECTION("its own is") {
    host.queue.push(secure);
    frontier.reschedule(host);
    CHECK(frontier.take_ready(1'000'000) == nullptr);
    gate(host, "https").in_flight = false;
    gate(host, "https").retry_at_ms = 7000;
    frontier.reschedule(host);
    CHECK(frontier.next_ready_ms() == 7000);
  }
}

TEST_CASE("frontier: a retry that comes first has its turn while another robots.txt is waited for",
          "[frontier]") {
  Frontier frontier(options(0, 16));
  Host& host = host_with(frontier, 1, 1);  // http
  PendingUrl secure;
  secure.id = 1;
  secure.url = "https://a.example/";
  host.queue.delay(secure, 3000);
  gate(host, "http").state = RobotsState::kUnknown;
  gate(host, "http").retry_at_ms = 5000;
  frontier.reschedule(host);
  Host* ready = frontier.take_ready(9000);
  REQUIRE(ready == &host);
  // Whenever that is: pop() at its turn gives a URL whose robots.txt is known or may be asked for.
  const PendingUrl* next = host.queue.peek(host.turn_ms);
  REQUIRE(next != nullptr);
  CHECK(next->url == secure.url);
  CHECK(gate(host, next->url).state == RobotsState::kOk);
}

TEST_CASE("frontier: an errand needs no URL, and waits for the host's delay", "[frontier]") {
  Frontier frontier(options(1000, 1));
  Host& host = host_with(frontier, 1, 0);
  CHECK(frontier.take_ready(100'000) == nullptr);
  host.politeness.on_end(100'000, {});
  host.errands.push_back({2, 0});
  frontier.reschedule(host);
  CHECK_FALSE(frontier.finished());
  CHECK_FALSE(frontier.idle(host, 1'000'000));
  CHECK(frontier.take_ready(100'999) == nullptr);
  CHECK(frontier.take_ready(101'000) == &host);
  host.errands.clear();
  frontier.reschedule(host);
  CHECK(frontier.finished());
}

TEST_CASE("frontier: a host whose robots.txt another host is asked for is not forgotten",
          "[frontier]") {
  Frontier frontier(options(0, 1));
  Host& host = host_with(frontier, 1, 0);
  CHECK(frontier.idle(host, 1'000'000));
  gate(host, "https").in_flight = true;
  CHECK_FALSE(frontier.idle(host, 1'000'000));
}

TEST_CASE("frontier: it is finished when no host has work, and idle hosts may be forgotten",
          "[frontier]") {
  Frontier frontier(options(1000, 1));
  CHECK(frontier.finished());
  Host& host = host_with(frontier, 1, 1);
  CHECK_FALSE(frontier.finished());
  REQUIRE(frontier.take_ready(0) == &host);
  ask(frontier, host, 0);
  CHECK_FALSE(frontier.finished());
  answer(frontier, host, 1000, 300);
  CHECK(frontier.finished());
  CHECK_FALSE(frontier.idle(host, 1299));  // its delay is still to be remembered
  CHECK(frontier.idle(host, 1300));
}

}  // namespace
}  // namespace crawl
