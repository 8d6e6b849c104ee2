// SPDX-License-Identifier: MIT
#include "crawler/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/unique_fd.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

// Both ends of a pipe: what a Progress and a Logger write can be read back.
class Screen {
 public:
  Screen() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
  }
  int fd() const { return write_end_.fd(); }
  std::string take() {
    std::string text;
    std::array<char, 4096> chunk{};
    ssize_t got = 0;
    while ((got = read(read_end_.fd(), chunk.data(), chunk.size())) > 0) {
      text.append(chunk.data(), static_cast<size_t>(got));
    }
    return text;
  }

 private:
  UniqueFd read_end_, write_end_;
};

struct Fixture {
  FakeClock clock;
  Screen screen;
  Logger logger{clock, LogLevel::kWarning, LogFormat::kText, screen.fd()};
  std::optional<Progress> progress;

  void start(ProgressStyle style, int columns = 200) {
    Progress::Options options;
    options.style = style;
    options.database = "crawl.db";
    options.fd = screen.fd();
    options.columns = columns;
    progress.emplace(clock, logger, options);
  }
};

ProgressSnapshot snapshot(int64_t pages) {
  ProgressSnapshot s;
  s.elapsed_ms = 61'000;
  s.pages = pages;
  s.bytes = 10 << 20;
  s.pending = 1234567;
  s.fetchers = 4;
  return s;
}

TEST_CASE("progress: the live line is drawn at most five times a second", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive);
  f.progress->update(snapshot(1));
  CHECK(f.screen.take().find("1 page ") != std::string::npos);
  f.clock.advance_ms(199);
  f.progress->update(snapshot(2));
  CHECK(f.screen.take().empty());
  f.clock.advance_ms(1);
  f.progress->update(snapshot(3));
  CHECK(f.screen.take().find("3 pages") != std::string::npos);
}

TEST_CASE("progress: the live line says what is queued and how fast pages come", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive);
  f.progress->update(snapshot(100));
  f.screen.take();
  f.clock.advance_ms(2000);
  f.progress->update(snapshot(150));
  const std::string line = f.screen.take();
  CHECK(line.starts_with("\r"));
  CHECK(line.ends_with("\x1b[K"));
  CHECK(line.find("25.0/s") != std::string::npos);
  CHECK(line.find("queued 1,234,567") != std::string::npos);
  CHECK(line.find("10.0 MiB") != std::string::npos);
  CHECK(line.find("4 fetchers") != std::string::npos);
}

TEST_CASE("progress: the live line leaves the last column free", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive, 20);
  f.progress->update(snapshot(100));
  const std::string line = f.screen.take();
  CHECK(line == "\r1 m 1 s  100 pages\x1b[K");  // 18: of 20, and "0.0/s" does not fit
}

TEST_CASE("progress: the live line gets out of the way of a log line and comes back",
          "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive);
  f.progress->update(snapshot(1));
  f.screen.take();
  f.logger.warning("something");
  const std::string text = f.screen.take();
  const size_t message = text.find("something");
  REQUIRE(message != std::string::npos);
  CHECK(text.starts_with("\r\x1b[K"));
  CHECK(text.find("1 page ", message) != std::string::npos);
}

TEST_CASE("progress: each fetcher has a line, which changes once a second", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive, 60);
  REQUIRE(f.progress->tells_fetchers());
  ProgressSnapshot s = snapshot(1);
  s.at_work = {{101, 4, "waits", "http://a.example/\x1b[31m/long/long/long", 12'345},
               {102, 0, "", "", 0},
               {103, 1, "parses", "http://b.example/", 0}};
  f.progress->update(s);
  const std::string text = f.screen.take();
  CHECK(text.find("\x1b[31m") == std::string::npos);
  CHECK(text.find("\n      101     4 in flight  waits 12 s    http://a.example/…\x1b[K\n") !=
        std::string::npos);
  CHECK(text.find("\n      102  idle\x1b[K\n") != std::string::npos);
  CHECK(text.ends_with("\n      103     1 in flight  parses        http://b.example/\x1b[K"));

  s.at_work[2].url = "http://c.example/";
  f.clock.advance_ms(200);
  f.progress->update(s);
  const std::string again = f.screen.take();
  CHECK(again.starts_with("\r\x1b[3A"));
  CHECK(again.find("c.example") == std::string::npos);
  f.clock.advance_ms(800);
  f.progress->update(s);
  CHECK(f.screen.take().find("c.example") != std::string::npos);
  f.logger.warning("something");
  CHECK(f.screen.take().starts_with("\r\x1b[3A\x1b[J"));
}

TEST_CASE("progress: more fetchers than a terminal has lines for are counted", "[progress]") {
  Fixture f;
  Progress::Options options;
  options.style = ProgressStyle::kLive;
  options.fd = f.screen.fd();
  options.columns = 80;
  options.rows = 10;
  f.progress.emplace(f.clock, f.logger, options);
  ProgressSnapshot s = snapshot(1);
  s.at_work.assign(20, {7, 0, "", "", 0});
  f.progress->update(s);
  const std::string text = f.screen.take();
  CHECK(std::count(text.begin(), text.end(), '\n') == 5);
  CHECK(text.find("  and 16 more") != std::string::npos);
}

TEST_CASE("progress: a logger outlives the progress that stood in its way", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive);
  f.progress->update(snapshot(1));
  f.progress.reset();
  f.screen.take();
  f.logger.warning("something");
  CHECK(f.screen.take().find('\x1b') == std::string::npos);
}

TEST_CASE("progress: the time that is left is told where a limit makes it knowable", "[progress]") {
  const auto line = [](int64_t pages, int64_t max_pages, int64_t max_time_ms, int64_t max_bytes) {
    Fixture f;
    Progress::Options options;
    options.style = ProgressStyle::kLive;
    options.fd = f.screen.fd();
    options.columns = 200;
    options.budget = {max_pages, max_bytes, max_time_ms};
    Progress progress(f.clock, f.logger, options);
    progress.update(snapshot(pages));  // in 61 s, 10 MiB
    return f.screen.take();
  };
  CHECK(line(61, 0, 0, 0).find(" left") == std::string::npos);
  CHECK(line(61, 122, 0, 0).find("  1 m 1 s left  ") != std::string::npos);
  CHECK(line(61, 0, 121'000, 0).find("  1 m left  ") != std::string::npos);
  CHECK(line(61, 0, 0, 30 << 20).find("  2 m 2 s left  ") != std::string::npos);
  CHECK(line(61, 6100, 121'000, 30 << 20).find("  1 m left  ") != std::string::npos);
  CHECK(line(0, 122, 0, 0).find(" left") == std::string::npos);
  CHECK(line(130, 122, 0, 0).find("  0 ms left  ") != std::string::npos);
}

TEST_CASE("progress: a narrow terminal is told the most telling things, whole", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive, 80);
  f.progress->update(snapshot(12345678));
  CHECK(f.screen.take() ==
        "\r1 m 1 s  12,345,678 pages  0.0/s  queued 1,234,567  errors 0  10.0 MiB\x1b[K");
}

TEST_CASE("progress: elsewhere there is one summary line per minute", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kSummaries);
  f.progress->update(snapshot(1));
  f.clock.advance_ms(59'999);
  f.progress->update(snapshot(2));
  CHECK(f.screen.take().empty());
  f.clock.advance_ms(1);
  f.progress->update(snapshot(3));
  const std::string text = f.screen.take();
  CHECK(text.find("3 pages") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.ends_with("\n"));
}

TEST_CASE("progress: the clock on the wall does not matter", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kSummaries);
  f.clock.jump_wall_ms(365LL * 86'400'000);
  f.progress->update(snapshot(1));
  CHECK(f.screen.take().empty());
}

TEST_CASE("progress: the end is honest about what is left", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kSummaries);
  ProgressSnapshot s = snapshot(122);
  s.errors = 2;
  f.progress->finish(s, "max_pages");
  const std::string text = f.screen.take();
  CHECK(text.find("crawl: stopped by --max-pages: 122 pages (10.0 MiB)") == 0);
  CHECK(text.find("2.0 pages/s") != std::string::npos);
  CHECK(text.find("2 errors") != std::string::npos);
  CHECK(text.find("1,234,567 URLs still to fetch") != std::string::npos);
  CHECK(text.find("crawl status -d crawl.db") != std::string::npos);
  CHECK(text.find("sqlite3 crawl.db \"SELECT") != std::string::npos);
}

TEST_CASE("progress: in a JSON log the end is one object", "[progress]") {
  Fixture f;
  Progress::Options options;
  options.style = ProgressStyle::kSummaries;
  options.format = LogFormat::kJson;
  options.fd = f.screen.fd();
  options.database = "crawl.db";
  Progress progress(f.clock, f.logger, options);
  progress.finish(snapshot(1), "done");
  const std::string text = f.screen.take();
  CHECK(text.starts_with("{\"time\":"));
  CHECK(text.find("done: 1 page") != std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("progress: the end is said once, and nothing after it", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kLive);
  f.progress->finish(snapshot(1), "done");
  f.screen.take();
  f.progress->finish(snapshot(1), "done");
  f.clock.advance_ms(100'000);
  f.progress->update(snapshot(2));
  CHECK(f.screen.take().empty());
}

TEST_CASE("progress: the database's name is quoted for the shell", "[progress]") {
  Fixture f;
  Progress::Options options;
  options.style = ProgressStyle::kEndOnly;
  options.fd = f.screen.fd();
  options.database = "it's; here.db";
  Progress progress(f.clock, f.logger, options);
  progress.finish(snapshot(1), "done");
  CHECK(f.screen.take().find("-d 'it'\\''s; here.db'\n") != std::string::npos);
}

TEST_CASE("progress: quiet is quiet, also at the end", "[progress]") {
  Fixture f;
  f.start(ProgressStyle::kNone);
  f.clock.advance_ms(120'000);
  f.progress->update(snapshot(1));
  f.progress->finish(snapshot(1), "done");
  CHECK(f.screen.take().empty());
}

TEST_CASE("progress: the style depends on the options and the terminal", "[progress]") {
  Screen pipe;
  const int fd = pipe.fd();
  CHECK(progress_style(true, true, LogFormat::kText, fd, "xterm") == ProgressStyle::kNone);
  CHECK(progress_style(false, false, LogFormat::kText, fd, "xterm") == ProgressStyle::kEndOnly);
  CHECK(progress_style(false, true, LogFormat::kText, fd, "xterm") == ProgressStyle::kSummaries);

  UniqueFd terminal(posix_openpt(O_RDWR | O_NOCTTY));
  if (!terminal) {
    WARN("no pseudo-terminal here: the live style is not tested");
    return;
  }
  const int tty = terminal.fd();
  CHECK(progress_style(false, true, LogFormat::kText, tty, "xterm") == ProgressStyle::kLive);
  CHECK(progress_style(false, true, LogFormat::kText, tty, "dumb") == ProgressStyle::kSummaries);
  CHECK(progress_style(false, true, LogFormat::kText, tty, nullptr) == ProgressStyle::kSummaries);
  CHECK(progress_style(false, true, LogFormat::kJson, tty, "xterm") == ProgressStyle::kSummaries);
}

}  // namespace
}  // namespace crawl
