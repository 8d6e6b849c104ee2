// SPDX-License-Identifier: MIT
#include "web/robots.h"

#include <string>
#include <vector>

#include "base/escape.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

bool allowed(std::string_view robots, std::string_view path, std::string_view agent = "crawl") {
  return RobotsRules::parse(robots, agent).decide(path).allowed;
}

std::optional<int64_t> delay(std::string_view robots) {
  return RobotsRules::parse(robots, "crawl").crawl_delay_ms();
}

// The rule of one pattern that closes: does it hold for `path`?
bool matches(const std::string& pattern, std::string_view path) {
  return !allowed("User-agent: *\nDisallow: " + pattern + "\n", path);
}

// §2.2
TEST_CASE("robots: without rules everything is allowed", "[robots]") {
  CHECK(allowed("", "/"));
  CHECK(allowed("\n\n# nothing\n", "/x"));
  CHECK(allowed("<html><body>Disallow: /</body></html>", "/"));
  CHECK(allowed("User-agent: *\n", "/"));
  CHECK(allowed(std::string_view("\0\xff\xfe\0garbage\r", 12), "/"));
}

TEST_CASE("robots: a group closes what it names", "[robots]") {
  const char* robots = "User-agent: *\nDisallow: /private/\n";
  CHECK_FALSE(allowed(robots, "/private/"));
  CHECK_FALSE(allowed(robots, "/private/x?y"));
  CHECK(allowed(robots, "/private"));
  CHECK(allowed(robots, "/public"));
  CHECK(allowed(robots, "/"));
}

TEST_CASE("robots: keys are compared without regard to case, values with", "[robots]") {
  const char* robots = "USER-AGENT: CRAWL\nDISALLOW: /X\naLLoW: /XY\n";
  CHECK_FALSE(allowed(robots, "/X"));
  CHECK(allowed(robots, "/XY"));
  CHECK(allowed(robots, "/x"));
}

TEST_CASE("robots: white space and comments around lines do not matter", "[robots]") {
  CHECK_FALSE(allowed("  User-agent :\t*  # all\n\t Disallow\t:  /x  \t# no\n", "/x"));
  CHECK(allowed("User-agent: *\n#Disallow: /x\n", "/x"));
  CHECK(allowed("User-agent: *\nDisallow: # nothing\n", "/x"));
  CHECK_FALSE(allowed("User-agent:*\nDisallow:/x#y\n", "/xz"));
}

TEST_CASE("robots: lines end with LF, CR or CRLF", "[robots]") {
  for (const std::string end : {"\n", "\r", "\r\n", "\n\n", "\r\r\n"}) {
    CAPTURE(escape_for_terminal(end));
    const std::string robots =
        "User-agent: a" + end + "User-agent: crawl" + end + "Disallow: /x" + end + "Allow: /x/y";
    CHECK_FALSE(allowed(robots, "/x"));
    CHECK(allowed(robots, "/x/y"));
    CHECK_FALSE(allowed(robots, "/x", "a"));
  }
}

TEST_CASE("robots: a byte order mark is skipped", "[robots]") {
  CHECK_FALSE(allowed("\xEF\xBB\xBFUser-agent: *\nDisallow: /", "/x"));
  // So is one that has lost its end; a broken one makes its line an unknown one.
  CHECK_FALSE(allowed("\xEF\xBBUser-agent: *\nDisallow: /", "/x"));
  CHECK_FALSE(allowed("\xEFUser-agent: *\nDisallow: /", "/x"));
  CHECK(allowed("\xEF\x11\xBFUser-agent: *\nDisallow: /", "/x"));
  CHECK(
      allowed("User-agent: *\n\xEF\xBB\xBF"
              "Disallow: /",
              "/x"));
  CHECK(allowed("\xEF\xBB\xBF", "/x"));
}

TEST_CASE("robots: frequent misspellings of keys are understood", "[robots]") {
  for (const std::string key : {"useragent", "user agent", "User_Agent", "USERAGENT"}) {
    CAPTURE(key);
    CHECK_FALSE(allowed(key + ": *\nDisallow: /\n", "/x"));
  }
  for (const std::string key :
       {"dissallow", "dissalow", "disalow", "diasllow", "disallaw", "Dissallow"}) {
    CAPTURE(key);
    CHECK_FALSE(allowed("User-agent: *\n" + key + ": /\n", "/x"));
  }
  for (const std::string key : {"sitemap", "site-map", "Sitemap", "SITE-MAP"}) {
    CAPTURE(key);
    CHECK(RobotsRules::parse(key + ": https://a/s.xml", "crawl").sitemaps().size() == 1);
  }
  for (const std::string key : {"crawl-delay", "crawldelay", "crawl delay", "Crawl_Delay"}) {
    CAPTURE(key);
    CHECK(delay("User-agent: *\n" + key + ": 2\n") == 2'000);
  }
}

TEST_CASE("robots: unknown keys are ignored", "[robots]") {
  const char* robots = "User-agent: *\nNoindex: /\nHost: a\nDisallowed: /\nfoo: /\nDisallow: /x\n";
  CHECK(allowed(robots, "/y"));
  CHECK_FALSE(allowed(robots, "/x"));
}

TEST_CASE("robots: a missing colon is forgiven between two words", "[robots]") {
  CHECK_FALSE(allowed("User-agent *\nDisallow /x\n", "/x"));
  CHECK_FALSE(allowed("User-agent\t \t*\nDisallow   /x   # comment\n", "/x"));
  CHECK(allowed("User-agent *\nDisallow /x /y\n", "/x"));
  CHECK(allowed("User-agent: *\nDisallow\n", "/x"));
}

// §2.2.1
TEST_CASE("robots: the product token is compared without regard to case", "[robots]") {
  for (const std::string agent :
       {"crawl", "Crawl", "CRAWL", "crawl/2.0", "crawl 2.0", "crawl*", "crawl2", "crawl (x)"}) {
    CAPTURE(agent);
    CHECK_FALSE(allowed("User-agent: " + agent + "\nDisallow: /\n", "/x"));
  }
  for (const std::string agent :
       {"crawler", "craw", "my-crawl", "crawl-x", "crawl_x", "2crawl", "", "/crawl"}) {
    CAPTURE(agent);
    CHECK(allowed("User-agent: " + agent + "\nDisallow: /\n", "/x"));
  }
  CHECK_FALSE(allowed("User-agent: foo-Bar_b\nDisallow: /\n", "/x", "Foo-bar_B/1.0 (+mail)"));
}

TEST_CASE("robots: an agent without a token has the rules of everybody", "[robots]") {
  CHECK_FALSE(allowed("User-agent: 1\nAllow: /\nUser-agent: *\nDisallow: /\n", "/x", ""));
  CHECK_FALSE(allowed("User-agent: 1\nAllow: /\nUser-agent: *\nDisallow: /\n", "/x", "1"));
}

TEST_CASE("robots: a star stands alone", "[robots]") {
  CHECK_FALSE(allowed("User-agent: * all\nDisallow: /\n", "/x"));
  CHECK(allowed("User-agent: *bot\nDisallow: /\n", "/x"));
  CHECK(allowed("User-agent: **\nDisallow: /\n", "/x"));
}

TEST_CASE("robots: agent lines in a row share one group", "[robots]") {
  const char* robots = "User-agent: a\n\n# and\nUser-agent: crawl\nUser-agent: b\nDisallow: /x\n";
  CHECK_FALSE(allowed(robots, "/x", "a"));
  CHECK_FALSE(allowed(robots, "/x", "crawl"));
  CHECK_FALSE(allowed(robots, "/x", "b"));
  CHECK(allowed(robots, "/x", "c"));
}

TEST_CASE("robots: a rule ends the row of agent lines", "[robots]") {
  const char* robots = "User-agent: a\nDisallow: /a\nUser-agent: crawl\nDisallow: /c\n";
  CHECK(allowed(robots, "/a"));
  CHECK_FALSE(allowed(robots, "/c"));
  CHECK(allowed(robots, "/c", "a"));
  CHECK(allowed("User-agent: crawl\nDisallow:\nUser-agent: *\nDisallow: /\n", "/x"));
}

TEST_CASE("robots: groups of the same agent are merged", "[robots]") {
  const char* robots =
      "User-agent: crawl\nDisallow: /a\n\nUser-agent: x\nDisallow: /x\n\nUser-agent: "
      "Crawl\nDisallow: /b\n";
  CHECK_FALSE(allowed(robots, "/a"));
  CHECK_FALSE(allowed(robots, "/b"));
  CHECK(allowed(robots, "/x"));
  const char* everybody =
      "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b\n";
  CHECK_FALSE(allowed(everybody, "/a"));
  CHECK_FALSE(allowed(everybody, "/b"));
  CHECK(allowed(everybody, "/c"));
}

TEST_CASE("robots: a group of our own hides the one of everybody, wherever it stands", "[robots]") {
  for (const char* robots : {"User-agent: *\nDisallow: /\nUser-agent: crawl\nDisallow: /x\n",
                             "User-agent: crawl\nDisallow: /x\nUser-agent: *\nDisallow: /\n"}) {
    CAPTURE(robots);
    CHECK(allowed(robots, "/y"));
    CHECK_FALSE(allowed(robots, "/x"));
    CHECK_FALSE(allowed(robots, "/y", "other"));
  }
  CHECK(allowed("User-agent: *\nDisallow: /\nUser-agent: crawl\n", "/y"));
}

TEST_CASE("robots: rules before any agent mean nobody", "[robots]") {
  CHECK(allowed("Disallow: /\nUser-agent: *\nDisallow: /x\n", "/y"));
  CHECK(allowed("Disallow: /\n", "/"));
}

// §2.2.2
TEST_CASE("robots: the longest match decides, in whatever order", "[robots]") {
  const char* robots = "User-agent: *\nAllow: /a/b\nDisallow: /a\nDisallow: /a/b/c\n";
  CHECK_FALSE(allowed(robots, "/a"));
  CHECK(allowed(robots, "/a/b"));
  CHECK_FALSE(allowed(robots, "/a/b/c"));
  CHECK(allowed("User-agent: *\nDisallow: /\nAllow: /\n", "/x"));
  CHECK(allowed("User-agent: *\nAllow: /\nDisallow: /\n", "/x"));
}

TEST_CASE("robots: of two matches of one length Allow wins", "[robots]") {
  CHECK(allowed("User-agent: *\nDisallow: /*a\nAllow: /a*\n", "/a"));
  CHECK(allowed("User-agent: *\nDisallow: /ab\nAllow: /ab\n", "/abc"));
  CHECK_FALSE(allowed("User-agent: *\nDisallow: /*ab\nAllow: /a*\n", "/ab"));
}

TEST_CASE("robots: length is counted in octets of the normal form", "[robots]") {
  // "/ä" is 7 octets ("/%C3%A4"), "/*****" 6.
  CHECK_FALSE(allowed("User-agent: *\nDisallow: /\xC3\xA4\nAllow: /*****\n", "/%C3%A4"));
  CHECK(allowed("User-agent: *\nDisallow: /%61\nAllow: /a*\n", "/a"));
}

TEST_CASE("robots: the decision names the rule", "[robots]") {
  const auto rules = RobotsRules::parse("User-agent: *\nDisallow: /a\nAllow: /a/b\n", "crawl");
  const auto decision = rules.decide("/a/b");
  REQUIRE(decision.rule != nullptr);
  CHECK(decision.rule->pattern == "/a/b");
  CHECK(decision.rule->allow);
  CHECK(rules.decide("/c").rule == nullptr);
}

TEST_CASE("robots: an empty Disallow or Allow is no rule", "[robots]") {
  CHECK(allowed("User-agent: *\nDisallow:\n", "/x"));
  CHECK_FALSE(allowed("User-agent: *\nAllow:\nDisallow: /x\n", "/x"));
  CHECK(RobotsRules::parse("User-agent: *\nDisallow:\nAllow: \n", "crawl").rules().empty());
}

TEST_CASE("robots: a pattern that is no path never matches", "[robots]") {
  CHECK(allowed("User-agent: *\nDisallow: x\nDisallow: https://example.com/\n", "/x"));
}

TEST_CASE("robots: /robots.txt is always allowed", "[robots]") {
  CHECK(allowed("User-agent: *\nDisallow: /\n", "/robots.txt"));
  CHECK_FALSE(allowed("User-agent: *\nDisallow: /\n", "/robots.txt.bak"));
  CHECK_FALSE(allowed("User-agent: *\nDisallow: /\n", "/a/robots.txt"));
}

TEST_CASE("robots: /index.html does not stand for /", "[robots]") {
  CHECK_FALSE(allowed("User-agent: *\nDisallow: /\nAllow: /index.html\n", "/"));
}

// §2.2.2, the table of percent-encodings
TEST_CASE("robots: both sides are compared in one encoding", "[robots]") {
  CHECK(matches("/foo/bar?baz=quz", "/foo/bar?baz=quz"));
  CHECK(matches("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar"));
  CHECK(matches("/foo/bar/\xE3\x83\x84", "/foo/bar/%E3%83%84"));
  CHECK(matches("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84"));
  CHECK(matches("/foo/bar/%e3%83%84", "/foo/bar/%E3%83%84"));
  CHECK(matches("/foo/bar/%62%61%7A", "/foo/bar/baz"));
  CHECK(matches("/foo/bar/baz", "/foo/bar/%62%61%7A"));
  CHECK(matches("/%7ejoe", "/~joe"));
  CHECK(matches("/a b", "/a%20b"));
  CHECK(matches("/a|b^c", "/a%7Cb%5Ec"));
  CHECK(matches("/a%7Cb", "/a|b"));
  CHECK(matches("/100%", "/100%"));
}

TEST_CASE("robots: an encoded reserved character is not the character", "[robots]") {
  CHECK_FALSE(matches("/a%2Fb", "/a/b"));
  CHECK_FALSE(matches("/a/b", "/a%2Fb"));
  CHECK(matches("/a%2fb", "/a%2Fb"));
  CHECK_FALSE(matches("/a%3Fb", "/a?b"));
}

// §2.2.3
TEST_CASE("robots: a star stands for any octets, also none", "[robots]") {
  CHECK(matches("/fish*", "/fish"));
  CHECK(matches("/fish*", "/fish.html"));
  CHECK(matches("/*.php", "/a/b.php5?x"));
  CHECK(matches("/*.php", "/.php"));
  CHECK(matches("*.php", "/x.php"));
  CHECK(matches("/a*b*c", "/axxbyyc/d"));
  CHECK(matches("/***", "/"));
  CHECK_FALSE(matches("/*.php", "/windows.PHP"));
  CHECK_FALSE(matches("/a*b*c", "/axxcyyb"));
}

TEST_CASE("robots: a final dollar is the end of the path", "[robots]") {
  CHECK(matches("/*.php$", "/a.php"));
  CHECK_FALSE(matches("/*.php$", "/a.php?x"));
  CHECK_FALSE(matches("/*.php$", "/a.php5"));
  CHECK(matches("/*.php$", "/a.php/b.php"));
  CHECK(matches("/$", "/"));
  CHECK_FALSE(matches("/$", "/a"));
  CHECK(matches("/a*$", "/abc"));
  CHECK_FALSE(matches("$", "/"));
}

TEST_CASE("robots: a dollar elsewhere, and encoded stars and dollars, are literal", "[robots]") {
  CHECK(matches("/a$b", "/a$bc"));
  CHECK(matches("/a$b", "/a%24b"));
  CHECK(matches("/a%24", "/a$bc"));
  CHECK(matches("/a$$", "/a$"));
  CHECK_FALSE(matches("/a$$", "/a$b"));
  CHECK(matches("/a%2A", "/a*b"));
  CHECK_FALSE(matches("/a%2A", "/ab"));
}

TEST_CASE("robots: rules made to be costly deny instead of taking forever", "[robots]") {
  std::string robots = "User-agent: *\n";
  for (int i = 0; i < 10'000; ++i)
    robots += "Disallow: /*" + std::string(20, 'a') + "b" + std::to_string(i) + "\n";
  const auto rules = RobotsRules::parse(robots, "crawl");
  const auto costly = rules.decide("/" + std::string(8'000, 'a'));
  CHECK_FALSE(costly.allowed);
  CHECK(costly.rule == nullptr);
  CHECK(rules.decide("/an/ordinary/path").allowed);
  CHECK(rules.decide("/robots.txt").allowed);
}

// §2.2.4
TEST_CASE("robots: Crawl-delay is a number of seconds", "[robots]") {
  CHECK(delay("User-agent: *\nCrawl-delay: 10\n") == 10'000);
  CHECK(delay("User-agent: *\nCrawl-delay: 0.5\n") == 500);
  CHECK(delay("User-agent: *\ncrawl-DELAY: .25 # s\n") == 250);
  CHECK(delay("User-agent: *\nCrawl-delay: 2.\n") == 2'000);
  CHECK(delay("User-agent: *\nCrawl-delay: 0\n") == 0);
  CHECK(delay("User-agent: *\nCrawl-delay: 0.00001\n") == 1);
  CHECK(delay("User-agent: *\nCrawl-delay: 100000\n") == 100'000'000);
  CHECK(delay("User-agent: *\nCrawl-delay: 999999999.9999\n") == 999'999'999'999);
}

TEST_CASE("robots: a Crawl-delay without meaning is none", "[robots]") {
  for (const std::string value :
       {"", "-1", "+1", "1s", "1,5", "1e3", "0x1", "ten", ".", "1.2.3", "1 2", "nan", "inf",
        "9999999999", "99999999999999999999999999"}) {
    CAPTURE(value);
    CHECK_FALSE(delay("User-agent: *\nCrawl-delay: " + value + "\n"));
  }
}

TEST_CASE("robots: Crawl-delay is the group's, the largest of several", "[robots]") {
  CHECK(delay("User-agent: *\nUser-agent: crawl\nCrawl-delay: 5\nDisallow: /x\n") == 5'000);
  // A delay is for the agents named so far, although it does not end their row.
  CHECK_FALSE(delay("User-agent: *\nCrawl-delay: 5\nUser-agent: crawl\nDisallow: /x\n"));
  CHECK_FALSE(
      delay("User-agent: *\nCrawl-delay: 5\nDisallow: /y\nUser-agent: crawl\nDisallow: /x\n"));
  CHECK(
      delay("User-agent: crawl\nCrawl-delay: 2\nDisallow:\nUser-agent: crawl\nCrawl-delay: 1\n") ==
      2'000);
  CHECK_FALSE(delay("Crawl-delay: 5\nUser-agent: *\n"));
}

TEST_CASE("robots: other records do not end a group", "[robots]") {
  const char* robots =
      "User-agent: crawl\nSitemap: https://a/\nUser-agent: x\nfoo: bar\nDisallow: /x\n";
  CHECK_FALSE(allowed(robots, "/x"));
  CHECK_FALSE(allowed(robots, "/x", "x"));
}

TEST_CASE("robots: sitemaps are everybody's, in order, each once", "[robots]") {
  const auto rules = RobotsRules::parse(
      "Sitemap: https://a/1.xml\nUser-agent: x\nSitemap: /2.xml\nDisallow: /\nsitemap: "
      "https://a/1.xml\n"
      "Sitemap:\nSitemap: https://a/3\x01\nSitemap: https://a/4\xff\nSitemap: https://a/ü "
      "#comment\n",
      "crawl");
  CHECK(rules.sitemaps() == std::vector<std::string>{"https://a/1.xml", "/2.xml", "https://a/ü"});
}

// §2.5
TEST_CASE("robots: 500 KiB are read, and no half line", "[robots]") {
  const std::string head = "User-agent: *\nDisallow: /early\n";
  std::string robots = head;
  robots += "#" + std::string(kRobotsBytesMax - head.size() - 11 - 2, 'x') + "\n";
  robots += "Disallow: /late\n";  // the limit falls behind "Disallow: /"
  robots += "Disallow: /later\n";
  REQUIRE(robots.substr(0, kRobotsBytesMax).ends_with("\nDisallow: /"));
  CHECK_FALSE(allowed(robots, "/early"));
  CHECK(allowed(robots, "/late"));
  CHECK(allowed(robots, "/later"));
  CHECK(allowed(robots, "/other"));
}

TEST_CASE("robots: the rest of a line beyond 16 KiB is ignored", "[robots]") {
  const std::string line = "Disallow: /" + std::string(20'000, 'x');
  const auto rules = RobotsRules::parse("User-agent: *\n" + line + "\nDisallow: /y\n", "crawl");
  REQUIRE(rules.rules().size() == 2);
  CHECK(rules.rules()[0].pattern.size() == kRobotsLineBytesMax - 10);
  CHECK_FALSE(rules.decide("/y").allowed);
}

TEST_CASE("robots: what is stored reads back with everything in it", "[robots]") {
  const char* robots =
      "Sitemap: https://a/s.xml\nUser-agent: *\nCrawl-delay: 1.25\nDisallow: /a b*c$\nAllow: "
      "/\xC3\xA4\n"
      "Disallow: /a\nAllow: /a\nSitemap: https://a/t.xml\n";
  const auto rules = RobotsRules::parse(robots, "crawl");
  const std::string text = rules.serialize();
  CHECK(text ==
        "User-agent: *\nCrawl-delay: 1.25\nDisallow: /a%20b*c$\nAllow: /%C3%A4\nAllow: /a\n"
        "Sitemap: https://a/s.xml\nSitemap: https://a/t.xml\n");
  const auto back = RobotsRules::deserialize(text);
  REQUIRE(back);
  CHECK(back->serialize() == text);
  CHECK(back->crawl_delay_ms() == 1250);
  CHECK(back->sitemaps() == rules.sitemaps());
  CHECK_FALSE(back->decide("/a%20b/c").allowed);
  CHECK(back->decide("/a").allowed);
  // It is a robots.txt itself.
  CHECK(RobotsRules::parse(text, "anybody").serialize() == text);
}

TEST_CASE("robots: a pattern that no path can match is not kept", "[robots]") {
  const auto rules = RobotsRules::parse("User-agent: *\nDisallow: $a\nDisallow: %2Fa\n", "crawl");
  CHECK(rules.rules().empty());
}

TEST_CASE("robots: nothing reads back as nothing", "[robots]") {
  const auto back = RobotsRules::deserialize(RobotsRules::parse("", "crawl").serialize());
  REQUIRE(back);
  CHECK(back->rules().empty());
  CHECK_FALSE(back->crawl_delay_ms());
}

TEST_CASE("robots: the largest files keep within the bound of a message", "[robots]") {
  std::string robots = "User-agent: *\nDisallow: /first\n";
  for (int i = 0; robots.size() < kRobotsBytesMax; ++i) {
    robots += "Disallow: /" + std::to_string(i) + std::string(1000, '\xFF') +
              "\nSitemap: https://a/" + std::to_string(i) + "\n";
  }
  const auto rules = RobotsRules::parse(robots, "crawl");
  const std::string text = rules.serialize();
  CHECK(text.size() <= 2 * kRobotsBytesMax);
  CHECK_FALSE(rules.decide("/first").allowed);
  const auto back = RobotsRules::deserialize(text);
  REQUIRE(back);
  CHECK(back->serialize() == text);

  std::string shortest = "User-agent *\n";
  for (int i = 0; shortest.size() + 16 < kRobotsBytesMax; ++i)
    shortest += "allow /" + std::to_string(i) + "\n";
  const auto many = RobotsRules::parse(shortest, "crawl");
  CHECK(many.rules().size() > 35'000);
  CHECK(RobotsRules::deserialize(many.serialize()));
}

TEST_CASE("robots: what did not come from serialize is corrupt", "[robots]") {
  const std::string head = "User-agent: *\n";
  const auto text = GENERATE_COPY(
      as<std::string>{}, "", "User-agent: *", "User-agent: x\n", head + "\n", head + "Disallow: /a",
      head + "Disallow: a\n", head + "Disallow: \n", head + "Disallow:/a\n",
      head + "disallow: /a\n", head + "Disallow: /a \n", head + "Disallow: /%61\n",
      head + "Disallow: /%2f\n", head + "Disallow: /\xC3\xA4\n", head + "Disallow: /a\r\n",
      head + "Disallow: /a\rAllow: /b\n", head + "Disallow: /\x1b\n", head + "Disallow: /a$b\n",
      head + "Disallow: /a\nDisallow: /ab\n", head + "Disallow: /a\nAllow: /b\n",
      head + "Allow: /a\nAllow: /a\n", head + "Crawl-delay: 1.50\n", head + "Crawl-delay: -1\n",
      head + "Crawl-delay: \n", head + "Crawl-delay: 1\nCrawl-delay: 2\n",
      head + "Disallow: /a\nCrawl-delay: 1\n", head + "Sitemap: \n", head + "Sitemap: a\x01\n",
      head + "Sitemap: a#b\n", head + "Sitemap: \xff\n", head + "Sitemap: /s\nDisallow: /a\n",
      head + "Foo: bar\n", head + head);
  CAPTURE(escape_for_terminal(text));
  const auto rules = RobotsRules::deserialize(text);
  REQUIRE_FALSE(rules);
  CHECK(rules.error().code == Errc::kCorrupt);
}

TEST_CASE("robots: stored rules beyond the bounds are corrupt", "[robots]") {
  std::string sitemaps = "User-agent: *\n";
  for (size_t i = 0; i <= kRobotsSitemapsMax; ++i)
    sitemaps += "Sitemap: /" + std::to_string(i) + "\n";
  CHECK_FALSE(RobotsRules::deserialize(sitemaps));
  CHECK_FALSE(RobotsRules::deserialize("User-agent: *\nDisallow: /" +
                                       std::string(2 * kRobotsBytesMax, 'a') + "\n"));
}

}  // namespace
}  // namespace crawl
