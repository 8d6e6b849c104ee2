// SPDX-License-Identifier: MIT
#include "crawler/trap_rules.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string times(int n, const std::string& text) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

bool grown(const std::string& query, const std::string& address = "https://example.com/a/list") {
  const Result<Url> url = Url::parse(address + "?" + query);
  REQUIRE(url);
  return is_grown_query(*url);
}

constexpr int64_t month(int64_t year, int64_t number) { return year * 12 + number - 1; }

}  // namespace

TEST_CASE("trap_rules: a segment four times in a row repeats", "[trap_rules]") {
  for (const std::string path : {"/a/a/a/a", "/a/a/a/a/", "/x/a/a/a/a/b", "/a/a/a/a/a/a",
                                 "/x//////y", "/en/en/en/en/p.html", "/1/1/1/1/1/1/1/1"}) {
    CAPTURE(path);
    CHECK(repeats_segments(path));
  }
  for (const std::string path : {"", "/", "/a", "/en/en/", "/a/a/a", "/a/a/a/b/a", "/a/a/a/a.html",
                                 "/a//b", "/00/00/00/00/x", "/1/1/1/1/1/1/1",
                                 "/com/example/com/example/Main.html", "/a/aa/aaa/aaaa/aaaaa"}) {
    CAPTURE(path);
    CHECK_FALSE(repeats_segments(path));
  }
}

TEST_CASE("trap_rules: a cycle of segments four times in a row repeats", "[trap_rules]") {
  CHECK(repeats_segments(times(4, "/a/b")));
  CHECK(repeats_segments("/x" + times(4, "/a/b/c") + "/y"));
  CHECK(repeats_segments(times(4, "/1/a")));
  CHECK(repeats_segments(times(4, "/a/b/c/d/e/f/g")));
  CHECK_FALSE(repeats_segments(times(3, "/a/b")));
  CHECK_FALSE(repeats_segments(times(3, "/a/b") + "/a/c"));
  CHECK_FALSE(repeats_segments(times(7, "/1/2")));
  CHECK(repeats_segments(times(8, "/1/2")));
}

TEST_CASE("trap_rules: one segment six times anywhere repeats", "[trap_rules]") {
  CHECK(repeats_segments("/a/1/a/2/a/3/a/4/a/5/a"));
  CHECK_FALSE(repeats_segments("/a/1/a/2/a/3/a/4/a/5/b"));
  CHECK_FALSE(repeats_segments("/0/a/0/b/0/c/0/d/0/e/0/f"));
}

TEST_CASE("trap_rules: repetition is looked for in hostile paths too", "[trap_rules]") {
  CHECK(repeats_segments(times(4000, "/a")));
  CHECK(repeats_segments(std::string(8000, '/')));
  std::string various;
  for (int i = 0; i < 2000; ++i) various += "/s" + std::to_string(i);
  CHECK_FALSE(repeats_segments(various));
  CHECK(is_deep_path(various));
}

TEST_CASE("trap_rules: thirty segments are not deep, one more are", "[trap_rules]") {
  std::string path;
  for (int i = 0; i < 30; ++i) path += "/s" + std::to_string(i);
  CHECK_FALSE(is_deep_path(path));
  CHECK_FALSE(is_deep_path(path + "/"));
  CHECK(is_deep_path(path + "/t"));
  CHECK_FALSE(is_deep_path("/"));
}

TEST_CASE("trap_rules: a query of more than sixteen parameters has grown", "[trap_rules]") {
  std::string query;
  for (int i = 0; i < 16; ++i) query += (i == 0 ? "p" : "&p") + std::to_string(i) + "=1";
  CHECK_FALSE(grown(query));
  CHECK_FALSE(grown(query + "&"));
  CHECK(grown(query + "&q"));
}

TEST_CASE("trap_rules: a parameter may come three times, as a list more often", "[trap_rules]") {
  CHECK_FALSE(grown("page=1&page=2&page=3"));
  CHECK(grown("page=1&page=2&x&page=3&page=4"));
  CHECK(grown("a&b&c&c&c&c"));
  CHECK_FALSE(grown("tag[]=1&tag[]=2&tag[]=3&tag[]=4&tag[]=5"));
  CHECK_FALSE(grown("tag%5B%5D=1&tag%5B%5D=2&tag%5B%5D=3&tag%5B%5D=4"));
  CHECK_FALSE(grown("&&&&&&&&&&&&&&&&&&&&"));
  CHECK_FALSE(grown(""));
}

TEST_CASE("trap_rules: a long query that holds its own address has grown", "[trap_rules]") {
  const std::string filler(1100, 'x');
  CHECK(grown("from=https%3A%2F%2Fexample.com%2F&z=" + filler));
  CHECK(grown("from=/a/list&z=" + filler));
  CHECK(grown("from=%2Fa%2Flist&z=" + filler));
  CHECK_FALSE(grown("from=https%3A%2F%2Fexample.com%2F"));
  CHECK_FALSE(grown("from=https%3A%2F%2Fother.org%2F&z=" + filler));
  CHECK_FALSE(grown("from=/a/list&z=" + filler, "https://h/b/list"));
}

TEST_CASE("trap_rules: months are found in paths and queries", "[trap_rules]") {
  struct Case {
    const char* path;
    const char* query;
    int64_t month;
    bool complete;
    bool calendar;
  };
  for (const Case& each : {Case{"/2024/05/", "", month(2024, 5), false, false},
                           Case{"/news/2024/05/17/title.html", "", month(2024, 5), true, false},
                           Case{"/x/2024-05-17-title", "", month(2024, 5), true, false},
                           Case{"/events/2031-12", "", month(2031, 12), false, true},
                           Case{"/Calendar/month/2031/01/31", "", month(2031, 1), true, true},
                           Case{"/calendar", "date=1999-01-31T10:00", month(1999, 1), true, true},
                           Case{"/x", "a=b&year=2031&month=7", month(2031, 7), false, true},
                           Case{"/x", "m=12&Y=2031", month(2031, 12), false, true},
                           Case{"/2024/05/", "month=2025-06", month(2025, 6), false, true}}) {
    CAPTURE(each.path, each.query);
    const std::optional<UrlDate> date = find_date(each.path, each.query);
    REQUIRE(date);
    CHECK(date->month == each.month);
    CHECK(date->complete == each.complete);
    CHECK(date->calendar == each.calendar);
  }
}

TEST_CASE("trap_rules: numbers that are no months are no dates", "[trap_rules]") {
  for (const char* path :
       {"/", "/2024/", "/2024", "/2024/13/", "/2024/00/", "/2024/5/", "/12345/05/", "/x2024/05/",
        "/2024/051", "/2024/05x", "/2024_05", "/0999/05/", "/rfc2616/", "/20240517/", "/2024-1-1",
        "/v1.2024-0512", "/topic/123456789/12/"}) {
    CAPTURE(path);
    const std::optional<UrlDate> date = find_date(path, "");
    CHECK_FALSE(date);
  }
  for (const char* query :
       {"year=2031", "month=5", "year=20310&month=5", "year=2031&month=13", "date=5",
        "id=2031-05-05", "date=x2031-05", "date=", "q=2031/05/05", "&=&"}) {
    CAPTURE(query);
    CHECK_FALSE(find_date("/x", query));
  }
}

TEST_CASE("trap_rules: any URL is judged", "[trap_rules]") {
  const std::vector<std::string> pieces = {"/",     "2031",   "-",   "05",    "/05",   "a",
                                           "?",     "&",      "=",   "year=", "month", "[]",
                                           "date=", "events", "%5D", "//",    "T",     "31"};
  std::mt19937 random(3);
  int dates = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "https://h/";
    for (size_t n = random() % 40; n > 0; --n) text += pieces[random() % pieces.size()];
    const Result<Url> url = Url::parse(text);
    REQUIRE(url);
    (void)repeats_segments(url->path());
    (void)is_deep_path(url->path());
    (void)is_grown_query(*url);
    const std::optional<UrlDate> date = find_date(url->path(), url->query());
    if (!date) continue;
    ++dates;
    CAPTURE(text);
    REQUIRE(date->month >= month(1000, 1));
    REQUIRE(date->month <= month(9999, 12));
  }
  CHECK(dates > 100);
}

TEST_CASE("trap_rules: a time has a month", "[trap_rules]") {
  CHECK(month_of(0) == month(1970, 1));
  CHECK(month_of(-1) == month(1969, 12));
  CHECK(month_of(1'709'164'800'000) == month(2024, 2));  // 2024-02-29
  CHECK(month_of(1'709'251'200'000) == month(2024, 3));
}

}  // namespace crawl
