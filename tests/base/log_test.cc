// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

// The receiving end keeps the borders of writes: SOCK_SEQPACKET.
struct Receiver {
  UniqueFd read_end, write_end;

  Receiver() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) ==
            0);
    read_end.reset(fds[0]);
    write_end.reset(fds[1]);
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }

  std::vector<std::string> writes() {
    std::vector<std::string> all;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t n = ::read(read_end.fd(), buffer.data(), buffer.size());
      if (n <= 0) return all;
      all.emplace_back(buffer.data(), static_cast<size_t>(n));
    }
  }
};

TEST_CASE("log: a text line has time of day, level and text", "[log]") {
  Receiver receiver;
  const FakeClock clock;  // 2023-11-14T22:13:20Z
  Logger log(clock, LogLevel::kDebug, LogFormat::kText, receiver.write_end.fd());
  log.error("one");
  log.warning("two");
  log.info("three");
  log.debug("four");
  CHECK(receiver.writes() ==
        std::vector<std::string>{"22:13:20 error: one\n", "22:13:20 warning: two\n",
                                 "22:13:20 info: three\n", "22:13:20 debug: four\n"});
}

TEST_CASE("log: what is above the level is not written", "[log]") {
  Receiver receiver;
  const FakeClock clock;
  Logger log(clock, LogLevel::kWarning, LogFormat::kText, receiver.write_end.fd());
  CHECK(log.enabled(LogLevel::kWarning));
  CHECK_FALSE(log.enabled(LogLevel::kInfo));
  log.info("hidden");
  log.debug("hidden");
  log.warning("shown");
  CHECK(receiver.writes() == std::vector<std::string>{"22:13:20 warning: shown\n"});
}

TEST_CASE("log: a line stays one line, whatever the text", "[log]") {
  Receiver receiver;
  const FakeClock clock;
  Logger log(clock, LogLevel::kInfo, LogFormat::kText, receiver.write_end.fd());
  log.info("title \x1b]0;owned\x07\n22:13:20 error: forged\xff");
  CHECK(receiver.writes() ==
        std::vector<std::string>{
            "22:13:20 info: title \\x1b]0;owned\\x07\\n22:13:20 error: forged\\xff\n"});
}

TEST_CASE("log: a complaint is one line and escaped", "[log]") {
  Receiver receiver;
  complain("'\x1b[2J\ncrawl: forged' is not a duration", receiver.write_end.fd());
  CHECK(receiver.writes() ==
        std::vector<std::string>{"crawl: '\\x1b[2J\\ncrawl: forged' is not a duration\n"});
}

TEST_CASE("log: a JSON line is one object with the time in UTC", "[log]") {
  Receiver receiver;
  const FakeClock clock;
  Logger log(clock, LogLevel::kInfo, LogFormat::kJson, receiver.write_end.fd());
  log.warning("a \"quoted\"\nline\xff");
  const auto writes = receiver.writes();
  REQUIRE(writes.size() == 1);
  REQUIRE(writes[0].find('\n') == writes[0].size() - 1);
  const auto line = nlohmann::json::parse(writes[0]);
  CHECK(line["time"] == "2023-11-14T22:13:20.000Z");
  CHECK(line["level"] == "warning");
  CHECK(line["text"] == "a \"quoted\"\nline\uFFFD");
  CHECK(line.size() == 3);
}

TEST_CASE("log: what is around a line is called before and after it", "[log]") {
  Receiver receiver;
  const FakeClock clock;
  Logger log(clock, LogLevel::kInfo, LogFormat::kText, receiver.write_end.fd());
  std::vector<std::string> order;
  log.around_write([&] { order.push_back("before " + std::to_string(receiver.writes().size())); },
                   [&] { order.push_back("after " + std::to_string(receiver.writes().size())); });
  log.info("x");
  log.debug("hidden");
  CHECK(order == std::vector<std::string>{"before 0", "after 1"});
}

TEST_CASE("log: a reader who is full or gone does not stop us", "[log]") {
  std::array<int, 2> fds{};
  REQUIRE(::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  UniqueFd read_end(fds[0]);
  UniqueFd write_end(fds[1]);
  const FakeClock clock;
  Logger log(clock, LogLevel::kInfo, LogFormat::kText, write_end.fd());
  const std::string text(60'000, 'x');
  for (int i = 0; i < 10; ++i) log.info(text);  // more than a pipe holds
  Logger closed(clock, LogLevel::kInfo, LogFormat::kText, -1);
  closed.info("nobody");
  SUCCEED("both returned");
}

}  // namespace
}  // namespace crawl
