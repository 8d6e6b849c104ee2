// SPDX-License-Identifier: MIT
#include "archive/gzip.h"

#include <algorithm>

#include "tests/archive/file_in_memory.h"
#include "tests/support/catch.h"

using namespace crawl;
using test::bytes_of;

namespace {

std::string rest_of(MemberReader& reader) {
  std::string all;
  char buffer[100];
  for (;;) {
    const Result<size_t> got = reader.read(buffer, sizeof buffer);
    if (!got) return all + "!";
    if (*got == 0) return all;
    all.append(buffer, *got);
  }
}

}  // namespace

TEST_CASE("gzip: members one after another, wherever reads end", "[archive]") {
  const std::string one = gzip_member({"hel", "lo"});
  const std::string two = gzip_member({});
  const std::string three = gzip_member({std::string(100'000, 'x')});
  for (const size_t step : {size_t{1}, size_t{7}, size_t{1 << 20}}) {
    MemberReader reader(bytes_of(one + two + three, step));
    REQUIRE(*reader.next());
    CHECK(reader.compressed());
    CHECK(rest_of(reader) == "hello");
    REQUIRE(*reader.next());
    CHECK(reader.offset() == one.size());
    CHECK(rest_of(reader).empty());
    REQUIRE(*reader.next());
    CHECK(reader.offset() == one.size() + two.size());
    CHECK(rest_of(reader).size() == 100'000);
    CHECK_FALSE(*reader.next());
    CHECK(reader.position() == one.size() + two.size() + three.size());
  }
}

TEST_CASE("gzip: what is left of a member is passed over", "[archive]") {
  MemberReader reader(bytes_of(gzip_member({std::string(10'000, 'x')}) + gzip_member({"y"}), 100));
  REQUIRE(*reader.next());
  REQUIRE(*reader.next());
  CHECK(rest_of(reader) == "y");
}

TEST_CASE("gzip: a file that is not compressed is one member", "[archive]") {
  MemberReader reader(bytes_of("WARC/1.0\r\n", 3));
  REQUIRE(*reader.next());
  CHECK_FALSE(reader.compressed());
  CHECK(rest_of(reader) == "WARC/1.0\r\n");
  CHECK_FALSE(*reader.next());
  MemberReader nothing(bytes_of("", 3));
  CHECK_FALSE(*nothing.next());
}

TEST_CASE("gzip: a broken member is said, and the next one is found", "[archive]") {
  const std::string good = gzip_member({"good"});
  std::string broken = gzip_member({std::string(1'000, 'a') + std::string(1'000, 'b')});
  broken[15] = static_cast<char>(broken[15] ^ 0xFF);
  for (const std::string& bad :
       {broken, std::string("\x1F\x8B\x08\xFF\xFF"), good.substr(0, good.size() - 3)}) {
    MemberReader reader(bytes_of(good + bad + "noise" + good, 16));
    REQUIRE(*reader.next());
    CHECK(rest_of(reader) == "good");
    std::string last;
    while (*reader.next()) last = rest_of(reader);
    CHECK(last == "good");
  }
  MemberReader cut(bytes_of(good.substr(0, good.size() - 9), 16));
  REQUIRE(*cut.next());
  CHECK(rest_of(cut).ends_with("!"));
  CHECK_FALSE(*cut.next());
}
