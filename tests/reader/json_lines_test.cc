// SPDX-License-Identifier: MIT
#include "reader/json_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

struct Pipe {
  UniqueFd read_end, write_end;

  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }
  void put(const std::string& text) {
    REQUIRE(write(write_end.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
};

using Next = LineReader::Next;

Next next_of(LineReader& reader, std::string_view& line, bool may_wait) {
  Result<Next> next = reader.next(line, may_wait);
  REQUIRE(next);
  return *next;
}

TEST_CASE("json lines: lines come one by one, the last one also without a newline",
          "[json_lines]") {
  Pipe pipe;
  pipe.put("one\r\n\nthree");
  pipe.write_end.reset();
  LineReader reader(pipe.read_end.fd());
  std::string_view line;
  REQUIRE(next_of(reader, line, true) == Next::kLine);
  CHECK(line == "one");
  REQUIRE(next_of(reader, line, true) == Next::kLine);
  CHECK(line.empty());
  REQUIRE(next_of(reader, line, true) == Next::kLine);
  CHECK(line == "three");
  CHECK(next_of(reader, line, true) == Next::kEnd);
  CHECK(next_of(reader, line, true) == Next::kEnd);
}

TEST_CASE("json lines: a reader that may not wait says so", "[json_lines]") {
  Pipe pipe;
  LineReader reader(pipe.read_end.fd());
  std::string_view line;
  CHECK(next_of(reader, line, false) == Next::kLater);
  pipe.put("ha");
  CHECK(next_of(reader, line, false) == Next::kLater);
  pipe.put("lf\n");
  REQUIRE(next_of(reader, line, false) == Next::kLine);
  CHECK(line == "half");
}

TEST_CASE("json lines: only an object is an object", "[json_lines]") {
  CHECK(parse_json_object("{}"));
  for (const char* line : {"", "[]", "1", "{", "{}x", "\"{}\"", "null", "\xff"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_json_object(line));
  }
}

TEST_CASE("json lines: a lone surrogate becomes U+FFFD, a pair stays", "[json_lines]") {
  Result<nlohmann::json> json =
      parse_json_object(R"({"a":"\ud800x\uDC00","b":"\ud83d\ude00","c":"\\ud800"})");
  REQUIRE(json);
  CHECK((*json)["a"] == "\xEF\xBF\xBDx\xEF\xBF\xBD");
  CHECK((*json)["b"] == "\xF0\x9F\x98\x80");
  CHECK((*json)["c"] == "\\ud800");
}

TEST_CASE("json lines: a member is a string, absent, or an error", "[json_lines]") {
  Result<nlohmann::json> json = parse_json_object(R"({"s":"x","n":null,"i":1})");
  REQUIRE(json);
  CHECK(string_member(*json, "s").value() == std::optional<std::string>("x"));
  CHECK_FALSE(string_member(*json, "n").value());
  CHECK_FALSE(string_member(*json, "missing").value());
  CHECK_FALSE(string_member(*json, "i"));
}

TEST_CASE("json lines: what could command a terminal is escaped and means the same",
          "[json_lines]") {
  const std::string hostile =
      "\x1b[2J \x7f \xC2\x9b \xE2\x80\xAE \xE2\x81\xA6 \xE2\x80\xA8 \xD8\x9C é";
  const std::string line = dump_line({{"t", hostile}}).bytes();
  CHECK(line == "{\"t\":\"\\u001b[2J \\u007f \\u009b \\u202e \\u2066 \\u2028 \\u061c é\"}\n");
  CHECK(nlohmann::json::parse(line)["t"] == hostile);
}

TEST_CASE("json lines: bytes that are no UTF-8 become U+FFFD", "[json_lines]") {
  CHECK(dump_line({{"t", "a\xff"}}).bytes() == "{\"t\":\"a\xEF\xBF\xBD\"}\n");
}

TEST_CASE("json lines: output to nobody fails once and for all", "[json_lines]") {
  UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  Output output(full.fd());
  CHECK(output.write_raw("x"));  // buffered
  CHECK_FALSE(output.flush());
  CHECK(output.failed());
  CHECK_FALSE(output.write_raw("y"));
}

}  // namespace
}  // namespace crawl
