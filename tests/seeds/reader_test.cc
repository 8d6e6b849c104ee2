// SPDX-License-Identifier: MIT
#include "seeds/reader.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

using Problems = std::vector<std::string>;

SeedList read(std::string_view bytes) { return read_seeds(bytes, "seeds.txt"); }

// The one problem of one line, without its place.
std::string problem(const std::string& line) {
  const SeedList list = read(line + "\n");
  CAPTURE(line);
  CHECK(list.seeds.empty());
  REQUIRE(list.problems.size() == 1);
  const std::string place = "seeds.txt:1: ";
  REQUIRE(list.problems[0].substr(0, place.size()) == place);
  return list.problems[0].substr(place.size());
}

TEST_CASE("seeds: a line is a URL", "[seeds]") {
  const SeedList list = read("https://example.com/a\nhttp://example.org\n");
  CHECK(list.problems.empty());
  REQUIRE(list.seeds.size() == 2);
  CHECK(list.seeds[0].url.href() == "https://example.com/a");
  CHECK(list.seeds[1].url.href() == "http://example.org/");
  CHECK_FALSE(list.seeds[0].depth);
  CHECK_FALSE(list.seeds[0].scope);
  CHECK(list.seeds[0].tag.empty());
}

TEST_CASE("seeds: a seed is stored in its canonical form", "[seeds]") {
  const SeedList list = read("HTTPS://Example.COM:443/a/../b?q#top\n");
  REQUIRE(list.seeds.size() == 1);
  CHECK(list.seeds[0].url.href() == "https://example.com/b?q");
}

TEST_CASE("seeds: options stand behind the URL in any order", "[seeds]") {
  const SeedList list = read("https://example.com/ tag=news \t scope=domain depth=3\n");
  CHECK(list.problems.empty());
  REQUIRE(list.seeds.size() == 1);
  CHECK(list.seeds[0].depth == 3);
  CHECK(list.seeds[0].scope == Scope::kDomain);
  CHECK(list.seeds[0].tag == "news");
}

TEST_CASE("seeds: every scope has its name", "[seeds]") {
  for (const Scope scope : {Scope::kHost, Scope::kDomain, Scope::kPrefix, Scope::kAny}) {
    CHECK(scope_named(name(scope)) == scope);
  }
  CHECK(name(Scope::kPrefix) == "prefix");
  CHECK_FALSE(scope_named("Host"));
  CHECK_FALSE(scope_named(""));
}

TEST_CASE("seeds: comments and blank lines are skipped", "[seeds]") {
  const SeedList list = read(
      "# a list\n\n   \t\n  # indented\nhttps://example.com/ # "
      "why\nhttps://example.org/\t#\nhttps://example.net/#top\n");
  CHECK(list.problems.empty());
  REQUIRE(list.seeds.size() == 3);
  CHECK(list.seeds[2].url.href() == "https://example.net/");
}

TEST_CASE("seeds: a byte order mark, CRLF and a missing last newline do no harm", "[seeds]") {
  const SeedList list =
      read("\xEF\xBB\xBFhttps://example.com/ depth=1\r\n\r\n# x\r\nhttps://example.org/");
  CHECK(list.problems.empty());
  REQUIRE(list.seeds.size() == 2);
  CHECK(list.seeds[0].depth == 1);
}

TEST_CASE("seeds: a bad line is named by its number and the others are kept", "[seeds]") {
  const SeedList list = read(
      "https://example.com/\n\nexample.org\nhttps://example.net/ depth=x\nhttps://example.edu/\n");
  CHECK(list.seeds.size() == 2);
  REQUIRE(list.problems.size() == 2);
  CHECK(list.problems[0] == "seeds.txt:3: no scheme: write https://example.org/");
  CHECK(list.problems[1] == "seeds.txt:4: depth=x: write a number from 0 to 1000000");
}

TEST_CASE("seeds: without a scheme, the message says what to write", "[seeds]") {
  CHECK(problem("example.com/x") == "no scheme: write https://example.com/x");
  CHECK(problem("//example.com/x") == "no scheme: write https://example.com/x");
  CHECK(problem("example.com:8080/x") == "no scheme: write https://example.com:8080/x");
  CHECK(problem("localhost:8080") == "no scheme: write https://localhost:8080/");
  CHECK(problem("192.0.2.1") == "no scheme: write https://192.0.2.1/");
  CHECK(problem("hello") == "not a URL: \"hello\": write https://host/path");
  CHECK(problem("/etc/hosts.d").find("not a URL: ") == 0);
  CHECK(problem("./file.html").find("not a URL: ") == 0);
}

TEST_CASE("seeds: only http and https are crawled", "[seeds]") {
  CHECK(problem("ftp://example.com/") == "only http and https are crawled, not ftp:");
  CHECK(problem("file:///etc/passwd") == "only http and https are crawled, not file:");
  CHECK(problem("javascript:alert(1)") == "only http and https are crawled, not javascript:");
  CHECK(problem("mailto:joe@example.com") == "only http and https are crawled, not mailto:");
  CHECK(problem("data:text/html,x") == "only http and https are crawled, not data:");
}

TEST_CASE("seeds: what the URL parser refuses is no seed", "[seeds]") {
  CHECK(problem("https://").find("not a URL: \"https://\": ") == 0);
  CHECK(problem("https://exa mple.com/").find("not a URL") !=
        0);  // a host and a word that is no option
  CHECK(problem("https://example.com:99999/").find("not a URL: ") == 0);
  CHECK(problem("http://example.com:25/") ==
        "port 25 belongs to another service, and is never asked for pages");
  CHECK(problem("https://[::1/").find("not a URL: ") == 0);
}

TEST_CASE("seeds: credentials are refused and never shown", "[seeds]") {
  CHECK(problem("https://joe:secret@example.com/x") ==
        "a seed cannot carry a user name or password: write https://example.com/x");
  for (const std::string line :
       {"https://joe:secret@exa%20mple/", "https://joe:secret@example.com:99999/",
        "joe:secret@example.com", "//joe:secret@example.com/x", "joe:secret@",
        "ftp://joe:secret@example.com/", "https://example.com/ joe:secret@example.com"}) {
    CAPTURE(line);
    CHECK(problem(line).find("secret") == std::string::npos);
  }
}

TEST_CASE("seeds: a bad option says which are valid", "[seeds]") {
  const std::string url = "https://example.com/ ";
  CHECK(problem(url + "dept=3") == "unknown key \"dept\": the keys are depth, scope and tag");
  CHECK(problem(url + "DEPTH=3").find("unknown key") == 0);
  CHECK(problem(url + "=3").find("unknown key") == 0);
  CHECK(problem(url + "news").find("\"news\" is not key=value") == 0);
  CHECK(problem(url + "scope=site") == "scope=site: write host, domain, prefix or any");
  CHECK(problem(url + "tag=") == "tag=: write a word of at most 64 bytes");
  CHECK(problem(url + "tag=" + std::string(65, 'x')).find("at most 64 bytes") != std::string::npos);
  CHECK(problem(url + "depth=1 depth=2") == "depth is given twice");
}

TEST_CASE("seeds: a depth is a whole number in its range", "[seeds]") {
  CHECK(read("https://example.com/ depth=0").seeds.at(0).depth == 0);
  CHECK(read("https://example.com/ depth=1000000").seeds.at(0).depth == 1'000'000);
  for (const std::string depth :
       {"", "-1", "+1", "1.5", "1000001", "99999999999999999999", "1x", "0x1"}) {
    CHECK(problem("https://example.com/ depth=" + depth).find("write a number from 0 to 1000000") !=
          std::string::npos);
  }
}

TEST_CASE("seeds: a URL twice is one seed", "[seeds]") {
  const SeedList same = read("https://example.com/ depth=1\nhttps://EXAMPLE.com/#x depth=1\n");
  CHECK(same.seeds.size() == 1);
  CHECK(same.problems.empty());

  const SeedList other =
      read("https://example.org/\nhttps://example.com/ depth=1\nhttps://example.com/ depth=2\n");
  REQUIRE(other.seeds.size() == 2);
  CHECK(other.seeds[1].depth == 1);
  CHECK(other.problems ==
        Problems{"seeds.txt:3: the URL of line 2 again, with other options: keep one of the two"});
}

TEST_CASE("seeds: bytes that are no text make a bad line", "[seeds]") {
  CHECK(problem(std::string("https://example.com/\0x", 22)) ==
        "not text: the line has control characters");
  CHECK(problem("https://example.com/\x1b[31m") == "not text: the line has control characters");
  CHECK(problem("https://example.com/\xff") == "not text: the line is not UTF-8");
  CHECK(problem("https://a\rb/") == "not text: the line has control characters");
}

TEST_CASE("seeds: a file in UTF-16 is told what to do", "[seeds]") {
  CHECK(read(std::string_view("\xFF\xFEh\0\n\0", 6)).problems ==
        Problems{"seeds.txt:1: this is UTF-16: save the file as UTF-8"});
}

TEST_CASE("seeds: a binary file gives twenty problems and a count", "[seeds]") {
  std::string bytes;
  for (int i = 0; i < 1000; ++i)
    bytes += std::string(
                 "\x7f"
                 "ELF\0\xff",
                 6) +
             "\n";
  const SeedList list = read(bytes);
  CHECK(list.seeds.empty());
  REQUIRE(list.problems.size() == 21);
  CHECK(list.problems[19] == "seeds.txt:20: not text: the line has control characters");
  CHECK(list.problems[20] == "seeds.txt: and 980 more bad lines");
}

TEST_CASE("seeds: lines and URLs have a greatest length", "[seeds]") {
  CHECK(problem(std::string(64 * 1024 + 1, 'x')) == "the line is longer than 65536 bytes");
  CHECK(problem("https://example.com/" + std::string(9'000, 'x')) ==
        "the URL is longer than 8192 bytes");
  CHECK(problem("https://example.com/" + std::string(8'000, '"')) ==
        "the URL, encoded, is longer than 8192 bytes");
}

TEST_CASE("seeds: messages are escaped and short", "[seeds]") {
  CHECK(problem("a\u202Eb c=d").find("\\u202e") != std::string::npos);
  CHECK(problem("https://[" + std::string(5'000, 'x')).size() < 400);
  const SeedList list = read_seeds("x\n", "evil\x1b[31m.txt");
  REQUIRE(list.problems.size() == 1);
  CHECK(list.problems[0].find("evil\\x1b[31m.txt:1: ") == 0);
}

TEST_CASE("seeds: one from the command line is read like a line", "[seeds]") {
  const auto seed = parse_seed("https://example.com/#x");
  REQUIRE(seed);
  CHECK(seed->url.href() == "https://example.com/");
  const auto with_options = parse_seed("https://example.com/ depth=2 scope=any");
  REQUIRE(with_options);
  CHECK(with_options->depth == 2);
  CHECK(with_options->scope == Scope::kAny);
  for (const char* bad :
       {"", "  ", "example.com", "ftp://example.com/", "https://a@example.com/"}) {
    CAPTURE(bad);
    const auto refused = parse_seed(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kInvalid);
  }
}

TEST_CASE("seeds: the sample lists have no bad line", "[seeds]") {
  const auto top = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  size_t lists = 0;
  for (const auto& entry : std::filesystem::directory_iterator(top / "seeds")) {
    if (entry.path().extension() != ".txt" || entry.path().filename() == "CMakeLists.txt") continue;
    ++lists;
    std::ifstream file(entry.path());
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const SeedList list = read_seeds(bytes, entry.path().filename().string());
    CHECK(list.problems == Problems{});
    CHECK_FALSE(list.seeds.empty());
  }
  CHECK(lists == 3);
}

}  // namespace
}  // namespace crawl
