// SPDX-License-Identifier: MIT
#include "ipc/channel.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

#include "tests/ipc/random.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

// One channel, and the bare pipe ends of its peer.
struct Fixture {
  Fixture() {
    auto created = EventLoop::create(clock);
    REQUIRE(created);
    loop = std::move(*created);
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    REQUIRE(::pipe2(in.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    REQUIRE(::pipe2(out.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    peer_write.reset(in[1]);
    peer_read.reset(out[0]);
    auto made = Channel::create(*loop, UniqueFd(in[0]), UniqueFd(out[1]));
    REQUIRE(made);
    channel = std::move(*made);
    listen();
  }
  void listen() {
    channel->on_message([this](std::string_view m) { messages.emplace_back(m); });
    channel->on_disconnect([this](std::optional<Error> e) {
      ++disconnects;
      error = std::move(e);
    });
  }
  // Dispatches until nothing is ready.
  void settle() {
    while (true) {
      const auto called = loop->run_once(0);
      REQUIRE(called);
      if (*called == 0) return;
    }
  }
  void peer_sends(std::string_view bytes) const {
    REQUIRE(::write(peer_write.fd(), bytes.data(), bytes.size()) ==
            static_cast<ssize_t>(bytes.size()));
  }
  std::string peer_reads() const {
    std::string all;
    std::array<char, 65536> chunk;
    ssize_t n = 0;
    while ((n = ::read(peer_read.fd(), chunk.data(), chunk.size())) > 0)
      all.append(chunk.data(), static_cast<size_t>(n));
    return all;
  }

  SystemClock clock;
  std::unique_ptr<EventLoop> loop;
  UniqueFd peer_write;
  UniqueFd peer_read;
  std::unique_ptr<Channel> channel;
  std::vector<std::string> messages;
  int disconnects = 0;
  std::optional<Error> error;
};

std::string frame(std::string_view message) {
  std::string bytes;
  for (size_t i = 0; i < 4; ++i)
    bytes.push_back(static_cast<char>(message.size() >> (8 * i) & 0xff));
  return bytes.append(message);
}

}  // namespace

TEST_CASE("channel: a frame is a little-endian length and the message", "[channel]") {
  Fixture f;
  REQUIRE(f.channel->send_bytes("abc"));
  CHECK(f.peer_reads() == std::string("\x03\0\0\0abc", 7));
  REQUIRE(f.channel->send(Wake{}));
  CHECK(f.peer_reads() == std::string("\x01\0\0\0\x04", 5));
}

TEST_CASE("channel: frames arrive whole however the bytes are cut", "[channel][property]") {
  const uint64_t seed = test::random_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Fixture f;
  std::string stream;
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    sent.emplace_back(1 + test::pick(random, 500), static_cast<char>('a' + i % 26));
    stream += frame(sent.back());
  }
  for (size_t at = 0; at < stream.size();) {
    const size_t n = std::min<size_t>(stream.size() - at, 1 + test::pick(random, 700));
    f.peer_sends(std::string_view(stream).substr(at, n));
    at += n;
    f.settle();
  }
  CHECK(f.messages == sent);
}

TEST_CASE("channel: all whole frames come before the disconnect, which comes once", "[channel]") {
  Fixture f;
  f.peer_sends(frame("one") + frame("two") + std::string("\x09\0\0\0tor", 7));
  f.peer_write.reset();
  f.settle();
  CHECK(f.messages == std::vector<std::string>{"one", "two"});
  CHECK(f.disconnects == 1);
  CHECK_FALSE(f.error);  // a frame cut short is how a killed peer ends, not a lie
  CHECK_FALSE(f.channel->connected());
  f.channel->disconnect();
  f.settle();
  CHECK(f.disconnects == 1);
  const auto sent = f.channel->send_bytes("late");
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == Errc::kClosed);
}

TEST_CASE("channel: a broken frame disconnects with an error, after the sound ones",
          "[channel][hostile]") {
  Fixture f;
  const std::string bad =
      GENERATE(std::string(4, '\0'), std::string("\x01\0\x10\0", 4), std::string(4, '\xff'));
  f.peer_sends(frame("sound") + bad);
  f.settle();
  CHECK(f.messages == std::vector<std::string>{"sound"});
  CHECK(f.disconnects == 1);
  REQUIRE(f.error);
  CHECK(f.error->code == Errc::kCorrupt);
}

TEST_CASE("channel: the longest frame passes both ways, a longer one is not sent", "[channel]") {
  Fixture f;
  const std::string longest(kFrameBytesMax, 'x');
  CHECK(f.channel->send_bytes(longest + "x").error().code == Errc::kInvalid);
  CHECK(f.channel->send_bytes("").error().code == Errc::kInvalid);
  REQUIRE(f.channel->send_bytes(longest));
  std::string got;
  while (got.size() < kFrameBytesMax + 4) {
    const std::string more = f.peer_reads();
    REQUIRE((!more.empty() || got.size() < kFrameBytesMax));
    got += more;
    f.settle();
  }
  CHECK(got == frame(longest));
  for (size_t at = 0; at < got.size(); at += 32768) {
    f.peer_sends(std::string_view(got).substr(at, 32768));
    f.settle();
  }
  REQUIRE(f.messages.size() == 1);
  CHECK(f.messages[0] == longest);
}

TEST_CASE("channel: a peer that does not read makes send fail with kFull, never block",
          "[channel]") {
  Fixture f;
  const std::string message(100'000, 'm');
  size_t taken = 0;
  Errc failure = Errc::kIo;
  while (taken < 1000) {
    const auto sent = f.channel->send_bytes(message);
    if (!sent) {
      failure = sent.error().code;
      break;
    }
    ++taken;
  }
  CHECK(failure == Errc::kFull);
  CHECK(taken * message.size() < kBacklogBytesMax + (2u << 20));
  CHECK(f.channel->connected());
  // Once it reads again, all that was accepted arrives, in order.
  std::string got;
  for (std::string more = f.peer_reads(); !more.empty(); more = f.peer_reads()) {
    got += more;
    f.settle();
  }
  REQUIRE(got.size() == taken * (message.size() + 4));
  CHECK(got.substr(got.size() - message.size()) == message);
  CHECK(f.channel->send_bytes("more"));
}

TEST_CASE("channel: a write to a closed peer is kClosed, not SIGPIPE; its messages still arrive",
          "[channel]") {
  struct sigaction saved {};
  ::sigaction(SIGPIPE, nullptr, &saved);
  struct sigaction fresh {};
  fresh.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &fresh, nullptr);
  Fixture f;
  f.peer_sends(frame("last words"));
  f.peer_read.reset();
  const auto sent = f.channel->send_bytes("hello?");
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == Errc::kClosed);
  CHECK_FALSE(f.channel->connected());
  CHECK(f.disconnects == 0);  // events come from the loop only
  f.settle();
  CHECK(f.messages == std::vector<std::string>{"last words"});
  CHECK(f.disconnects == 1);
  ::sigaction(SIGPIPE, &saved, nullptr);
}

TEST_CASE("channel: disconnect offers the backlog, closes both ends and tells once", "[channel]") {
  Fixture f;
  REQUIRE(f.channel->send_bytes("bye"));
  f.channel->disconnect();
  CHECK_FALSE(f.channel->connected());
  CHECK(f.disconnects == 0);
  CHECK(f.peer_reads() == frame("bye"));
  char byte = 0;
  CHECK(::read(f.peer_read.fd(), &byte, 1) == 0);  // end-of-file
  f.settle();
  CHECK(f.disconnects == 1);
  CHECK_FALSE(f.error);
}

TEST_CASE("channel: a handler may destroy the channel", "[channel]") {
  Fixture f;
  int calls = 0;
  SECTION("on a message") {
    const std::string kept = "state of the handler, alive until it returns";
    f.channel->on_message([&f, &calls, kept](std::string_view m) {
      ++calls;
      f.channel.reset();
      CHECK(kept.size() == 44);
      CHECK(m == "one");
    });
    f.peer_sends(frame("one") + frame("two"));
  }
  SECTION("on the disconnect") {
    f.channel->on_disconnect([&](const std::optional<Error>&) {
      ++calls;
      f.channel.reset();
    });
    f.peer_write.reset();
  }
  SECTION("on a message that is drained") {
    f.channel->on_message([&](std::string_view) {
      ++calls;
      f.channel.reset();
    });
    f.peer_sends(frame("one") + frame("two"));
    f.channel->drain();
  }
  f.settle();
  CHECK(calls == 1);
  CHECK(f.disconnects == 0);
  CHECK_FALSE(f.channel);
}

TEST_CASE("channel: a handler may replace itself, send and disconnect", "[channel]") {
  Fixture f;
  f.channel->on_message([&](std::string_view m) {
    f.messages.emplace_back(m);
    f.channel->on_message([&](std::string_view second) {
      f.messages.emplace_back("second: " + std::string(second));
      REQUIRE(f.channel->send_bytes("answer"));
      f.channel->disconnect();
    });
  });
  f.peer_sends(frame("a") + frame("b") + frame("c"));
  f.settle();
  CHECK(f.messages == std::vector<std::string>{"a", "second: b"});
  CHECK(f.peer_reads() == frame("answer"));
  CHECK(f.disconnects == 1);
}

TEST_CASE("channel: a handler that turns the loop keeps its message and the order", "[channel]") {
  Fixture f;
  f.channel->on_message([&](std::string_view m) {
    if (f.messages.empty()) f.peer_sends(frame("second") + frame("third"));
    const std::string before(m);
    REQUIRE(f.loop->run_once(0));
    CHECK(m == before);
    f.messages.emplace_back(m);
  });
  f.peer_sends(frame("first"));
  f.settle();
  CHECK(f.messages == std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE("channel: its descriptors are non-blocking and not inherited", "[channel]") {
  SystemClock clock;
  auto loop = EventLoop::create(clock);
  REQUIRE(loop);
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  REQUIRE(::pipe(in.data()) == 0);
  REQUIRE(::pipe(out.data()) == 0);
  const UniqueFd peer_write(in[1]);
  const UniqueFd peer_read(out[0]);
  const auto channel = Channel::create(**loop, UniqueFd(in[0]), UniqueFd(out[1]));
  REQUIRE(channel);
  for (const int fd : {in[0], out[1]}) {
    CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK_FALSE(Channel::create(**loop, UniqueFd(), UniqueFd()));
}

}  // namespace crawl
