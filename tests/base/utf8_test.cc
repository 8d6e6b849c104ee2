// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include "base/escape.h"
#include "tests/support/catch.h"

using namespace crawl;

TEST_CASE("utf8: every scalar value is written and read back", "[utf8]") {
  for (uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    std::string text;
    append_utf8(c, text);
    const Utf8Character read = decode_utf8(text, 0);
    if (read.valid && read.scalar == c && read.length == text.size()) continue;
    CAPTURE(c);
    REQUIRE(read.valid);
    REQUIRE(read.scalar == c);
    REQUIRE(read.length == text.size());
  }
}

TEST_CASE("utf8: what is none takes its maximal invalid part", "[utf8]") {
  for (const auto& [bytes, length] : {std::pair<std::string_view, size_t>{"\x80", 1},
                                      {"\xC0\xAF", 1},
                                      {"\xE0\x80\x80", 1},
                                      {"\xED\xA0\x80", 1},
                                      {"\xF4\x90\x80\x80", 1},
                                      {"\xE3\x81", 2},
                                      {"\xF0\x9F\x98z", 3},
                                      {"\xFF", 1}}) {
    CAPTURE(bytes);
    const Utf8Character read = decode_utf8(bytes, 0);
    CHECK_FALSE(read.valid);
    CHECK(read.length == length);
  }
}
