// SPDX-License-Identifier: MIT
#include "web/search_query.h"

#include <algorithm>
#include <string>

#include "tests/support/catch.h"

using namespace crawl;

namespace {

std::string written(const SearchTerm& term) {
  std::string text;
  for (const std::string& word : term.words) text.append(text.empty() ? "" : "_").append(word);
  return text + (term.is_prefix ? "*" : "");
}

// "wanted -unwanted site:x"; the error where there is one.
std::string read(std::string_view typed) {
  const Result<SearchQuery> query = parse_search_query(typed);
  if (!query) return "error: " + query.error().message();
  std::string text;
  const auto add = [&text](const std::string& item) {
    text.append(text.empty() ? "" : " ").append(item);
  };
  for (const SearchTerm& term : query->wanted) add(written(term));
  for (const SearchTerm& term : query->unwanted) add("-" + written(term));
  for (const std::string& site : query->sites) add("site:" + site);
  for (const std::string& site : query->other_sites) add("-site:" + site);
  return text;
}

std::string keys(std::string_view url) {
  std::string text;
  for (const std::string& key : site_keys(url)) text.append(text.empty() ? "" : " ").append(key);
  return text;
}

// A page is found by a site: exactly where one of its keys is the query's.
bool lies_in(std::string_view url, std::string_view site) {
  const Result<SearchQuery> query = parse_search_query("x site:" + std::string(site));
  REQUIRE(query);
  const std::vector<std::string> all = site_keys(url);
  return std::find(all.begin(), all.end(), query->sites.at(0)) != all.end();
}

}  // namespace

TEST_CASE("search query: words, phrases, beginnings, and what is not wanted", "[search]") {
  CHECK(read("Fetch queue") == "fetch queue");
  CHECK(read("\"fetch Queue\" fetch* -slow -\"very slow\"") ==
        "fetch_queue fetch* -slow -very_slow");
  CHECK(read("\"to be or*\" \"not to\"*") == "to_be_or* not_to*");
  CHECK(read("“smart quotes” «und» „andere“") == "smart_quotes und andere");
  CHECK(read("fetch fetch FETCH") == "fetch");
  CHECK(read("\"not closed") == "not_closed");
  CHECK(read("a\"b c\"d") == "a b_c d");
  CHECK(read("C++ -C#") == "c++ -c#");
}

TEST_CASE("search query: what is cut into several words is a phrase", "[search]") {
  CHECK(read("pg_stat* e-mail don't") == "pg_stat* e_mail don_t");
  CHECK(read("全文検索") == "全文_文検_検索");
  CHECK(read("検索") == "検索");
  CHECK(read("犬") == "犬*");  // the beginning of a pair
  CHECK(read("犬*") == "犬*");
  CHECK(read("検索*") == "検索");
  CHECK(read("\"検索 engine\"") == "検索_索_engine");
  CHECK(read("\"engine 犬\" \"犬 dog\"") == "engine_犬* 犬_dog");
  CHECK(read("全文　検索") == "全文 検索");  // an ideographic space
}

TEST_CASE("search query: signs that mean nothing are no errors", "[search]") {
  CHECK(read("fetch AND ( NEAR/3 ^queue :col {x} \" \" - * -* ''") ==
        "fetch and near_3 queue col x");
  CHECK(read("OR'); DROP TABLE url;--") == "or drop table url");
  CHECK(read("\xFF"
             "a\xC3 b") == "a b");
}

TEST_CASE("search query: what cannot be looked for is said", "[search]") {
  for (const char* nothing : {"", "  ", "-fetch", "\"\"", "***", "site:example.com", "!?"}) {
    CAPTURE(nothing);
    CHECK(read(nothing).starts_with("error: nothing to look for"));
  }
  CHECK(read(std::string(3000, 'x')).starts_with("error: too long"));
  std::string many;
  for (int i = 0; i < 40; ++i) many += "w" + std::to_string(i) + " ";
  CHECK(read(many).starts_with("error: too many words"));
  CHECK(read("a site:") ==
        "error: site: names no host; write site:example.com or "
        "site:example.com/folder/");
  CHECK(read("a site:me@example.com").starts_with("error: site:me@example.com names no host"));
  CHECK(read("a site:a%b").starts_with("error: site:a%b names no host"));
}

TEST_CASE("search query: sites are hosts, or folders of them", "[search]") {
  CHECK(read("a site:Example.COM -site:https://x.org/a/b") ==
        "a site:example.com -site:x.org/a/b/");
  CHECK(read("a site:*.example.com site:.org") == "a site:example.com site:org");
  CHECK(read("a Site:X.org") == "a site:x.org");
  CHECK(read("a site:bücher.example") == "a site:xn--bcher-kva.example");
  CHECK(read("a site:localhost:8080/docs") == "a site:localhost:8080/docs/");
  CHECK(keys("https://docs.example.com/a/b/c.html") ==
        "docs.example.com example.com com docs.example.com/a/ docs.example.com/a/b/");
  CHECK(keys("http://127.0.0.1:8080/x") == "127.0.0.1 127.0.0.1:8080");
  CHECK(keys("http://[::1]/a/") == "[::1] [::1]/a/");
  CHECK(keys("no url") == "");
}

TEST_CASE("search query: a page lies in its host, those above, and its folders", "[search]") {
  const char* url = "https://docs.example.com:8443/a/b/page?q=/x/";
  for (const char* site :
       {"docs.example.com", "example.com", "com", "docs.example.com:8443", "example.com:8443",
        "docs.example.com/a", "docs.example.com/a/b/", "https://docs.example.com:8443/a/b/"}) {
    CAPTURE(site);
    CHECK(lies_in(url, site));
  }
  for (const char* site : {"ample.com", "docs.example.org", "docs.example.com:81",
                           "docs.example.com/b", "docs.example.com/a/b/page", "example.com/a/"}) {
    CAPTURE(site);
    CHECK_FALSE(lies_in(url, site));
  }
}
