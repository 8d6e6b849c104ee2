// SPDX-License-Identifier: MIT
#include "crawler/request_extras.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch_folder.h"

namespace crawl {
namespace {

using test::ScratchFolder;
using Lines = std::vector<std::string>;

constexpr int64_t kNow = 1'700'000'000;

RunOptions options_of(const std::string& text, const ScratchFolder& folder) {
  RunOptions options;
  const auto entries = parse_config(text, "c.toml");
  REQUIRE(entries);
  for (const ConfigEntry& entry : *entries) {
    REQUIRE(options.hosts.apply(entry, folder.path("c.toml")).empty());
  }
  REQUIRE(options.hosts.load([](const char*) { return "env"; }).empty());
  return options;
}

TEST_CASE("request extras: a host's secrets go to it alone, and over https", "[request_extras]") {
  ScratchFolder folder;
  folder.write("cookies.txt",
               ".example.com\tTRUE\t/\tFALSE\t0\tall\t1\n"
               ".example.com\tTRUE\t/docs\tTRUE\t0\tdocs\t2\n"
               ".other.example\tTRUE\t/\tFALSE\t0\tother\t3\n");
  const RunOptions options = options_of(
      "[host.\"example.com\"]\nauth = 'bearer'\ntoken-env = 'T'\ncookies = 'cookies.txt'\n"
      "header = ['X-Key: ${K}', 'Accept-Language: de']\n[host.\"www.example.com\"]\n"
      "cookies = 'cookies.txt'\nover-http = true\n",
      folder);
  const RequestBook book(options);
  const RequestExtras docs = book.extras("https://example.com/docs/x", false, kNow);
  CHECK(docs.headers == Lines{"X-Key: env", "Accept-Language: de", "Authorization: Bearer env",
                              "Cookie: docs=2; all=1"});
  CHECK_FALSE(docs.withheld);
  CHECK(book.extras("https://example.com/robots.txt", false, kNow).headers.size() == 4);
  const RequestExtras plain = book.extras("http://example.com/docs/x", false, kNow);
  CHECK(plain.headers == Lines{"Accept-Language: de"});
  CHECK(plain.withheld);
  for (const char* other : {"https://example.com:8443/", "https://a.example.com/",
                            "https://other.example/", "https://com/", "https://evilexample.com/"}) {
    CAPTURE(other);
    CHECK(book.extras(other, true, kNow).headers.empty());
    CHECK_FALSE(book.extras(other, true, kNow).withheld);
  }
  // Nothing stayed here that would have gone over https.
  CHECK_FALSE(RequestBook(options_of("[host.h]\ncookies = 'cookies.txt'\n", folder))
                  .extras("http://h/", false, kNow)
                  .withheld);
  // Told to; but a cookie for https alone stays one.
  CHECK(book.extras("http://www.example.com/docs/", false, kNow).headers == Lines{"Cookie: all=1"});
}

TEST_CASE("request extras: credentials for all hosts go to the origins of seeds",
          "[request_extras]") {
  ScratchFolder folder;
  RunOptions options = options_of("[host.\"example.com\"]\nheader = 'Cookie: ${C}'\n", folder);
  options.headers = {"X-Plain: yes", "Authorization: Basic x", "cookie: a=b", "X-Api-Key: 1"};
  const RequestBook book(options);
  CHECK(book.shared() == Lines{"X-Plain: yes"});
  CHECK(book.extras("http://seed.example/", true, kNow).headers ==
        Lines{"Authorization: Basic x", "cookie: a=b", "X-Api-Key: 1"});
  CHECK(book.extras("http://seed.example/", false, kNow).headers.empty());
  // The host's own takes the place of one for all.
  CHECK(book.extras("https://example.com/", true, kNow).headers ==
        Lines{"Cookie: env", "Authorization: Basic x", "X-Api-Key: 1"});
}

TEST_CASE("request extras: a host's cookies join a Cookie header of its own", "[request_extras]") {
  ScratchFolder folder;
  folder.write("c", "example.com\tFALSE\t/\tTRUE\t0\tb\t2\n");
  const RunOptions options = options_of(
      "[host.\"example.com\"]\nheader = ['COOKIE: ${C}', 'authorization: ${A}']\ncookies = 'c'\n"
      "auth = 'bearer'\ntoken-env = 'T'\n",
      folder);
  CHECK(RequestBook(options).extras("https://example.com/", false, kNow).headers ==
        Lines{"COOKIE: env; b=2", "authorization: env"});
}

TEST_CASE("request extras: proxies and delays of a host", "[request_extras]") {
  ScratchFolder folder;
  RunOptions options = options_of(
      "[host.\"direct.example\"]\nproxy = ''\n[host.\"p.example\"]\nproxy = 'socks5://10.0.0.1:9'\n"
      "delay = '7s'\n",
      folder);
  options.proxy = "http://all:1";
  const RequestBook book(options);
  CHECK(book.extras("http://direct.example/", false, kNow).proxy.empty());
  CHECK(book.extras("http://p.example/", false, kNow).proxy == "socks5://10.0.0.1:9");
  CHECK(book.extras("http://x.example/", false, kNow).proxy == "http://all:1");
  CHECK(book.has_proxy("x.example"));
  CHECK_FALSE(book.has_proxy("direct.example"));
  CHECK(book.delay_ms("p.example") == 7000);
  CHECK(book.delay_ms("direct.example") == 1000);
}

}  // namespace
}  // namespace crawl
