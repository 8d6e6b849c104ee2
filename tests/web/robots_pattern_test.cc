// SPDX-License-Identifier: MIT
#include "web/robots_pattern.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

TEST_CASE("robots_pattern: the greedy match agrees with the definition", "[robots_pattern]") {
  std::mt19937 random(7);
  const auto word = [&random](std::string_view alphabet, size_t max) {
    std::string out = "/";
    for (size_t n = random() % max; n > 0; --n) out.push_back(alphabet[random() % alphabet.size()]);
    return out;
  };
  int hits = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string pattern = word("aab*", 9);
    const std::string path = word("aab", 12);
    if (random() % 2 == 0) pattern += '$';
    // By definition: possible[i] says that the pattern so far can match the path's first i octets.
    const bool anchored = pattern.back() == '$';
    std::vector<bool> possible(path.size() + 1);
    possible[0] = true;
    for (const char c : pattern.substr(0, pattern.size() - (anchored ? 1 : 0))) {
      std::vector<bool> next(path.size() + 1);
      for (size_t i = 0; i <= path.size(); ++i) {
        if (c == '*') next[i] = possible[i] || (i > 0 && next[i - 1]);
        if (c != '*' && i < path.size() && possible[i] && path[i] == c) next[i + 1] = true;
      }
      possible = next;
    }
    bool expected = possible.back();
    for (const bool each : possible) expected = expected || (!anchored && each);
    size_t steps = 1'000'000;
    const RobotsMatch match = match_robots_pattern(pattern, path, steps);
    CAPTURE(pattern, path);
    REQUIRE(match == (expected ? RobotsMatch::kYes : RobotsMatch::kNo));
    hits += expected ? 1 : 0;
  }
  CHECK(hits > 5'000);
}

TEST_CASE("robots_pattern: a match passes each octet of the path once", "[robots_pattern]") {
  constexpr size_t kMany = 1'000'000;
  const std::string path = "/" + std::string(5'000, 'a');
  std::string stars = "/";
  for (int i = 0; i < 500; ++i) stars += "*a";
  const std::string halves = "/*" + std::string(100, 'a') + "b" + std::string(100, 'a');
  for (const std::string& pattern :
       {stars + "b", stars + "*b$", stars, halves, "/*" + path + "a"}) {
    const auto literals = static_cast<size_t>(std::count(pattern.begin(), pattern.end(), '*')) + 1;
    size_t steps = kMany;
    const RobotsMatch match = match_robots_pattern(pattern, path, steps);
    CHECK(match == (pattern == stars ? RobotsMatch::kYes : RobotsMatch::kNo));
    CHECK(kMany - steps <= path.size() + literals);
  }
  size_t steps = 100;
  CHECK(match_robots_pattern(halves, path, steps) == RobotsMatch::kTooCostly);
  steps = 0;
  CHECK(match_robots_pattern("/", path, steps) == RobotsMatch::kTooCostly);
}

TEST_CASE("robots_pattern: the normal form is stable", "[robots_pattern]") {
  std::mt19937 random(3);
  const std::string alphabet = "/a%4125%cC$*?#|\xC3 ";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t n = random() % 10; n > 0; --n) text.push_back(alphabet[random() % alphabet.size()]);
    for (const RobotsForm form : {RobotsForm::kPath, RobotsForm::kPattern}) {
      const std::string once = normalize_robots_path(text, form);
      CAPTURE(text, once);
      REQUIRE(normalize_robots_path(once, form) == once);
    }
  }
  CHECK(normalize_robots_path("/%%341", RobotsForm::kPath) == "/%2541");
}

}  // namespace
}  // namespace crawl
