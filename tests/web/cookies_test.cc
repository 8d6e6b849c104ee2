// SPDX-License-Identifier: MIT
#include "web/cookies.h"

#include <string>

#include "tests/support/catch.h"

using crawl::Cookie;
using crawl::cookie_path_matches;
using crawl::CookieJar;
using crawl::Url;

namespace {

constexpr int64_t kNow = 1'700'000'000;

CookieJar jar(const std::string& text) {
  auto parsed = CookieJar::parse(text, "c.txt");
  if (!parsed) FAIL(parsed.error().message());
  return std::move(*parsed);
}

std::string problem(const std::string& text) {
  const auto parsed = CookieJar::parse(text, "c.txt");
  REQUIRE_FALSE(parsed);
  return parsed.error().message();
}

std::string sent(const CookieJar& jar, const std::string& url, int64_t now_s = kNow) {
  return jar.header_value(*Url::parse(url), now_s);
}

std::string line(const std::string& domain, const std::string& below, const std::string& path = "/",
                 const std::string& secure = "FALSE", const std::string& expires = "0",
                 const std::string& name = "a", const std::string& value = "1") {
  return domain + "\t" + below + "\t" + path + "\t" + secure + "\t" + expires + "\t" + name + "\t" +
         value + "\n";
}

}  // namespace

// RFC 6265 §5.1.3
TEST_CASE("cookies: a domain matches itself and, where it says so, hosts below it", "[cookies]") {
  const CookieJar below = jar(line(".example.com", "TRUE"));
  CHECK(sent(below, "http://example.com/") == "a=1");
  CHECK(sent(below, "http://www.example.com/") == "a=1");
  CHECK(sent(below, "http://a.b.example.com:8080/") == "a=1");
  CHECK(sent(below, "http://badexample.com/").empty());
  CHECK(sent(below, "http://example.com.evil.org/").empty());
  CHECK(sent(below, "http://com/").empty());

  const CookieJar alone = jar(line("Example.COM", "FALSE"));
  CHECK(sent(alone, "http://example.com/") == "a=1");
  CHECK(sent(alone, "http://www.example.com/").empty());

  // The flag decides, whatever the dot says, as in curl.
  CHECK(sent(jar(line(".example.com", "FALSE")), "http://www.example.com/").empty());
  CHECK(sent(jar(line("example.com", "TRUE")), "http://www.example.com/") == "a=1");
}

TEST_CASE("cookies: addresses and public suffixes have no hosts below them", "[cookies]") {
  const CookieJar suffix = jar(line(".co.uk", "TRUE"));
  CHECK(sent(suffix, "http://co.uk/") == "a=1");
  CHECK(sent(suffix, "http://example.co.uk/").empty());
  const CookieJar address = jar(line("127.0.0.1", "TRUE"));
  CHECK(sent(address, "http://127.0.0.1/") == "a=1");
  CHECK(sent(address, "http://7.127.0.0.1.example/").empty());
  CHECK(sent(jar(line("0.0.1", "TRUE")), "http://127.0.0.1/").empty());
  CHECK(sent(jar(line("[::1]", "FALSE")), "http://[::1]:80/") == "a=1");
  CHECK(sent(jar(line("b\xC3\xBC"
                      "cher.example",
                      "FALSE")),
             "http://xn--bcher-kva.example/") == "a=1");
}

// RFC 6265 §5.1.4
TEST_CASE("cookies: a path matches itself and what is below it", "[cookies]") {
  CHECK(cookie_path_matches("/", "/"));
  CHECK(cookie_path_matches("/a", "/a"));
  CHECK(cookie_path_matches("/a/b", "/a"));
  CHECK(cookie_path_matches("/a/b", "/a/"));
  CHECK(cookie_path_matches("/a/", "/a/"));
  CHECK_FALSE(cookie_path_matches("/a", "/a/"));
  CHECK_FALSE(cookie_path_matches("/ab", "/a"));
  CHECK_FALSE(cookie_path_matches("/", "/a"));
  CHECK_FALSE(cookie_path_matches("/A", "/a"));
  const CookieJar docs = jar(line("h.example", "FALSE", "/docs"));
  CHECK(sent(docs, "http://h.example/docs?x#y") == "a=1");
  CHECK(sent(docs, "http://h.example/docs/1") == "a=1");
  CHECK(sent(docs, "http://h.example/docsx").empty());
}

// RFC 6265 §5.4
TEST_CASE("cookies: secure ones go over https alone, expired ones nowhere", "[cookies]") {
  const CookieJar secure = jar(line("h.example", "FALSE", "/", "TRUE"));
  CHECK(sent(secure, "https://h.example/") == "a=1");
  CHECK(sent(secure, "http://h.example/").empty());
  const CookieJar timed = jar(line("h.example", "FALSE", "/", "FALSE", std::to_string(kNow)));
  CHECK(sent(timed, "http://h.example/", kNow - 1) == "a=1");
  CHECK(sent(timed, "http://h.example/", kNow).empty());
  CHECK(timed.expired(kNow) == 1);
  CHECK(timed.expired(kNow - 1) == 0);
}

TEST_CASE("cookies: longer paths come first, then the file's order", "[cookies]") {
  const CookieJar many = jar(line("h.example", "FALSE", "/", "FALSE", "0", "one", "1") +
                             line("h.example", "FALSE", "/a/b", "FALSE", "0", "two", "2") +
                             line(".example", "FALSE", "/", "FALSE", "0", "other", "x") +
                             line("h.example", "TRUE", "/a", "FALSE", "0", "three", "3") +
                             line("h.example", "FALSE", "/", "FALSE", "0", "four", "4"));
  CHECK(many.size() == 5);
  CHECK(sent(many, "http://h.example/a/b/c") == "two=2; three=3; one=1; four=4");
  CHECK(sent(many, "http://h.example/") == "one=1; four=4");
}

TEST_CASE("cookies: of one name, domain and path the last counts", "[cookies]") {
  const CookieJar twice = jar(line("h.example", "FALSE", "/", "FALSE", "0", "a", "old") +
                              line("h.example", "FALSE", "/x", "FALSE", "0", "a", "path") +
                              line("h.example", "FALSE", "/", "FALSE", "0", "a", "new"));
  CHECK(twice.size() == 2);
  CHECK(sent(twice, "http://h.example/") == "a=new");
}

TEST_CASE("cookies: what exporters write is read", "[cookies]") {
  CHECK(jar("").size() == 0);
  CHECK(jar("# Netscape HTTP Cookie File\n\n   \n# a comment\twith\ttabs\n").size() == 0);
  const std::string plain = line("h.example", "FALSE");
  CHECK(sent(jar("\xEF\xBB\xBF" + plain), "http://h.example/") == "a=1");
  CHECK(sent(jar(plain.substr(0, plain.size() - 1) + "\r\n"), "http://h.example/") == "a=1");
  CHECK(sent(jar(plain.substr(0, plain.size() - 1)), "http://h.example/") == "a=1");
  CHECK(sent(jar("#HttpOnly_" + plain), "http://h.example/") == "a=1");
  CHECK(sent(jar("#HttpOnly_." + plain), "http://h.example/") == "a=1");
  for (const char* session : {"0", "", "-1"}) {
    CAPTURE(session);
    CHECK(sent(jar(line("h.example", "false", "/", "False", session)), "http://h.example/") ==
          "a=1");
  }
  CHECK(sent(jar(line("h.example", "FALSE", "/", "FALSE", "1700000001.5")), "http://h.example/") ==
        "a=1");
  // No value, its tab there or not; no name.
  CHECK(sent(jar("h.example\tFALSE\t/\tFALSE\t0\ta\t\n"), "http://h.example/") == "a=");
  CHECK(sent(jar("h.example\tFALSE\t/\tFALSE\t0\ta\n"), "http://h.example/") == "a=");
  CHECK(sent(jar("h.example\tFALSE\t/\tFALSE\t0\t\tv\n"), "http://h.example/") == "v");
  CHECK(sent(jar("h.example\tFALSE\t\tFALSE\t0\ta\tb=c\"d, e\n"), "http://h.example/x") ==
        "a=b=c\"d, e");
}

TEST_CASE("cookies: a bad line is named by its number, and never quoted", "[cookies]") {
  const std::string good = line("h.example", "FALSE");
  CHECK(problem("# x\n" + good + "h.example FALSE / FALSE 0 a secret\n") ==
        "c.txt:3: the fields are not separated by tabs");
  CHECK(problem("secret\n") == "c.txt:1: expected 7 fields with tabs between them, found 1");
  CHECK(problem("a\tFALSE\t/\tFALSE\t0\n").find("found 5") != std::string::npos);
  CHECK(problem("a\tFALSE\t/\tFALSE\t0\ta\tb\tc\n").find("found more") != std::string::npos);
  CHECK(problem(line("h", "yes")).find("second field") != std::string::npos);
  CHECK(problem(line("h", "FALSE", "/", "0")).find("fourth field") != std::string::npos);
  for (const char* bad : {"soon", "1.5.2", "99999999999999999999", "1 "}) {
    CAPTURE(bad);
    CHECK(problem(line("h", "FALSE", "/", "FALSE", bad)).find("fifth field") != std::string::npos);
  }
  CHECK(problem(line("", "FALSE")).find("not a domain") != std::string::npos);
  CHECK(problem(line("a b", "FALSE")).find("not a domain") != std::string::npos);
  CHECK(problem(line("h", "FALSE", "/", "FALSE", "0", "a;b")).find("no cookie can have") !=
        std::string::npos);
  CHECK(problem(line("h", "FALSE", "/", "FALSE", "0", "a", "b\x01")).find("no cookie can have") !=
        std::string::npos);
  CHECK(problem(line("h", "FALSE", "/", "FALSE", "0", "", "")).find("neither") !=
        std::string::npos);
  CHECK(problem(" [{\"domain\": \"h.example\"}]").find("JSON") != std::string::npos);
}

TEST_CASE("cookies: a request's header is bounded", "[cookies]") {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += line("h.example", "FALSE", "/", "FALSE", "0", "n" + std::to_string(i),
                 std::string(1000, 'x'));
  }
  const std::string value = sent(jar(text), "http://h.example/");
  CHECK(value.size() <= CookieJar::kHeaderBytesMax);
  CHECK(value.size() > CookieJar::kHeaderBytesMax - 1100);
  CHECK(value.find("\n") == std::string::npos);
}
