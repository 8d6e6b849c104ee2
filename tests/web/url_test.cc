// SPDX-License-Identifier: MIT
#include "web/url.h"

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/web/conformance.h"

namespace crawl {
namespace {

std::string href_of(std::string_view input) {
  const Result<Url> url = Url::parse(input);
  return url ? url->href() : "failure: " + url.error().context;
}

std::string resolved(std::string_view input, std::string_view base) {
  const Result<Url> base_url = Url::parse(base);
  REQUIRE(base_url);
  const Result<Url> url = Url::parse(input, *base_url);
  return url ? url->href() : "failure: " + url.error().context;
}

Url parsed(std::string_view input) {
  const Result<Url> url = Url::parse(input);
  REQUIRE(url);
  return *url;
}

// The URL API's getters (§6.1) by our accessors.
std::string getter(const Url& url, const std::string& name) {
  const auto with = [](const char* mark, std::string_view text) {
    return text.empty() ? std::string() : mark + std::string(text);
  };
  if (name == "href") return url.href();
  if (name == "protocol") return std::string(url.scheme()) + ":";
  if (name == "username") return std::string(url.username());
  if (name == "password") return std::string(url.password());
  if (name == "host") return url.authority();
  if (name == "hostname") return std::string(url.host());
  if (name == "port") return url.port() ? std::to_string(*url.port()) : "";
  if (name == "pathname") return std::string(url.path());
  if (name == "search") return with("?", url.query());
  if (name == "hash") return with("#", url.fragment());
  if (name == "origin") return url.origin();
  FAIL("no getter " << name);
  return {};
}

// What is wrong with the outcome of one test of urltestdata.json; "" when it passes.
std::string judge(const nlohmann::json& test) {
  const std::string input = test.at("input");
  std::optional<Url> base;
  if (!test.at("base").is_null()) base = parsed(test.at("base").get<std::string>());
  const Result<Url> url = base ? Url::parse(input, *base) : Url::parse(input);
  if (test.contains("failure")) return url ? "parsed as " + url->href() : "";
  if (!url) return "failure: " + url.error().context;
  for (const char* name : {"href", "protocol", "username", "password", "host", "hostname", "port",
                           "pathname", "search", "hash", "origin"}) {
    if (!test.contains(name)) continue;
    const std::string actual = getter(*url, name);
    if (actual != test.at(name)) return std::string(name) + " is " + actual;
  }
  if (Url::parse(url->href())->href() != url->href()) return "href does not parse to itself";
  return "";
}

}  // namespace

TEST_CASE("url: the web platform's URL tests pass", "[url]") {
  const auto data = conformance_data("urltestdata.json");
  if (!data) return;
  int passed = 0;
  int all = 0;
  for (const nlohmann::json& test : *data) {
    if (!test.is_object()) continue;
    ++all;
    const std::string fault = judge(test);
    CAPTURE(test.dump());
    CHECK(fault == "");
    if (fault.empty()) ++passed;
  }
  std::cout << "urltestdata.json: " << passed << " of " << all << "\n";
  CHECK(all > 800);
}

TEST_CASE("url: the web platform's percent-encoding tests pass", "[url]") {
  const auto data = conformance_data("percent-encoding.json");
  if (!data) return;
  int all = 0;
  for (const nlohmann::json& test : *data) {
    if (!test.is_object()) continue;
    ++all;
    const std::string input = test.at("input");
    const Url url = parsed("https://doesnotmatter.invalid/?" + input + "#" + input);
    CHECK(url.query() == test.at("output").at("utf-8").get<std::string>());
    CHECK(url.fragment() == test.at("output").at("utf-8").get<std::string>());
  }
  std::cout << "percent-encoding.json: " << all << " of " << all << "\n";
  CHECK(all > 5);
}

TEST_CASE("url: each part of a URL is found", "[url]") {
  const Url url = parsed("https://user:secret@example.com:8443/a/b?q=1#top");
  CHECK(url.scheme() == "https");
  CHECK(url.username() == "user");
  CHECK(url.password() == "secret");
  CHECK(url.host() == "example.com");
  CHECK(url.port() == 8443);
  CHECK(url.effective_port() == 8443);
  CHECK(url.path() == "/a/b");
  CHECK(url.query() == "q=1");
  CHECK(url.fragment() == "top");
  CHECK(url.authority() == "example.com:8443");
  CHECK(url.origin() == "https://example.com:8443");
  CHECK(url.is_http());
  CHECK(url.has_credentials());
}

TEST_CASE("url: absent and empty queries and fragments differ", "[url]") {
  const Url absent = parsed("http://h/");
  CHECK_FALSE(absent.has_query());
  CHECK_FALSE(absent.has_fragment());
  const Url empty = parsed("http://h/?#");
  CHECK(empty.has_query());
  CHECK(empty.query() == "");
  CHECK(empty.has_fragment());
  CHECK(empty.fragment() == "");
  CHECK(empty.href() == "http://h/?#");
}

// §4.4 step 1 and 2 of the basic URL parser
TEST_CASE("url: a tab or newline inside the input is removed", "[url]") {
  CHECK(href_of("ht\ttp://exa\nmple.com/a\r\nb") == "http://example.com/ab");
}

TEST_CASE("url: control characters and spaces around the input are removed", "[url]") {
  CHECK(href_of(std::string("\0\x1f  http://h/ \n\x01", 16)) == "http://h/");
}

TEST_CASE("url: invalid UTF-8 becomes U+FFFD", "[url]") {
  CHECK(href_of("http://h/\xFFx") == "http://h/%EF%BF%BDx");
  CHECK(href_of("http://h/?\xC3") == "http://h/?%EF%BF%BD");
  CHECK(href_of("http://h\xFF/").starts_with("failure"));
}

TEST_CASE("url: scheme and host are lower-cased, the path is not", "[url]") {
  CHECK(href_of("HTTP://EXAMPLE.com/Path") == "http://example.com/Path");
}

TEST_CASE("url: the default port is left out", "[url]") {
  CHECK(href_of("http://h:80/") == "http://h/");
  CHECK(href_of("https://h:0443/") == "https://h/");
  CHECK(href_of("https://h:80/") == "https://h:80/");
  CHECK(parsed("https://h:443/").port() == std::nullopt);
  CHECK(parsed("https://h:443/").effective_port() == 443);
  CHECK(parsed("mailto:a@b").effective_port() == 0);
}

TEST_CASE("url: dot segments are resolved in all their spellings", "[url]") {
  CHECK(href_of("http://h/a/./b/../c") == "http://h/a/c");
  CHECK(href_of("http://h/a/%2e%2E/b/.%2e/c") == "http://h/c");
  CHECK(href_of("http://h/a/..") == "http://h/");
  CHECK(href_of("http://h/a/.") == "http://h/a/");
  CHECK(href_of("http://h/a/...") == "http://h/a/...");
  CHECK(href_of("http://h/.git/.%2fx") == "http://h/.git/.%2fx");
  CHECK(href_of("http://h/../../a//../b") == "http://h/a/b");
}

TEST_CASE("url: relative references resolve against a page's URL", "[url]") {
  const std::string base = "https://example.com/docs/intro/page.html?v=2#part";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"next.html", "https://example.com/docs/intro/next.html"},
      {"../guide/", "https://example.com/docs/guide/"},
      {"/top", "https://example.com/top"},
      {"//other.org/x", "https://other.org/x"},
      {"?page=3", "https://example.com/docs/intro/page.html?page=3"},
      {"#end", "https://example.com/docs/intro/page.html?v=2#end"},
      {"", "https://example.com/docs/intro/page.html?v=2"},
      {"./", "https://example.com/docs/intro/"},
      {"..", "https://example.com/docs/"},
      {"http://plain.org", "http://plain.org/"},
      {"https:same", "https://example.com/docs/intro/same"},
      {"mailto:a@b.c", "mailto:a@b.c"},
      {"\\back\\slash", "https://example.com/back/slash"},
  };
  for (const auto& [input, expected] : cases) CHECK(resolved(input, base) == expected);
}

TEST_CASE("url: only the first segment of a file's path can be a drive", "[url]") {
  CHECK(href_of("file:///C|/a") == "file:///C:/a");
  CHECK(href_of("file:///a/C|") == "file:///a/C|");
  CHECK(href_of("http://h/C|") == "http://h/C|");
  CHECK(resolved("..", "file:///C:/a/b") == "file:///C:/");
  CHECK(resolved("../../..", "file:///C:/a/b") == "file:///C:/");
}

TEST_CASE("url: a path that begins with two slashes does not become a host", "[url]") {
  const Url url = parsed("web+demo:/.//not-a-host/");
  CHECK(url.href() == "web+demo:/.//not-a-host/");
  CHECK(url.path() == "//not-a-host/");
  CHECK(url.host() == "");
  CHECK(resolved("../x", "web+demo:/.//p") == "web+demo:/x");
}

TEST_CASE("url: a failure says why in words", "[url]") {
  CHECK(href_of("/just/a/path") == "failure: it has no scheme, and there is no base URL");
  CHECK(href_of("http://") == "failure: the host is missing");
  CHECK(href_of("http://h:65536/") == "failure: the port is above 65535");
  CHECK(href_of("http://h:8o/") == "failure: the port is not a number");
  CHECK(href_of("http://a b/") == "failure: the host holds a forbidden character");
  CHECK(href_of("http://1.2.3.256/") ==
        "failure: the host ends in a number but is no IPv4 address");
  CHECK(href_of("http://[1::2/") == "failure: the IPv6 address has no closing bracket");
}

TEST_CASE("url: an input of many megabytes is refused", "[url]") {
  CHECK(href_of("http://h/" + std::string(65u << 20, 'a')) == "failure: it is too long");
}

TEST_CASE("url: the canonical form has neither fragment nor credentials", "[url]") {
  const Url url = parsed("https://user:pw@h:81/p?q#f");
  const Url canonical = url.canonical();
  CHECK(canonical.href() == "https://h:81/p?q");
  CHECK(canonical.host() == "h");
  CHECK(canonical.port() == 81);
  CHECK(canonical.path() == "/p");
  CHECK(canonical.query() == "q");
  CHECK_FALSE(canonical.has_fragment());
  CHECK_FALSE(canonical.has_credentials());
  CHECK(canonical.authority() == "h:81");
  CHECK(url.has_fragment());  // the original is as it was
  CHECK(Url(url).canonical().href() == canonical.href());
  CHECK(parsed("http://:pw@h").canonical().href() == "http://h/");
  CHECK(parsed("a:b #f").canonical().href() == "a:b%20");
}

TEST_CASE("url: origins are those of §4.7", "[url]") {
  CHECK(parsed("http://u@h:80/p").origin() == "http://h");
  CHECK(parsed("ftp://h:2121/").origin() == "ftp://h:2121");
  CHECK(parsed("blob:https://h:444/id").origin() == "https://h:444");
  CHECK(parsed("file:///etc/passwd").origin() == "null");
  CHECK(parsed("data:,x").origin() == "null");
}

TEST_CASE("url: canonical http URLs are told from others", "[url]") {
  for (const char* yes :
       {"http://example.com/", "https://example.com/a/b.html?x=1&y=%20", "https://h:8080/",
        "http://127.0.0.1/", "http://[::1]:81/x", "https://h/.well-known/x", "https://h/%41",
        "http://xn--bcher-kva.de/", "http://h//a//", "http://h/?"}) {
    CAPTURE(yes);
    CHECK(is_canonical_http_url(yes));
    CHECK(parsed(yes).canonical().href() == yes);
  }
  for (const char* no : {"",
                         "http://",
                         "http:///",
                         "http://example.com",
                         "HTTP://example.com/",
                         "http://Example.com/",
                         "http://h:80/",
                         "https://h:443/",
                         "http://h:081/",
                         "http://h:/",
                         "http://h:65536/",
                         "http://h:x/",
                         "http://u@h/",
                         "http://h/#",
                         "http://h/a#b",
                         "http://h/a b",
                         "http://h/a\\b",
                         "http://h/./a",
                         "http://h/a/..",
                         "http://h/a/%2e/",
                         "http://h/?a'b",
                         "http://h/?a\"b",
                         "http://h/\xC3\xA9",
                         "http://0x7f.1/",
                         "http://1.2.3.4./",
                         "http://[0::1]/",
                         "ftp://h/",
                         "http://h/a\n",
                         " http://h/",
                         "http://a?b/",
                         "file:///a",
                         "https://a%62/",
                         "http://256.1/",
                         "http://h:123456/"}) {
    CAPTURE(no);
    CHECK_FALSE(is_canonical_http_url(no));
  }
}

TEST_CASE("url: what the canonical form yields is recognised as canonical", "[url]") {
  const auto data = conformance_data("urltestdata.json");
  if (!data) return;
  for (const nlohmann::json& test : *data) {
    if (!test.is_object() || !test.contains("href")) continue;
    const Url url = parsed(test.at("href").get<std::string>()).canonical();
    CAPTURE(url.href());
    CHECK(is_canonical_http_url(url.href()) == url.is_http());
    const std::string input = test.at("input");
    const Result<Url> again = Url::parse(input);
    const bool canonical = again && again->is_http() && again->canonical().href() == input;
    CAPTURE(input);
    CHECK(is_canonical_http_url(input) == canonical);
  }
}

TEST_CASE("url: what stands for a long URL has its beginning and the hash of all of it", "[url]") {
  const std::string href = "https://example.com/" + std::string(9000, 'a');
  const std::string shortened = shortened_url(href);
  CHECK(shortened.size() == kShortenedBytes + 26);
  CHECK(shortened.substr(0, kShortenedBytes) == href.substr(0, kShortenedBytes));
  CHECK(shortened.substr(kShortenedBytes, 10) == "#too-long:");
  CHECK(is_shortened_url(shortened));
  CHECK_FALSE(is_canonical_http_url(shortened));
  CHECK(shortened_url(href) == shortened);
  CHECK(shortened_url(href + "a") != shortened);
  // XXH3-64 of nothing, as xxhsum writes it
  CHECK(shortened_url("") == "#too-long:2d06800538d394c2");
}

TEST_CASE("url: what stands for a long URL is cut between characters", "[url]") {
  const std::string front(kShortenedBytes - 2, 'a');
  for (const std::string character : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    const std::string shortened = shortened_url(front + character + front);
    CHECK(shortened.find('#') == (character.size() == 2 ? kShortenedBytes : front.size()));
    CHECK(is_shortened_url(shortened));
  }
  // What is not UTF-8 is cut all the same.
  CHECK(shortened_url(std::string(5000, '\x80')).find('#') > kShortenedBytes - 4);
}

TEST_CASE("url: what stands for a long URL is told from URLs", "[url]") {
  for (const std::string no :
       {"", "https://h/", "https://h/#too-long:", "#too-long:2d06800538d394c",
        "#too-long:2d06800538d394c2x", "#too-long:2D06800538D394C2"}) {
    CAPTURE(no);
    CHECK_FALSE(is_shortened_url(no));
  }
  CHECK_FALSE(
      is_shortened_url(std::string(kShortenedBytes + 1, 'a') + "#too-long:2d06800538d394c2"));
}

// Fetch Standard §2.9
TEST_CASE("url: the Fetch Standard's bad ports are known", "[url]") {
  int bad = 0;
  for (uint32_t port = 0; port <= 65535; ++port) bad += is_bad_port(static_cast<uint16_t>(port));
  CHECK(bad == 83);
  for (const uint16_t port : std::initializer_list<uint16_t>{0, 1, 22, 25, 6000, 6667, 10080})
    CHECK(is_bad_port(port));
  for (const uint16_t port : std::initializer_list<uint16_t>{80, 443, 8080, 8443, 3000, 65535})
    CHECK_FALSE(is_bad_port(port));
}

TEST_CASE("url: a host with a port is no scheme", "[url]") {
  for (const char* word : {"http://a/", "mailto:a@b", "x-y.z+1://h", "data:,x"}) {
    CAPTURE(word);
    CHECK(has_scheme(word));
  }
  for (const char* word : {"", "a", "example.com", "example.com:80/", "localhost:80", "[::1]:80",
                           "//host/", "user:1@host", "/x", "127.0.0.1:1/", "1a://x"}) {
    CAPTURE(word);
    CHECK_FALSE(has_scheme(word));
  }
}

}  // namespace crawl
