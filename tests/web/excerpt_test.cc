// SPDX-License-Identifier: MIT
#include "web/excerpt.h"

#include <string>

#include "tests/support/catch.h"

using namespace crawl;

namespace {

std::vector<SearchTerm> terms(std::string_view typed) {
  const Result<SearchQuery> query = parse_search_query(typed);
  REQUIRE(query);
  return query->wanted;
}

std::string shown(const std::vector<TextPiece>& pieces) {
  std::string text;
  for (const TextPiece& piece : pieces)
    text += piece.is_match ? "[" + piece.text + "]" : piece.text;
  return text;
}

std::string mark(std::string_view text, std::string_view typed) {
  return shown(marked(text, find_matches(text, terms(typed), 1000)));
}

std::string part(std::string_view text, std::string_view typed, size_t bytes) {
  return shown(excerpt(text, find_matches(text, terms(typed), 1000), bytes));
}

}  // namespace

TEST_CASE("excerpt: what is found is marked as the page writes it", "[search]") {
  CHECK(mark("The Été of été", "ete") == "The [Été] of [été]");
  CHECK(mark("one two\n three  two", "two") == "one [two] three [two]");
  CHECK(mark("to be or not to be", "\"to be\"") == "[to be] or not [to be]");
  CHECK(mark("be to", "\"to be\"") == "be to");
  CHECK(mark("fetch fetcher fetching", "fetch*") == "[fetch] [fetcher] [fetching]");
  CHECK(mark("fetch fetcher", "fetch") == "[fetch] fetcher");
  CHECK(mark("pg_stat_activity", "stat") == "pg_[stat]_activity");
  CHECK(mark("a b", "z") == "a b");
  CHECK(mark("", "z") == "");
}

TEST_CASE("excerpt: pairs are marked as the words that they make up", "[search]") {
  CHECK(mark("全文検索の機能", "検索") == "全文[検索]の機能");
  CHECK(mark("全文検索の機能", "全文検索") == "[全文検索]の機能");
  CHECK(mark("子犬と犬", "犬") == "子[犬]と[犬]");
  CHECK(mark("検索 engine", "\"検索 engine\"") == "[検索 engine]");
}

TEST_CASE("excerpt: shows where most of the terms are", "[search]") {
  std::string text = "alpha alone.\n";
  for (int i = 0; i < 100; ++i) text += "filler words here ";
  text += "\nHere alpha meets beta, and more.\n";
  for (int i = 0; i < 100; ++i) text += "other filler ";
  CHECK(part(text, "alpha beta", 40) == "… Here [alpha] meets [beta], and more. other …");
  CHECK(part("short text", "text", 100) == "short [text]");
  CHECK(part("nothing of it is here, but it is long enough to be cut", "zebra", 20) ==
        "nothing of it is …");
}

TEST_CASE("excerpt: cuts at words, and never a character", "[search]") {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "выражение ";
  text += "цель ";
  for (int i = 0; i < 50; ++i) text += "выражение ";
  const std::string russian = part(text, "цель", 80);
  CHECK(russian.find("[цель]") != std::string::npos);
  CHECK(russian.starts_with("… выражение"));
  CHECK(russian.ends_with("выражение …"));
  std::string japanese;
  for (int i = 0; i < 200; ++i) japanese += "文章";
  japanese += "目標";
  for (int i = 0; i < 200; ++i) japanese += "文章";
  const std::string found = part(japanese, "目標", 61);
  CHECK(found.find("章[目標]文") != std::string::npos);
  CHECK(found.size() < 120);
  // One that is longer than there is room for.
  CHECK(part("aa bb cc dd ee", "\"aa bb cc dd\"", 3) == "[aa bb cc dd] …");
}
