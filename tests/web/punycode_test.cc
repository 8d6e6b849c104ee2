// SPDX-License-Identifier: MIT
#include "web/punycode.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {

// RFC 3492 §7.1 and its like
TEST_CASE("punycode: labels are encoded and decoded", "[punycode]") {
  const std::vector<std::pair<std::u32string, std::string>> cases = {
      {U"bücher", "bcher-kva"},
      {U"ß", "zca"},
      {U"他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"},
      {U"Pročprostěnemluvíčesky", "Proprostnemluvesky-uyb24dma41a"},
      {U"3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"},
      {U"-> $1.00 <-", "-> $1.00 <--"},
      {U"", ""},
      {U"\U0010FFFF", "dn32g"},
  };
  for (const auto& [text, encoded] : cases) {
    CHECK(punycode_encode(text) == encoded);
    CHECK(punycode_decode(encoded) == text);
  }
  CHECK(punycode_decode("BCHER-KVA") == U"BüCHER");
}

TEST_CASE("punycode: what encodes nothing is refused", "[punycode]") {
  for (const char* bad : {"99999999", "a-\xC3\xA9",
                          "b\xC3\xBC"
                          "cher",
                          "-zca", "kva!", "bcher-kv", "zzzzzzzzzzzzzzzzzzzz", "dn32h", "0"}) {
    CAPTURE(bad);
    CHECK_FALSE(punycode_decode(bad));
  }
}

TEST_CASE("punycode: every label comes back", "[punycode]") {
  std::mt19937 random(5);
  const char32_t tops[] = {0x80, 0x500, 0xD800, 0x110000};
  for (int round = 0; round < 5'000; ++round) {
    std::u32string label;
    for (size_t n = random() % 20; n > 0; --n) {
      label.push_back(static_cast<char32_t>(random() % tops[random() % 4]));
    }
    std::erase_if(label, [](char32_t c) { return c >= 0xD800 && c <= 0xDFFF; });
    REQUIRE(punycode_decode(punycode_encode(label)) == label);
  }
}

}  // namespace crawl
