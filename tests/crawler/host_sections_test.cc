// SPDX-License-Identifier: MIT
#include "crawler/host_sections.h"

#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch_folder.h"

namespace crawl {
namespace {

using test::ScratchFolder;

const char* none(const char*) { return nullptr; }

// Sections of one file, not loaded. Fails where a line is refused.
HostSections sections_of(const std::string& text, const std::string& file = "/c/c.toml") {
  const auto entries = parse_config(text, file);
  if (!entries) FAIL(entries.error().message());
  HostSections sections;
  for (const ConfigEntry& entry : *entries) {
    const std::string problem = sections.apply(entry, file);
    if (!problem.empty()) FAIL(problem);
  }
  return sections;
}

HostSections loaded(const std::string& text, const std::string& file = "/c/c.toml",
                    const Environment& environment = none) {
  HostSections sections = sections_of(text, file);
  const std::string problem = sections.load(environment);
  if (!problem.empty()) FAIL(problem);
  return sections;
}

// What is wrong with the file, by its lines or as a whole.
std::string problem_of(const std::string& text, const std::string& file = "/c/c.toml",
                       const Environment& environment = none) {
  const auto entries = parse_config(text, file);
  if (!entries) return entries.error().message();
  HostSections sections;
  for (const ConfigEntry& entry : *entries) {
    const std::string problem = sections.apply(entry, file);
    if (!problem.empty()) return file + ":" + std::to_string(entry.line) + ": " + problem;
  }
  return sections.load(environment);
}

const std::string kHost = "[host.\"example.com\"]\n";

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("host sections: a table holds for its host, with its port", "[host_sections]") {
  const HostSections one = loaded(
      "[host.\"Example.com\"]\ndelay = '5s'\n[host.localhost]\ndelay = '0s'\n"
      "[host.'example.com:8080']\ndelay = '2s'\n[host.\"[::1]:81\"]\ndelay = '3s'\n"
      "[host.\"b\\u00fccher.example\"]\ndelay = '4s'\n");
  CHECK(one.settings("example.com").delay_ms == 5000);
  CHECK(one.settings("example.com:8080").delay_ms == 2000);
  CHECK_FALSE(one.settings("example.com:8081").delay_ms);
  CHECK_FALSE(one.settings("www.example.com").delay_ms);
  CHECK(one.settings("localhost").delay_ms == 0);
  CHECK(one.settings("[::1]:81").delay_ms == 3000);
  CHECK(one.settings("xn--bcher-kva.example").delay_ms == 4000);
  CHECK_FALSE(one.settings("").delay_ms);
}

TEST_CASE("host sections: of tables that apply the most specific wins, key by key",
          "[host_sections]") {
  const HostSections all = loaded(
      "[host.\"*.example.com\"]\ndelay = '1s'\nproxy = 'http://p:1'\nover-http = true\n"
      "[host.\"*.b.example.com\"]\ndelay = '2s'\nover-http = false\n"
      "[host.\"a.b.example.com\"]\ndelay = '3s'\n"
      "[host.\"*.example.com:8080\"]\nproxy = ''\n");
  CHECK(all.settings("a.b.example.com").delay_ms == 3000);
  CHECK(all.settings("c.b.example.com").delay_ms == 2000);
  CHECK(all.settings("b.example.com").delay_ms == 1000);
  CHECK(all.settings("a.b.example.com").proxy == "http://p:1");
  CHECK(all.settings("a.b.example.com").over_http == false);
  CHECK(all.settings("b.example.com").over_http == true);
  CHECK_FALSE(all.settings("example.com").delay_ms);
  CHECK_FALSE(all.settings("badexample.com").delay_ms);
  CHECK(all.settings("x.example.com:8080").proxy == "");
  CHECK_FALSE(all.settings("x.example.com:8080").delay_ms);
  const HostSections::Keys keys = all.keys("a.b.example.com");
  CHECK(keys.at("delay").line == 9);
  CHECK(keys.at("proxy").place() == "/c/c.toml:3");
}

TEST_CASE("host sections: in one table the later file wins; auth and headers go together",
          "[host_sections]") {
  ScratchFolder folder;
  folder.write("p", "one\n");
  const auto system = parse_config(kHost +
                                       "auth = 'basic'\nuser = 'a'\npassword-file = 'p'\n"
                                       "delay = '1s'\nheader = 'X-A: 1'\n",
                                   folder.path("a.toml"));
  const auto user = parse_config(kHost + "auth = 'bearer'\ntoken-env = 'T'\nheader = ['X-B: 2']\n",
                                 folder.path("b.toml"));
  REQUIRE(system);
  REQUIRE(user);
  HostSections both;
  for (const ConfigEntry& entry : *system) CHECK(both.apply(entry, folder.path("a.toml")).empty());
  CHECK(both.load(none).empty());
  CHECK(both.settings("example.com").authorization == "Basic YTpvbmU=");
  for (const ConfigEntry& entry : *user) CHECK(both.apply(entry, folder.path("b.toml")).empty());
  CHECK(both.load([](const char* name) { return *name == 'T' ? "tok" : nullptr; }).empty());
  const HostSettings own = both.settings("example.com");
  CHECK(own.authorization == "Bearer tok");
  CHECK(own.delay_ms == 1000);
  REQUIRE(own.headers);
  REQUIRE(own.headers->size() == 1);
  CHECK((*own.headers)[0].line == "X-B: 2");
}

TEST_CASE("host sections: secrets come from files and the environment", "[host_sections]") {
  ScratchFolder folder;
  folder.write("sub/secret", "p\xC3\xA4ss w\xC3\xB6rd: \r\n");
  folder.write("h", "# mine\nX-Api-Key: file\r\n\nX-Plain: too\n");
  folder.write("cookies.txt", "example.com\tFALSE\t/\tTRUE\t0\ta\tb\n");
  const std::map<std::string, std::string> variables = {{"KEY", "k1"}, {"PW", "p/w %@"}, {"E", ""}};
  const Environment environment = [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  const HostSections one =
      loaded(kHost +
                 "header = ['X-Api-Key: ${KEY}', 'Accept-Language: de', 'X-Both: a${KEY}-${PW}z']\n"
                 "header-file = 'h'\nauth = 'basic'\nuser = 'me'\npassword-file = 'sub/secret'\n"
                 "cookies = 'cookies.txt'\nproxy = 'http://u:${PW}@p:3128'\n",
             folder.path("c.toml"), environment);
  const HostSettings own = one.settings("example.com");
  REQUIRE(own.headers);
  REQUIRE(own.headers->size() == 5);
  CHECK((*own.headers)[0].line == "X-Api-Key: k1");
  CHECK((*own.headers)[0].secret);
  CHECK_FALSE((*own.headers)[1].secret);
  CHECK((*own.headers)[2].line == "X-Both: ak1-p/w %@z");
  CHECK((*own.headers)[2].secret);
  CHECK((*own.headers)[3].line == "X-Api-Key: file");
  CHECK((*own.headers)[4].secret);
  CHECK(own.authorization == "Basic bWU6cMOkc3Mgd8O2cmQ6IA==");
  REQUIRE(own.cookies);
  CHECK(own.cookies->size() == 1);
  CHECK(own.proxy == "http://u:p%2Fw%20%25%40@p:3128");

  const std::string file = folder.path("c.toml");
  const auto wrong = [&](const std::string& keys) {
    return problem_of(kHost + keys, file, environment);
  };
  CHECK(wrong("header = 'X: ${NONE}'") ==
        file + ":2: header: the environment has no variable NONE");
  CHECK(wrong("header = 'X: ${E}'") == file + ":2: header: the environment's variable E is empty");
  CHECK(mentions(wrong("header = 'X: ${KEY'"), "no closing }"));
  CHECK(mentions(wrong("header = 'X: ${1}'"), "'1' is not a variable's name"));
  CHECK(
      mentions(wrong("auth = 'bearer'\ntoken-env = 'NONE'"), ":3: token-env: the environment has"));
  CHECK(mentions(wrong("auth = 'bearer'\ntoken-file = 'gone'"), "gone: No such file"));
  CHECK(mentions(wrong("header-file = '" + folder.path("sub") + "'"), "Is a directory"));
  folder.write("two", "one\ntwo\n");
  CHECK(mentions(wrong("auth = 'bearer'\ntoken-file = 'two'"), "is not one line"));
  folder.write("none", "\n");
  CHECK(mentions(wrong("auth = 'bearer'\ntoken-file = 'none'"), "is empty"));
  folder.write("long", std::string(9000, 'x'));
  CHECK(mentions(wrong("auth = 'bearer'\ntoken-file = 'long'"), "longer than 8192 bytes"));
  folder.write("bad", "\nX-Ok: 1\nsecret without colon\n");
  const std::string line = wrong("header-file = 'bad'");
  CHECK(mentions(line, "line 3 of the file"));
  CHECK_FALSE(mentions(line, "secret without"));
  folder.write("bad.txt", "\n\nexample.com FALSE / TRUE 0 a b\n");
  CHECK(mentions(wrong("cookies = 'bad.txt'"), "bad.txt:3: the fields are not separated by tabs"));
  CHECK(mentions(wrong("proxy = '${PW}'"), "the value is not a proxy"));
}

TEST_CASE("host sections: a table for another port than a seed has is warned of",
          "[host_sections]") {
  const auto beside = [](const std::string& table, const std::vector<std::string>& urls) {
    std::vector<Seed> seeds;
    for (const std::string& url : urls) seeds.push_back(*parse_seed(url));
    return loaded("[host.\"" + table + "\"]\ndelay = '1s'\n").beside(seeds);
  };
  CHECK(beside("example.com", {"http://example.com/", "http://example.com:81/"}).empty());
  CHECK(beside("example.com:81", {"http://example.com:82/", "http://example.com:81/"}).empty());
  CHECK(beside("other.com", {"http://example.com:81/"}).empty());
  CHECK(beside("*.example.com", {"http://a.example.com:81/"}).empty());
  const std::vector<std::string> one = beside("127.0.0.1", {"http://127.0.0.1:81/", "http://b/"});
  REQUIRE(one.size() == 1);
  CHECK(one[0] ==
        "the table [host.\"127.0.0.1\"] is for no seed: of this host there is 127.0.0.1:81");
  CHECK(beside("[::1]:81", {"http://[::1]/"}).size() == 1);
  CHECK(beside("[::1]", {"http://[::1]/"}).empty());
}

TEST_CASE("host sections: a file of secrets that is open to everybody is warned of",
          "[host_sections]") {
  ScratchFolder folder;
  folder.write("t", "tok\n");
  const std::string text = kHost + "auth = 'bearer'\ntoken-file = 't'\n";
  const auto with_mode = [&](mode_t mode) {
    REQUIRE(::chmod(folder.path("t").c_str(), mode) == 0);
    return loaded(text, folder.path("c.toml")).warnings();
  };
  CHECK(with_mode(0600).empty());
  CHECK(with_mode(0640).empty());
  REQUIRE(with_mode(0644).size() == 1);
  CHECK(mentions(with_mode(0644)[0], "open to every user"));
  CHECK_FALSE(mentions(with_mode(0644)[0], "tok\n"));
}

TEST_CASE("host sections: what is wrong is said with its line and what is right",
          "[host_sections]") {
  const auto wrong = [](const std::string& keys) { return problem_of(kHost + keys); };
  CHECK(wrong("\ndealy = '1s'") ==
        "/c/c.toml:3: unknown key 'dealy' of a host; did you mean 'delay'?");
  CHECK(mentions(wrong("xyzzy = 1"), "there are delay, header, header-file"));
  CHECK(mentions(wrong("delay = 5"), "delay: '5' is not a duration"));
  CHECK(mentions(wrong("delay = ['1s', '2s']"), "one value is expected"));
  CHECK(mentions(wrong("cookies = []"), "one value is expected"));
  CHECK(mentions(wrong("over-http = 'x'"), "true or false"));
  CHECK(mentions(wrong("auth = 'digest'"), "one of basic, bearer"));
  CHECK(mentions(wrong("user = 'a:b'"), "is not a user's name"));
  CHECK(mentions(wrong("user = 'a'"), "auth = \"basic\""));
  CHECK(mentions(wrong("auth = 'basic'\npassword-env = 'X'"), "who is it?"));
  CHECK(mentions(wrong("auth = 'basic'\nuser = 'x'"), "password-file or password-env"));
  CHECK(mentions(wrong("auth = 'basic'\nuser = 'x'\npassword-env = 'X'\npassword-file = 'y'"),
                 "both given"));
  CHECK(mentions(wrong("auth = 'basic'\nuser = 'x'\ntoken-env = 'X'"), "auth = \"basic\" has"));
  CHECK(mentions(wrong("auth = 'bearer'\nuser = 'x'\ntoken-env = 'X'"), "auth = \"bearer\" has"));
  CHECK(mentions(wrong("password-env = 'a-b'"), "the name of a variable"));
  CHECK(mentions(wrong("proxy = 'p:1'"), "the value is not a proxy"));
  CHECK(mentions(wrong("header = 'x'"), "not a header line"));

  for (const char* secret :
       {"password = 'hunter2'", "token = 'hunter2'", "header = 'X-Api-Key: hunter2'",
        "header = ['A: b', 'Authorization: hunter2']", "header = 'Cookie: hunter2'",
        "proxy = 'http://me:hunter2@p:1'"}) {
    CAPTURE(secret);
    CHECK(mentions(wrong(secret), "/c/c.toml:2: "));
    CHECK(mentions(wrong(secret), "a secret does not stand in this file"));
    CHECK_FALSE(mentions(wrong(secret), "hunter2"));
  }
}

TEST_CASE("host sections: names that are no hosts are refused", "[host_sections]") {
  const auto wrong = [](const std::string& name) { return problem_of("[host.\"" + name + "\"]"); };
  CHECK(mentions(wrong("http://example.com"),
                 "/c/c.toml:1: 'http://example.com' is more than a host"));
  CHECK(mentions(wrong("example.com/x"), "more than a host"));
  CHECK(mentions(wrong("me@example.com"), "more than a host"));
  CHECK(mentions(wrong("a b"), "is not a host"));
  CHECK(mentions(wrong("a.*.example.com"), "is not a host"));
  CHECK(mentions(wrong("*"), "stands before the tables"));
  CHECK(mentions(wrong("*.127.0.0.1"), "is an address"));
  CHECK(mentions(wrong("example.com:443"), "usual port"));
  CHECK(mentions(wrong("example.com:80"), "usual port"));
  CHECK(mentions(wrong("example.com:99999"), "is not a host"));
  CHECK(mentions(problem_of("[host.\"h\"]\n[host.'h']"), "'h' is there twice"));
}

TEST_CASE("host sections: secrets are not for hosts of different people", "[host_sections]") {
  const Environment environment = [](const char*) { return "x"; };
  const std::string secret = "header = 'X-Key: ${K}'";
  CHECK(
      mentions(problem_of("[host.\"*.co.uk\"]\n" + secret, "/c", environment), "different people"));
  CHECK(mentions(problem_of("[host.\"*.github.io\"]\n" + secret, "/c", environment),
                 "different people"));
  CHECK(problem_of("[host.\"*.example.co.uk\"]\n" + secret, "/c", environment).empty());
  CHECK(problem_of("[host.\"*.localhost\"]\n" + secret, "/c", environment).empty());
  CHECK(problem_of("[host.\"*.co.uk\"]\ndelay = '9s'", "/c", environment).empty());
}

}  // namespace
}  // namespace crawl
