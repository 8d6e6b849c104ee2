// SPDX-License-Identifier: MIT
#include "base/live_lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "base/unique_fd.h"
#include "tests/support/catch.h"

using namespace crawl;

namespace {

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    read_.reset(ends[0]);
    write_.reset(ends[1]);
  }
  int fd() const { return write_.fd(); }
  std::string take() {
    std::array<char, 4096> chunk{};
    const ssize_t got = ::read(read_.fd(), chunk.data(), chunk.size());
    return got <= 0 ? "" : std::string(chunk.data(), static_cast<size_t>(got));
  }

 private:
  UniqueFd read_, write_;
};

}  // namespace

TEST_CASE("live lines: they are drawn in place, and erased", "[live_lines]") {
  Pipe screen;
  std::optional<LiveLines> lines(std::in_place, screen.fd(), 10, 24);
  lines->erase();
  CHECK(screen.take().empty());
  lines->draw({"one", "two"});
  CHECK(screen.take() == "\rone\x1b[K\ntwo\x1b[K");
  lines->draw({"three", "a line that is long"});
  CHECK(screen.take() == "\r\x1b[1Athree\x1b[K\na line th\x1b[K");
  lines->draw({"fewer"});
  CHECK(screen.take() == "\r\x1b[1Afewer\x1b[K\x1b[J");
  lines.reset();
  CHECK(screen.take() == "\r\x1b[K");
}

TEST_CASE("live lines: a low terminal gets the first ones", "[live_lines]") {
  Pipe screen;
  LiveLines lines(screen.fd(), 80, 6);
  CHECK(lines.room() == 2);
  lines.draw({"1", "2", "3"});
  CHECK(screen.take() == "\r1\x1b[K\n2\x1b[K");
}

TEST_CASE("live lines: a terminal that became narrower has wrapped them", "[live_lines]") {
  const UniqueFd master(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK));
  if (!master || grantpt(master.fd()) != 0 || unlockpt(master.fd()) != 0) {
    WARN("no pseudo-terminal here");
    return;
  }
  const UniqueFd terminal(::open(ptsname(master.fd()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(terminal);
  const auto resize = [&](unsigned short columns) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 30;
    REQUIRE(ioctl(master.fd(), TIOCSWINSZ, &size) == 0);
  };
  const auto take = [&] {
    std::array<char, 4096> chunk{};
    const ssize_t got = ::read(master.fd(), chunk.data(), chunk.size());
    return got <= 0 ? "" : std::string(chunk.data(), static_cast<size_t>(got));
  };
  resize(100);
  LiveLines lines(terminal.fd());
  lines.draw({std::string(90, 'x'), "two"});
  take();
  resize(40);
  lines.draw({"one", "two"});
  CHECK(take().starts_with("\r\x1b[3A"));

  CHECK(can_redraw(terminal.fd(), "xterm"));
  CHECK_FALSE(can_redraw(terminal.fd(), "dumb"));
  CHECK_FALSE(can_redraw(terminal.fd(), nullptr));
  const Pipe pipe;
  CHECK_FALSE(can_redraw(pipe.fd(), "xterm"));
}
