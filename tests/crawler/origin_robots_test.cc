// SPDX-License-Identifier: MIT
#include "crawler/origin_robots.h"

#include "base/clock.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

// A run each day.
RobotsGate::Now now(const Clock& clock, int retries = 0) {
  return {clock.monotonic_ms(), clock.wall_ms(), retries, 10'000, clock.wall_ms() - kDayMs};
}

Transfer answer(int status) {
  Transfer transfer;
  transfer.outcome = status < 300 ? Outcome::kOk : Outcome::kHttpError;
  transfer.status = static_cast<uint16_t>(status);
  return transfer;
}

Transfer failure(Outcome outcome, std::string_view detail) {
  Transfer transfer;
  transfer.outcome = outcome;
  transfer.detail = detail;
  return transfer;
}

Transfer redirect(std::string_view location) {
  Transfer transfer;
  transfer.outcome = Outcome::kRedirect;
  transfer.status = 301;
  transfer.location = location;
  return transfer;
}

RobotsRules rules(std::string_view text) { return RobotsRules::parse(text, "crawl"); }

TEST_CASE("origin_robots: the scheme of a URL chooses the robots.txt", "[origin_robots]") {
  CHECK(scheme_index("http://a.example/") == 0);
  CHECK(scheme_index("https://a.example/") == 1);
  CHECK(kRobotsSchemes[scheme_index("https")] == "https");
  CHECK(kRobotsSchemes[scheme_index("http")] == "http");
  CHECK(scheme_index("http://https/") == 0);
}

TEST_CASE("origin_robots: the silence of where it redirects to is not the host's own",
          "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  REQUIRE_FALSE(
      gate.settle(redirect("https://other.example/robots.txt"), std::nullopt, now(clock)));
  REQUIRE(gate.settle(failure(Outcome::kConnectFailed, "refused"), std::nullopt, now(clock)));
  CHECK(gate.state == RobotsState::kUnreachable);
  CHECK(gate.outcome == Outcome::kRobotsUnreachable);
  CHECK(gate.detail == "robots.txt: refused");
  RobotsGate own;
  REQUIRE(own.settle(failure(Outcome::kConnectFailed, "refused"), std::nullopt, now(clock)));
  CHECK(own.outcome == Outcome::kConnectFailed);
}

// RFC 9309 §2.3.1.1.
TEST_CASE("origin_robots: rules that could be read are in force", "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  REQUIRE(
      gate.settle(answer(200), rules("User-agent: *\nDisallow: /a\nCrawl-delay: 2"), now(clock)));
  CHECK(gate.state == RobotsState::kOk);
  CHECK(gate.fetched_at == clock.wall_ms());
  CHECK_FALSE(gate.rules.decide("/a").allowed);
  CHECK(gate.crawl_delay_ms() == 2000);
}

// RFC 9309 §2.3.1.3, and Google's reading of 429 as trouble of the server.
TEST_CASE("origin_robots: 4xx allows all, but 429 and 5xx nothing", "[origin_robots]") {
  const FakeClock clock;
  for (const int status : {400, 401, 403, 404, 410, 451, 499}) {
    CAPTURE(status);
    RobotsGate gate;
    REQUIRE(gate.settle(answer(status), std::nullopt, now(clock)));
    CHECK(gate.state == RobotsState::kUnavailable);
    CHECK(gate.failing_since == 0);
  }
  for (const int status : {429, 500, 503, 599}) {
    CAPTURE(status);
    RobotsGate gate;
    REQUIRE(gate.settle(answer(status), std::nullopt, now(clock)));
    CHECK(gate.state == RobotsState::kUnreachable);
    CHECK(gate.outcome == Outcome::kRobotsUnreachable);
    CHECK(gate.detail == "robots.txt: HTTP status " + std::to_string(status));
    CHECK(gate.failing_since == clock.wall_ms());
  }
}

TEST_CASE("origin_robots: a robots.txt that breaks off says so, and not its status",
          "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  Transfer broken = failure(Outcome::kIncomplete, "closed with 9 bytes to come");
  broken.status = 200;
  REQUIRE(gate.settle(broken, std::nullopt, now(clock)));
  CHECK(gate.detail == "robots.txt: closed with 9 bytes to come");
}

TEST_CASE("origin_robots: a host that cannot be had gives its pages its own outcome",
          "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  REQUIRE(gate.settle(failure(Outcome::kDnsFailed, "no such name"), std::nullopt, now(clock)));
  CHECK(gate.state == RobotsState::kUnreachable);
  CHECK(gate.outcome == Outcome::kDnsFailed);
  CHECK(gate.detail == "robots.txt: no such name");
}

TEST_CASE("origin_robots: a failure is tried again, with growing pauses, then it is one",
          "[origin_robots]") {
  FakeClock clock;
  RobotsGate gate;
  CHECK_FALSE(gate.settle(answer(503), std::nullopt, now(clock, 2)));
  CHECK(gate.state == RobotsState::kUnknown);
  CHECK(gate.retry_at_ms == clock.monotonic_ms() + 10'000);
  clock.advance_ms(10'000);
  CHECK_FALSE(gate.settle(answer(503), std::nullopt, now(clock, 2)));
  CHECK(gate.retry_at_ms == clock.monotonic_ms() + 20'000);
  clock.advance_ms(20'000);
  CHECK(gate.settle(answer(503), std::nullopt, now(clock, 2)));
  CHECK(gate.state == RobotsState::kUnreachable);
  CHECK(gate.failing_since == clock.wall_ms() - 30'000);  // the first of them
}

TEST_CASE("origin_robots: what cannot change is not tried again", "[origin_robots]") {
  const FakeClock clock;
  for (const Outcome outcome :
       {Outcome::kPrivateAddress, Outcome::kPortRefused, Outcome::kTlsFailed}) {
    RobotsGate gate;
    CHECK(gate.settle(failure(outcome, "no"), std::nullopt, now(clock, 5)));
    CHECK(gate.outcome == outcome);
  }
}

// RFC 9309 §2.3.1.4. Each turn of the loop is a run of its own; the last but one says so, too.
TEST_CASE("origin_robots: after 30 days of failures it counts as unavailable", "[origin_robots]") {
  FakeClock clock;
  RobotsRow row;
  for (int day = 0; day < 31; ++day, clock.advance_ms(kDayMs)) {
    CAPTURE(day);
    RobotsGate gate;
    gate.restore(row, now(clock));
    REQUIRE(gate.state == RobotsState::kUnknown);
    REQUIRE(gate.settle(answer(503), std::nullopt, now(clock)));
    REQUIRE(gate.state == RobotsState::kUnreachable);
    row = gate.row();
  }
  RobotsGate gate;
  gate.restore(row, now(clock));
  REQUIRE(gate.settle(answer(503), std::nullopt, now(clock)));
  CHECK(gate.state == RobotsState::kUnavailable);
  CHECK(gate.summary(30'000) == "unavailable, unreachable for 30 days, last: HTTP status 503");

  SECTION("it is asked for again a day later, and still counts as unavailable") {
    clock.advance_ms(kDayMs);
    gate.expire(clock.monotonic_ms());
    CHECK(gate.state == RobotsState::kUnknown);
    REQUIRE(gate.settle(failure(Outcome::kTimeout, "time-out"), std::nullopt, now(clock)));
    CHECK(gate.state == RobotsState::kUnavailable);
  }
  SECTION("one answer, and the days count from the start again") {
    REQUIRE(gate.settle(answer(404), std::nullopt, now(clock)));
    CHECK(gate.failing_since == 0);
    REQUIRE(gate.settle(answer(503), std::nullopt, now(clock)));
    CHECK(gate.state == RobotsState::kUnreachable);
  }
}

TEST_CASE("origin_robots: a wall clock that was set back does not lengthen the 30 days",
          "[origin_robots]") {
  FakeClock clock;
  RobotsRow row;
  row.failing_since = clock.wall_ms() + 365 * kDayMs;
  RobotsGate gate;
  gate.restore(row, now(clock));
  REQUIRE(gate.settle(answer(500), std::nullopt, now(clock)));
  CHECK(gate.failing_since == clock.wall_ms());
}

TEST_CASE("origin_robots: a wall clock that was set forward does not shorten the 30 days",
          "[origin_robots]") {
  FakeClock clock;
  RobotsGate gate;
  SECTION("between two tries") {
    RobotsGate::Now first = now(clock, 1);
    REQUIRE_FALSE(gate.settle(answer(503), std::nullopt, first));
    first.wall_ms += 365 * kDayMs;
    REQUIRE(gate.settle(answer(503), std::nullopt, first));
    CHECK(gate.state == RobotsState::kUnreachable);
  }
  SECTION("between two runs") {
    REQUIRE(gate.settle(answer(503), std::nullopt, now(clock)));
    clock.advance_ms(2 * kDayMs);
    RobotsGate::Now next = now(clock);  // the run before was in time
    next.wall_ms += 365 * kDayMs;
    RobotsGate later;
    later.restore(gate.row(), next);
    REQUIRE(later.settle(answer(503), std::nullopt, next));
    CHECK(later.state == RobotsState::kUnreachable);
  }
}

// RFC 9309 §2.3.1.2.
TEST_CASE("origin_robots: five redirects are followed, across hosts, then it is unavailable",
          "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  for (int hop = 1; hop <= 5; ++hop) {
    const std::string target = "https://host" + std::to_string(hop) + ".example/robots.txt";
    REQUIRE_FALSE(gate.settle(redirect(target), std::nullopt, now(clock)));
    CHECK(gate.redirect_url == target);
    CHECK(gate.state == RobotsState::kUnknown);
  }
  SECTION("the sixth") {
    REQUIRE(gate.settle(redirect("https://host6.example/"), std::nullopt, now(clock)));
    CHECK(gate.state == RobotsState::kUnavailable);
  }
  SECTION("the rules that were found apply, and the next time it begins at the beginning") {
    REQUIRE(gate.settle(answer(200), rules("User-agent: *\nDisallow: /"), now(clock)));
    CHECK(gate.state == RobotsState::kOk);
    CHECK(gate.redirect_url.empty());
  }
  SECTION("a failure on the way is tried again where it happened") {
    REQUIRE_FALSE(gate.settle(answer(503), std::nullopt, now(clock, 1)));
    CHECK(gate.redirect_url == "https://host5.example/robots.txt");
  }
}

TEST_CASE("origin_robots: a redirect to where no robots.txt can be makes it unavailable",
          "[origin_robots]") {
  const FakeClock clock;
  for (const char* target : {"", "ftp://a.example/robots.txt", "http://a.example:25/robots.txt",
                             "http://u:p@a.example/robots.txt", "http://a.example/robots.txt#x"}) {
    CAPTURE(target);
    RobotsGate gate;
    REQUIRE(gate.settle(redirect(target), std::nullopt, now(clock)));
    CHECK(gate.state == RobotsState::kUnavailable);
  }
}

// RFC 9309 §2.4.
TEST_CASE("origin_robots: what was read is used for 24 hours, across runs", "[origin_robots]") {
  FakeClock clock;
  RobotsGate gate;
  REQUIRE(
      gate.settle(answer(200), rules("User-agent: *\nDisallow: /a\nCrawl-delay: 2"), now(clock)));
  const RobotsRow row = gate.row();
  CHECK(row.crawl_delay_ms == 2000);
  const auto restored = [&] {
    RobotsGate later;
    later.restore(row, now(clock));
    return later;
  };
  clock.advance_ms(kDayMs - 1);
  CHECK(restored().state == RobotsState::kOk);
  CHECK_FALSE(restored().rules.decide("/a").allowed);
  gate.expire(clock.monotonic_ms());
  CHECK(gate.state == RobotsState::kOk);
  clock.advance_ms(1);
  CHECK(restored().state == RobotsState::kUnknown);
  gate.expire(clock.monotonic_ms());
  CHECK(gate.state == RobotsState::kUnknown);
  clock.jump_wall_ms(-2 * kDayMs);  // read in the future
  CHECK(restored().state == RobotsState::kUnknown);
}

TEST_CASE("origin_robots: a wall clock that jumps in a run neither ages rules nor keeps them",
          "[origin_robots]") {
  FakeClock clock;
  RobotsGate gate;
  REQUIRE(gate.settle(answer(200), rules("User-agent: *\nDisallow: /a"), now(clock)));
  SECTION("forwards") { clock.jump_wall_ms(365 * kDayMs); }
  SECTION("backwards") { clock.jump_wall_ms(-365 * kDayMs); }
  clock.advance_ms(kDayMs - 1);
  gate.expire(clock.monotonic_ms());
  CHECK(gate.state == RobotsState::kOk);
  clock.advance_ms(1);
  gate.expire(clock.monotonic_ms());
  CHECK(gate.state == RobotsState::kUnknown);
}

TEST_CASE("origin_robots: a failure is not carried into the next run, but since when it fails is",
          "[origin_robots]") {
  FakeClock clock;
  RobotsGate gate;
  REQUIRE(gate.settle(answer(503), std::nullopt, now(clock)));
  const int64_t since = clock.wall_ms();
  clock.advance_ms(kHourMs);
  RobotsGate later;
  later.restore(gate.row(), now(clock));
  CHECK(later.state == RobotsState::kUnknown);
  CHECK(later.failing_since == since);
}

TEST_CASE("origin_robots: the event names a Crawl-delay, and that it was capped",
          "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  gate.settle(answer(200), rules("User-agent: *\nCrawl-delay: 120"), now(clock));
  CHECK(gate.summary(30'000) == "ok, 0 rules, Crawl-delay 120000 ms, capped at 30000 ms");
  gate.settle(answer(200), rules("User-agent: *\nDisallow: /a\nCrawl-delay: 30"), now(clock));
  CHECK(gate.summary(30'000) == "ok, 1 rules, Crawl-delay 30000 ms");
}

TEST_CASE("origin_robots: rules on the shelf come back from the host's row", "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  REQUIRE(gate.settle(answer(200), rules("User-agent: *\nDisallow: /private\nCrawl-delay: 7"),
                      now(clock)));
  CHECK(gate.rules_bytes > 0);
  const RobotsRow row = gate.row();
  gate.shelve();
  CHECK(gate.state == RobotsState::kUnknown);
  CHECK(gate.shelved);
  CHECK(gate.rules_bytes == 0);
  CHECK(gate.rules.rules().empty());
  CHECK(gate.crawl_delay_ms() == 7000);  // goes on meanwhile
  gate.restore(row, now(clock));
  CHECK(gate.state == RobotsState::kOk);
  CHECK_FALSE(gate.shelved);
  CHECK_FALSE(gate.rules.decide("/private/x").allowed);
}

TEST_CASE("origin_robots: rules on the shelf that have no row any more are unknown",
          "[origin_robots]") {
  const FakeClock clock;
  RobotsGate gate;
  REQUIRE(gate.settle(answer(200), rules("User-agent: *\nDisallow: /private"), now(clock)));
  gate.shelve();
  gate.restore(RobotsRow(), now(clock));
  CHECK(gate.state == RobotsState::kUnknown);
  CHECK_FALSE(gate.shelved);
}

}  // namespace
}  // namespace crawl
