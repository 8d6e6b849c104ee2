// SPDX-License-Identifier: MIT
#include "web/canonical.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

CanonicalOptions options(std::string_view list) {
  std::string_view unknown;
  const std::optional<CanonicalOptions> parsed = parse_canonical_options(list, unknown);
  REQUIRE(parsed);
  return *parsed;
}

Url parsed(std::string_view text) {
  const Result<Url> url = Url::parse(text);
  REQUIRE(url);
  return *url;
}

// What `steps` make of "https://h/" with `rest` behind it, as the same rest.
std::string after(std::string_view steps, const std::string& rest) {
  std::string buffer;
  const std::string href = "https://h/" + rest;
  REQUIRE(is_canonical_http_url(href));
  const std::string result(canonicalize(href, options(steps), buffer));
  CHECK(is_canonical_http_url(result));
  CHECK(canonicalize(parsed(href), options(steps)).href() == result);
  return result.substr(10);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("canonical: the choices are read, and an unknown one is named", "[canonical]") {
  CHECK_FALSE(options("none").any());
  CHECK(options("all") == options("sort,session,tracking,index"));
  CHECK(options("index,sort") == options("sort,index"));
  CHECK(options("session").strip_session);
  CHECK_FALSE(options("session").strip_tracking);
  for (const auto& [list, word] : Pairs{{"sort,track", "track"},
                                        {"", ""},
                                        {"sort,", ""},
                                        {"sort,all", "all"},
                                        {"Sort", "Sort"},
                                        {"none,", "none"}}) {
    std::string_view unknown = "-";
    CAPTURE(list);
    CHECK_FALSE(parse_canonical_options(list, unknown));
    CHECK(unknown == word);
  }
  for (const std::string text :
       {"none", "all", "session", "tracking,index", "session,index,sort"}) {
    CHECK(canonical_options_text(options(text)) == text);
  }
}

TEST_CASE("canonical: without options only fragment and credentials go", "[canonical]") {
  const std::string dirty = "https://h/a/index.html;jsessionid=1?b=1&utm_source=x&a=2&PHPSESSID=3";
  const Url url =
      parsed("https://user:pw@h/a/index.html;jsessionid=1?b=1&utm_source=x&a=2&PHPSESSID=3#f");
  CHECK(canonicalize(url, options("none")).href() == dirty);
  CHECK(canonicalize(parsed("mailto:a@b?utm_source=x#f"), options("all")).href() ==
        "mailto:a@b?utm_source=x");
}

TEST_CASE("canonical: where nothing applies the input itself is returned", "[canonical]") {
  for (const std::string href : {"https://h/", "https://h/?", "https://h/a/b.html?a=1&b=2&b=1",
                                 "https://h/a;b=c/?x", "http://[::1]:81/x?y"}) {
    std::string buffer = "untouched";
    const std::string_view result = canonicalize(href, options("all"), buffer);
    CHECK(result.data() == href.data());
    CHECK(result.size() == href.size());
    CHECK(buffer == "untouched");
  }
}

TEST_CASE("canonical: parameters are sorted by name and nothing else", "[canonical]") {
  for (const auto& [from, to] : Pairs{{"?b=1&a=2", "?a=2&b=1"},
                                      {"?b=2&a=9&b=1", "?a=9&b=2&b=1"},  // values keep their order
                                      {"?b&a", "?a&b"},
                                      {"?b=1&&a=2", "?&a=2&b=1"},  // an empty one is kept
                                      {"?a=1&", "?&a=1"},
                                      {"?b=%20&a=%7e&a=+", "?a=%7e&a=+&b=%20"},  // as written
                                      {"?aa=1&a=1", "?a=1&aa=1"},
                                      {"?a%5B%5D=1&B=2", "?B=2&a%5B%5D=1"},
                                      {"?b=1;a=2", "?b=1;a=2"},
                                      {"?", "?"}}) {
    CAPTURE(from);
    CHECK(after("sort", from) == to);
  }
}

TEST_CASE("canonical: tracking parameters are stripped wherever they stand", "[canonical]") {
  for (const auto& [from, to] : Pairs{{"?utm_source=x", ""},
                                      {"?utm_source=x&utm_medium=y&id=1", "?id=1"},
                                      {"?id=1&UTM_Campaign=z&fbclid=abc&p=2", "?id=1&p=2"},
                                      {"?gclid=1&&msclkid=2", "?"},  // an empty one is kept
                                      {"?id=1&gclid", "?id=1"},
                                      {"?mc_cid=1&mc_eid=2&_ga=3&igshid=4&yclid=5&dclid=6", ""},
                                      {"?gbraid=1&wbraid=2&mtm_kwd=3&pk_campaign=4", ""}}) {
    CAPTURE(from);
    CHECK(after("tracking", from) == to);
  }
  for (const std::string kept :
       {"?utm=1", "?source=x", "?autm_source=1", "?ga=1", "?gclid2=1", "?q=utm_source%3Dx",
        "?ref=newsletter", "?PHPSESSID=1", "?campaign=2", "a/utm_source=x"}) {
    CHECK(after("tracking", kept) == kept);
  }
}

TEST_CASE("canonical: session parameters are stripped", "[canonical]") {
  for (const auto& [from, to] : Pairs{{"?PHPSESSID=abc", ""},
                                      {"?id=1&jsessionid=ABC.node1&p=2", "?id=1&p=2"},
                                      {"?ASPSESSIONIDQABCDEFG=HIJKL", ""},
                                      {"?ASP.NET_SessionId=x&a", "?a"},
                                      {"?CFID=12&CFTOKEN=34", ""},
                                      {"?sid=0123456789abcdef0123456789abcdef", ""},
                                      {"?session_id=0123456789ABCDEF", ""},
                                      {"a;jsessionid=1A2B.n1!-9", "a"},
                                      {"a;JSessionID=1A2B?x=1", "a?x=1"},
                                      {"a;jsessionid=1;v=2/b;jsessionid=3/c", "a;v=2/b/c"},
                                      {";jsessionid=1", ""},
                                      {"a;jsessionid=1;jsessionid=2", "a"}}) {
    CAPTURE(from);
    CHECK(after("session", from) == to);
  }
  for (const std::string kept :
       {"?sid=42", "?session=autumn2024", "?sid=0123456789abcde", "?sid=0123456789abcdeg0123456789",
        "?ASPSESSIONID=1", "?ASPSESSIONIDABC1EFGH=1", "?id=0123456789abcdef0123456789abcdef",
        "?phpsessid2=1", "a;session=1", "a;xjsessionid=1", "?q=PHPSESSID"}) {
    CHECK(after("session", kept) == kept);
  }
}

TEST_CASE("canonical: what is left of a path is never a dot segment", "[canonical]") {
  for (const std::string kept : {"a/..;jsessionid=1/b", "a/.;jsessionid=1", "a/%2E.;jsessionid=1",
                                 "a/%2e%2E;jsessionid=1/"}) {
    CHECK(after("session", kept) == kept);
  }
  CHECK(after("session", "a/...;jsessionid=1/b") == "a/.../b");
  CHECK(after("session", "a/x%2e%2e;jsessionid=1/b") == "a/x%2e%2e/b");
}

TEST_CASE("canonical: the names of a directory's index become the directory", "[canonical]") {
  for (const auto& [from, to] : Pairs{{"index.html", ""},
                                      {"a/index.htm", "a/"},
                                      {"a/index.php?p=1", "a/?p=1"},
                                      {"a/Default.aspx", "a/"},
                                      {"default.asp", ""},
                                      {"index.html/index.html", "index.html/"}}) {
    CAPTURE(from);
    CHECK(after("index", from) == to);
  }
  for (const std::string kept :
       {"index", "index.html/", "my-index.html", "index.html.bak", "INDEX.HTML", "index.txt",
        "index%2Ehtml", "?index.html", "a/index-2.html", "index.php/page", "index.html;v=1"}) {
    CHECK(after("index", kept) == kept);
  }
}

TEST_CASE("canonical: the steps build on one another", "[canonical]") {
  CHECK(after("all", "a/index.jsp;jsessionid=1?z=1&utm_id=2&sid=0123456789abcdef&a=3") ==
        "a/?a=3&z=1");
  const std::vector<CanonicalStep> steps = canonical_steps(
      parsed("https://u:p@h/i;jsessionid=1?b=1&gclid=2&a=3#top"), options("session,tracking,sort"));
  REQUIRE(steps.size() == 5);
  CHECK(steps[0].name == "credentials");
  CHECK(steps[0].result == "https://h/i;jsessionid=1?b=1&gclid=2&a=3#top");
  CHECK(steps[1].name == "fragment");
  CHECK(steps[1].result == "https://h/i;jsessionid=1?b=1&gclid=2&a=3");
  CHECK(steps[2].name == "session");
  CHECK(steps[2].result == "https://h/i?b=1&gclid=2&a=3");
  CHECK(steps[3].name == "tracking");
  CHECK(steps[3].result == "https://h/i?b=1&a=3");
  CHECK(steps[4].name == "sort");
  CHECK(steps[4].result == "https://h/i?a=3&b=1");
  CHECK(canonical_steps(parsed("mailto:a@b"), options("all")).size() == 2);
}

TEST_CASE("canonical: doing it twice is doing it once", "[canonical]") {
  std::mt19937 random(11);
  const std::vector<std::string> pieces = {"/",
                                           "index.html",
                                           ";jsessionid=",
                                           "1",
                                           "..",
                                           "%2e",
                                           ".",
                                           ";",
                                           "?",
                                           "&",
                                           "=",
                                           "utm_id=",
                                           "gclid",
                                           "b",
                                           "a",
                                           "sid=",
                                           "default.asp",
                                           "0123456789abcdef",
                                           "PHPSESSID=",
                                           "//",
                                           "a=2&a=1",
                                           "#f",
                                           "%"};
  int changed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "http://u@h:81/";
    for (size_t n = random() % 12; n > 0; --n) text += pieces[random() % pieces.size()];
    CanonicalOptions some;
    some.sort_query = random() % 2 == 0;
    some.strip_session = random() % 2 == 0;
    some.strip_tracking = random() % 2 == 0;
    some.fold_index = random() % 2 == 0;
    const Url once = canonicalize(parsed(text), some);
    CAPTURE(text, once.href(), canonical_options_text(some));
    REQUIRE(is_canonical_http_url(once.href()));
    REQUIRE(parsed(once.href()).href() == once.href());
    REQUIRE(canonicalize(once, some).href() == once.href());
    REQUIRE(canonical_steps(parsed(text), some).back().result == once.href());
    changed += once.href() != parsed(text).canonical().href() ? 1 : 0;
  }
  CHECK(changed > 1'500);
}

}  // namespace crawl
