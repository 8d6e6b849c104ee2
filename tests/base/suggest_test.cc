// SPDX-License-Identifier: MIT
#include "base/suggest.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

TEST_CASE("suggest: the distance counts insertions, deletions, substitutions and swaps",
          "[suggest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("delay", "delay") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("delay", "delays") == 1);
  CHECK(edit_distance("delay", "dela") == 1);
  CHECK(edit_distance("delay", "relay") == 1);
  CHECK(edit_distance("dealy", "delay") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);  // a letter moves once only: optimal string alignment
}

TEST_CASE("suggest: the distance is the same from both sides", "[suggest]") {
  CHECK(edit_distance("--robots", "--rotobs") == edit_distance("--rotobs", "--robots"));
  CHECK(edit_distance("abcd", "x") == edit_distance("x", "abcd"));
}

TEST_CASE("suggest: the nearest option wins", "[suggest]") {
  const std::vector<std::string> options = {"--depth", "--delay", "--db", "--retries",
                                            "--retry-wait"};
  CHECK(nearest("--dealy", options) == "--delay");
  CHECK(nearest("--dept", options) == "--depth");
  CHECK(nearest("--retrys", options) == "--retries");
}

TEST_CASE("suggest: what is far from everything gets no suggestion", "[suggest]") {
  const std::vector<std::string> options = {"--depth", "--delay"};
  CHECK_FALSE(nearest("--colour", options));
  CHECK_FALSE(nearest("-x", options));
  CHECK_FALSE(nearest("", options));
  CHECK_FALSE(nearest(std::string(5000, 'd'), options));
  CHECK_FALSE(nearest("--delay", {}));
}

TEST_CASE("suggest: capitals are no mistakes", "[suggest]") {
  CHECK(nearest("--MAX-PAGSE", {"--max-time", "--max-pages"}) == "--max-pages");
  CHECK(nearest("STATUS", {"run", "status"}) == "status");
}

TEST_CASE("suggest: the beginning of a word suggests the word", "[suggest]") {
  CHECK(nearest("--max-pa", {"--max-time", "--max-pages"}) == "--max-pages");
  CHECK(nearest("--host", {"--host-concurrency"}) == "--host-concurrency");
}

}  // namespace
}  // namespace crawl
