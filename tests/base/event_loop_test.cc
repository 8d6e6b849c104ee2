// SPDX-License-Identifier: MIT
#include "base/event_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

struct Pipe {
  UniqueFd read_end, write_end;

  Pipe() {
    std::array<int, 2> fds{};
    REQUIRE(::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    read_end.reset(fds[0]);
    write_end.reset(fds[1]);
  }
  void put() { REQUIRE(::write(write_end.fd(), "x", 1) == 1); }
  void take() {
    char c = 0;
    REQUIRE(::read(read_end.fd(), &c, 1) == 1);
  }
};

struct Fixture {
  FakeClock clock;
  std::unique_ptr<EventLoop> loop;

  Fixture() {
    auto created = EventLoop::create(clock);
    REQUIRE(created);
    loop = std::move(created).value();
  }
  // Dispatches what is ready now; never waits.
  int turn() {
    const auto called = loop->run_once(0);
    REQUIRE(called);
    return *called;
  }
};

TEST_CASE("event_loop: a handler is called while its descriptor is ready", "[event_loop]") {
  Fixture f;
  Pipe pipe;
  uint32_t events = 0;
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [&](uint32_t e) { events = e; }));
  CHECK(f.turn() == 0);
  pipe.put();
  CHECK(f.turn() == 1);
  CHECK((events & EPOLLIN) != 0);
  CHECK(f.turn() == 1);  // level-triggered: still unread
  pipe.take();
  CHECK(f.turn() == 0);
}

TEST_CASE("event_loop: end-of-file is an event", "[event_loop]") {
  Fixture f;
  Pipe pipe;
  uint32_t events = 0;
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [&](uint32_t e) { events = e; }));
  pipe.write_end.reset();
  CHECK(f.turn() == 1);
  CHECK((events & EPOLLHUP) != 0);
}

TEST_CASE("event_loop: modify changes what is waited for", "[event_loop]") {
  Fixture f;
  Pipe pipe;
  int calls = 0;
  REQUIRE(f.loop->watch(pipe.write_end.fd(), 0, [&](uint32_t) { ++calls; }));
  CHECK(f.turn() == 0);
  REQUIRE(f.loop->modify(pipe.write_end.fd(), EPOLLOUT));
  CHECK(f.turn() == 1);
  REQUIRE(f.loop->modify(pipe.write_end.fd(), 0));
  CHECK(f.turn() == 0);
  CHECK(calls == 1);
}

TEST_CASE("event_loop: what cannot be watched is an error", "[event_loop]") {
  Fixture f;
  CHECK_FALSE(f.loop->watch(-1, EPOLLIN, [](uint32_t) {}));
  f.loop->unwatch(-1);
  f.loop->unwatch(12345);  // not watched: nothing happens
  Pipe pipe;
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [](uint32_t) {}));
}

TEST_CASE("event_loop: an unwatched descriptor is silent, and may be watched again",
          "[event_loop]") {
  Fixture f;
  Pipe pipe;
  pipe.put();
  int first = 0;
  int second = 0;
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [&](uint32_t) { ++first; }));
  f.loop->unwatch(pipe.read_end.fd());
  CHECK(f.turn() == 0);
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [&](uint32_t) { ++second; }));
  CHECK(f.turn() == 1);
  CHECK(first == 0);
  CHECK(second == 1);
}

TEST_CASE("event_loop: a handler may unwatch itself", "[event_loop]") {
  Fixture f;
  Pipe pipe;
  pipe.put();
  // The capture lives in the handler; it must outlive the call although the watch is gone.
  auto token = std::make_shared<std::string>("alive");
  std::string seen;
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN,
                        [&f, &pipe, &seen, token = std::move(token)](uint32_t) {
                          f.loop->unwatch(pipe.read_end.fd());
                          seen = *token;
                        }));
  CHECK(f.turn() == 1);
  CHECK(seen == "alive");
  CHECK(f.turn() == 0);
}

TEST_CASE("event_loop: a handler unwatched by another in the same batch is not called",
          "[event_loop]") {
  Fixture f;
  Pipe a, b;
  a.put();
  b.put();
  int calls = 0;
  REQUIRE(f.loop->watch(a.read_end.fd(), EPOLLIN, [&](uint32_t) {
    ++calls;
    f.loop->unwatch(b.read_end.fd());
  }));
  REQUIRE(f.loop->watch(b.read_end.fd(), EPOLLIN, [&](uint32_t) {
    ++calls;
    f.loop->unwatch(a.read_end.fd());
  }));
  CHECK(f.turn() == 1);
  CHECK(calls == 1);
}

TEST_CASE("event_loop: a descriptor reopened within a batch does not get its predecessor's event",
          "[event_loop]") {
  Fixture f;
  Pipe a, b;
  a.put();
  b.put();
  int successors_called = 0;
  UniqueFd successor;
  // Whichever comes first closes the other's descriptor and watches a new, silent one of that
  // number.
  const auto replace = [&](Pipe& other) {
    const int number = other.read_end.fd();
    f.loop->unwatch(number);
    Pipe silent;
    REQUIRE(::dup3(silent.read_end.fd(), number, O_CLOEXEC) == number);
    successor = std::move(silent.write_end);
    REQUIRE(f.loop->watch(number, EPOLLIN, [&](uint32_t) { ++successors_called; }));
  };
  bool replaced = false;
  const auto handler = [&](Pipe& self, Pipe& other) {
    self.take();
    if (replaced) return;
    replaced = true;
    replace(other);
  };
  REQUIRE(f.loop->watch(a.read_end.fd(), EPOLLIN, [&](uint32_t) { handler(a, b); }));
  REQUIRE(f.loop->watch(b.read_end.fd(), EPOLLIN, [&](uint32_t) { handler(b, a); }));
  CHECK(f.turn() == 1);
  CHECK(replaced);
  CHECK(successors_called == 0);
  REQUIRE(::write(successor.fd(), "x", 1) == 1);
  CHECK(f.turn() == 1);
  CHECK(successors_called == 1);
}

TEST_CASE("event_loop: more descriptors than one batch are all served", "[event_loop]") {
  Fixture f;
  std::vector<Pipe> pipes(100);
  int calls = 0;
  for (Pipe& pipe : pipes) {
    REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [&](uint32_t) {
      pipe.take();
      ++calls;
    }));
    pipe.put();
  }
  while (f.turn() > 0) {
  }
  CHECK(calls == 100);
}

TEST_CASE("event_loop: a timer runs once, when it is due and not before", "[event_loop]") {
  Fixture f;
  int calls = 0;
  f.loop->run_after(100, [&] { ++calls; });
  CHECK(f.turn() == 0);
  f.clock.advance_ms(99);
  CHECK(f.turn() == 0);
  f.clock.advance_ms(1);
  CHECK(f.turn() == 1);
  f.clock.advance_ms(1000);
  CHECK(f.turn() == 0);
  CHECK(calls == 1);
}

TEST_CASE("event_loop: timers run in order of time, then of birth", "[event_loop]") {
  Fixture f;
  std::string order;
  f.loop->run_after(30, [&] { order += 'c'; });
  f.loop->run_after(10, [&] { order += 'a'; });
  f.loop->run_after(20, [&] { order += 'b'; });
  f.loop->run_after(30, [&] { order += 'd'; });
  f.clock.advance_ms(30);
  CHECK(f.turn() == 4);
  CHECK(order == "abcd");
}

TEST_CASE("event_loop: a jump of the wall clock moves no timer", "[event_loop]") {
  Fixture f;
  int calls = 0;
  f.loop->run_after(100, [&] { ++calls; });
  f.clock.jump_wall_ms(int64_t{365} * 86'400'000);
  CHECK(f.turn() == 0);
  f.clock.jump_wall_ms(-2 * int64_t{365} * 86'400'000);
  f.clock.advance_ms(100);
  CHECK(f.turn() == 1);
  CHECK(calls == 1);
}

TEST_CASE("event_loop: a cancelled timer does not run", "[event_loop]") {
  Fixture f;
  int calls = 0;
  const auto id = f.loop->run_after(10, [&] { ++calls; });
  CHECK(id != 0);
  f.loop->cancel(id);
  f.loop->cancel(id);
  f.loop->cancel(0);
  f.clock.advance_ms(10);
  CHECK(f.turn() == 0);
  CHECK(calls == 0);
}

TEST_CASE("event_loop: a timer may cancel one that is due at the same time", "[event_loop]") {
  Fixture f;
  std::string order;
  EventLoop::TimerId second = 0;
  f.loop->run_after(10, [&] {
    order += 'a';
    f.loop->cancel(second);
  });
  second = f.loop->run_after(10, [&] { order += 'b'; });
  f.loop->run_after(10, [&] { order += 'c'; });
  f.clock.advance_ms(10);
  CHECK(f.turn() == 2);
  CHECK(order == "ac");
}

TEST_CASE("event_loop: a timer may cancel itself and be gone", "[event_loop]") {
  Fixture f;
  EventLoop::TimerId id = 0;
  int calls = 0;
  id = f.loop->run_after(0, [&] {
    ++calls;
    f.loop->cancel(id);
  });
  CHECK(f.turn() == 1);
  CHECK(f.turn() == 0);
  CHECK(calls == 1);
}

TEST_CASE("event_loop: a timer that re-arms itself at once leaves room for descriptors",
          "[event_loop]") {
  Fixture f;
  Pipe pipe;
  pipe.put();
  int timer_calls = 0;
  int fd_calls = 0;
  std::function<void()> again = [&] {
    ++timer_calls;
    f.loop->run_after(0, again);
  };
  f.loop->run_after(0, again);
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [&](uint32_t) { ++fd_calls; }));
  CHECK(f.turn() == 2);
  CHECK(f.turn() == 2);
  CHECK(timer_calls == 2);
  CHECK(fd_calls == 2);
}

TEST_CASE("event_loop: a due timer added in the past runs in the next round", "[event_loop]") {
  Fixture f;
  int calls = 0;
  f.loop->run_at(0, [&] { ++calls; });
  CHECK(f.turn() == 1);
  CHECK(calls == 1);
}

TEST_CASE("event_loop: waiting without bound ends with a due timer", "[event_loop]") {
  Fixture f;
  int calls = 0;
  f.loop->run_after(5, [&] { ++calls; });
  f.clock.advance_ms(5);
  const auto called = f.loop->run_once(-1);  // would hang, did the timer not count
  REQUIRE(called);
  CHECK(*called == 1);
}

TEST_CASE("event_loop: run goes on until stop, and may be run again", "[event_loop]") {
  Fixture f;
  Pipe pipe;
  pipe.put();
  int calls = 0;
  REQUIRE(f.loop->watch(pipe.read_end.fd(), EPOLLIN, [&](uint32_t) {
    if (++calls % 3 == 0) f.loop->stop();
  }));
  REQUIRE(f.loop->run());
  CHECK(calls == 3);
  REQUIRE(f.loop->run());
  CHECK(calls == 6);
}

}  // namespace
}  // namespace crawl
