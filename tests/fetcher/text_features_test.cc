// SPDX-License-Identifier: MIT
#include "fetcher/text_features.h"

#include <bit>
#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

int distance(std::string_view a, std::string_view b) {
  return std::popcount(simhash(a) ^ simhash(b));
}

std::string numbered_words(int count, int changed = -1) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "word" + std::to_string(i == changed ? -i : i) + " ";
  return text;
}

// XXH3_64bits of the reference implementation.
TEST_CASE("text_features: the content hash is XXH3-64", "[text_features]") {
  CHECK(hash_bytes("") == 0x2D06800538D394C2U);
  CHECK(hash_bytes("a") == 0xE6C632B61E964E1FU);
  CHECK(hash_bytes("abc") == 0x78AF5F94892F3950U);
}

TEST_CASE("text_features: a text without words has simhash 0", "[text_features]") {
  CHECK(simhash("") == 0);
  CHECK(simhash(" \n.,;-") == 0);
}

TEST_CASE("text_features: one word and two words have a simhash", "[text_features]") {
  CHECK(simhash("one") != 0);
  CHECK(simhash("one two") != 0);
  CHECK(simhash("one") != simhash("two"));
  CHECK(simhash("one two") != simhash("two one"));
}

TEST_CASE("text_features: case, punctuation and spacing do not matter", "[text_features]") {
  CHECK(simhash("The quick, brown fox.") == simhash("the  QUICK\nbrown\u2019fox"));
}

TEST_CASE("text_features: order matters", "[text_features]") {
  CHECK(simhash("a b c d e") != simhash("e d c b a"));
}

TEST_CASE("text_features: similar texts are near, others are far", "[text_features]") {
  const std::string text = numbered_words(1'000);
  CHECK(distance(text, text) == 0);
  CHECK(distance(text, numbered_words(1'000, 500)) <= 6);
  std::string other;
  for (int i = 0; i < 1'000; ++i) other += "term" + std::to_string(i) + " ";
  CHECK(distance(text, other) > 16);
}

TEST_CASE("text_features: Chinese counts by character, Korean by word", "[text_features]") {
  std::string chinese;
  for (int i = 0; i < 200; ++i) chinese += i % 3 == 0 ? "\u4E2D" : i % 7 == 0 ? "\u6587" : "\u5B57";
  const std::string longer = chinese + "\u65E5";
  CHECK(simhash(chinese) != 0);
  CHECK(distance(chinese, longer) <= 10);
  CHECK(simhash("\uD55C\uAE00 \uD55C\uAE00") != simhash("\uD55C\uAE00\uD55C\uAE00"));
}

TEST_CASE("text_features: a cut character at the end is read within bounds", "[text_features]") {
  CHECK(simhash("x \xE4\xB8") != 0);
  CHECK(simhash("\xF0\x9F") != 0);
}

TEST_CASE("text_features: more shingles than a byte can count do not overflow", "[text_features]") {
  std::string same;
  for (int i = 0; i < 1'000; ++i) same += "again ";
  CHECK(simhash(same) == simhash("again again again"));
}

}  // namespace
}  // namespace crawl
