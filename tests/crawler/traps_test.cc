// SPDX-License-Identifier: MIT
#include "crawler/traps.h"
#include "storage/explain.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;  // November 2023
constexpr int64_t kHost = 7;
constexpr size_t kText = 1000;

Url parsed(const std::string& rest) {
  const Result<Url> url = Url::parse(rest.starts_with('/') ? "https://h" + rest : rest);
  REQUIRE(url);
  return *url;
}

// A guard that is asked as a crawl asks it.
struct Rig {
  explicit Rig(const TrapGuard::Options& options = {}) : guard(options) {}

  // The rule that refuses the URL; "" and it is counted.
  std::string offer(const std::string& rest, int64_t host_id = kHost) {
    const Url url = parsed(rest);
    const TrapVerdict verdict = guard.check(host_id, url, kNow);
    if (verdict.rule.empty()) guard.count(host_id, url);
    last_reason = verdict.reason;
    return std::string(verdict.rule);
  }
  void page(const std::string& rest, uint64_t simhash, size_t text_bytes = kText) {
    guard.on_page(kHost, parsed(rest), simhash, text_bytes);
  }

  TrapGuard guard;
  SkipReason last_reason = SkipReason::kNone;
};

// How many of "FRONT<n>BACK" are let in before one is refused by `rule`.
int let_in(Rig& rig, const std::string& front, const std::string& back, const std::string& rule,
           int max = 100'000) {
  for (int i = 0; i < max; ++i) {
    const std::string refused = rig.offer(front + std::to_string(i) + back);
    if (refused.empty()) continue;
    CHECK(refused == rule);
    return i;
  }
  return max;
}

TrapGuard::Options budgets(int64_t host, int64_t prefix, int64_t query) {
  TrapGuard::Options options;
  options.host_urls_max = host;
  options.prefix_urls_max = prefix;
  options.query_urls_max = query;
  return options;
}

std::string year_and_month(int index) {
  const int number = index % 12 + 1;
  return std::to_string(2010 + index / 12) + (number < 10 ? "/0" : "/") + std::to_string(number);
}

}  // namespace

TEST_CASE("traps: what the URL alone shows is refused with the rule's name", "[traps]") {
  Rig rig;
  CHECK(rig.offer("/a/a/a/a/") == "repeated_segments");
  CHECK(rig.last_reason == SkipReason::kTrap);
  std::string deep;
  for (int i = 0; i < 31; ++i) deep += "/s" + std::to_string(i);
  CHECK(rig.offer(deep) == "deep_path");
  CHECK(rig.offer("/x?p=1&p=2&p=3&p=4") == "query_growth");
  CHECK(rig.offer("/calendar/2031/01/") == "calendar");
  CHECK(rig.offer("/docs/en/en/index.html?a=1&b=2") == "");
  CHECK(rig.last_reason == SkipReason::kNone);
}

TEST_CASE("traps: a guard that is switched off refuses nothing", "[traps]") {
  TrapGuard::Options options = budgets(1, 1, 1);
  options.enabled = false;
  Rig rig(options);
  CHECK(rig.offer("/a/a/a/a/") == "");
  CHECK(rig.offer("/b") == "");
  CHECK(rig.offer("/c") == "");
  CHECK(rig.guard.bytes() == 0);
}

TEST_CASE("traps: a calendar ends three years ahead", "[traps]") {
  Rig rig;
  CHECK(rig.offer("/calendar?year=2026&month=11") == "");
  CHECK(rig.offer("/calendar?year=2026&month=12") == "calendar");
  CHECK(rig.offer("/events/2027-01") == "calendar");
  CHECK(rig.offer("/news/2027/01/02/") == "calendar");
  CHECK(rig.offer("/thread/2045/12/") == "");  // more likely a number than a month
  CHECK(rig.offer("/calendar?year=1950&month=1") == "");
  CHECK(rig.offer("/archive/1850/05/12/") == "");
}

TEST_CASE("traps: a calendar of the past ends where its pages read the same", "[traps]") {
  Rig rig;
  for (int i = 0; i < TrapGuard::kPastPagesMax + 4; ++i) {
    rig.page("/calendar?year=2003&month=" + std::to_string(12 - i % 12) + "&v=" + std::to_string(i),
             5);
  }
  CHECK(rig.offer("/calendar?year=2003&month=10&v=1") == "calendar");
  CHECK(rig.offer("/calendar?year=2004&month=1&v=1") == "");  // not as long ago
  CHECK(rig.offer("/other?year=2003&month=10&v=1") == "");
}

TEST_CASE("traps: months of pages that read the same are a calendar", "[traps]") {
  Rig same;
  Rig different;
  Rig one_month;
  for (int i = 0; i < 40; ++i) {
    same.page("/agenda/" + year_and_month(i) + "/", 5);
    different.page("/agenda/" + year_and_month(i) + "/", uint64_t{0x9E3779B97F4A7C15} * (i + 1u));
    one_month.page("/agenda/2020/01/?page=" + std::to_string(i), 5);
  }
  CHECK(same.offer("/agenda/2022/01/") == "calendar");
  CHECK(same.offer("/agenda/about.html") == "");
  CHECK(different.offer("/agenda/2022/01/") == "");
  CHECK(one_month.offer("/agenda/2022/01/?page=1") == "");
}

TEST_CASE("traps: one URL under ever new sessions is refused", "[traps]") {
  Rig rig;
  CHECK(let_in(rig, "/shop?PHPSESSID=a", "&p=1", "session_id") == TrapGuard::kSureSessionsMax);
  CHECK(rig.offer("/shop?PHPSESSID=new&p=2") == "");  // another page
  CHECK(let_in(rig, "/item;jsessionid=A", "", "session_id") == TrapGuard::kSureSessionsMax);
  CHECK(let_in(rig, "/x?sid=0123456789abcdef", "", "session_id") == TrapGuard::kLikelySessionsMax);
  CHECK(let_in(rig, "/x?sid=", "", "session_id", 1000) == 1000);  // an ordinary number
  CHECK(rig.offer("/shop?PHPSESSID=a0&p=1", kHost + 1) == "");
}

TEST_CASE("traps: one session on many pages is none of our business", "[traps]") {
  Rig rig;
  CHECK(let_in(rig, "/page", ".html?PHPSESSID=always", "session_id", 1000) == 1000);
}

TEST_CASE("traps: a folder has a budget, whatever numbers are in its name", "[traps]") {
  Rig rig(budgets(1'000'000, 100, 100));
  CHECK(let_in(rig, "/f/p", ".html", "prefix_budget") == 100);
  CHECK(rig.last_reason == SkipReason::kTrap);
  CHECK(rig.offer("/g/p.html") == "");
  CHECK(rig.offer("/f/g/p.html") == "");
  CHECK(rig.offer("/f/p.html", kHost + 1) == "");
  CHECK(let_in(rig, "/day-", "/x", "prefix_budget") == 100);
}

TEST_CASE("traps: a path has a budget of queries and counts in its folder once", "[traps]") {
  Rig rig(budgets(1'000'000, 100, 50));
  CHECK(let_in(rig, "/list?q=", "", "query_budget") == 50);
  CHECK(rig.last_reason == SkipReason::kTrap);
  CHECK(rig.offer("/list2?q=1") == "");
  CHECK(let_in(rig, "/p", "", "prefix_budget") == 98);  // beside the two
}

TEST_CASE("traps: a host has a budget", "[traps]") {
  Rig rig(budgets(30, 100, 100));
  for (int i = 0; i < 30; ++i)
    CHECK(rig.offer("/d" + std::string(1, static_cast<char>('a' + i)) + "/") == "");
  CHECK(rig.offer("/new/") == "host_budget");
  CHECK(rig.last_reason == SkipReason::kBudget);
  CHECK(rig.offer("/new/", kHost + 1) == "");
}

TEST_CASE("traps: what was known before counts", "[traps]") {
  Rig rig(budgets(10, 5, 5));
  for (int i = 0; i < 10; ++i) rig.guard.count(kHost, parsed("/p" + std::to_string(i)));
  CHECK(rig.offer("/new") == "host_budget");
}

TEST_CASE("traps: a folder whose latest pages all read the same is left", "[traps]") {
  Rig rig;
  for (int i = 0; i < 60; ++i) rig.page("/gen/p" + std::to_string(i), 7);
  CHECK(rig.offer("/gen/next") == "");
  for (int i = 60; i < 120; ++i)
    rig.page("/gen/p" + std::to_string(i), i % 2 == 0 ? 7 : 0);  // 3 bits
  CHECK(rig.offer("/gen/next") == "near_duplicates");
  CHECK(rig.last_reason == SkipReason::kTrap);
  CHECK(rig.offer("/gen/deeper/next") == "");
  CHECK(rig.offer("/gen/next?q=1") == "");
  CHECK(rig.offer("/") == "");
  CHECK(rig.offer("/gen/next", kHost + 1) == "");
}

TEST_CASE("traps: queries of one path are a folder of their own", "[traps]") {
  Rig rig;
  for (int i = 0; i < 120; ++i) rig.page("/search?q=" + std::to_string(i), 7);
  CHECK(rig.offer("/search?q=next") == "near_duplicates");
  CHECK(rig.offer("/search") == "");
  CHECK(rig.offer("/find?q=next") == "");
}

TEST_CASE("traps: a page that differs ends the run", "[traps]") {
  Rig rig;
  for (int i = 0; i < 300; ++i)
    rig.page("/gen/p" + std::to_string(i), i % 50 == 0 ? ~uint64_t{7} : 7);
  CHECK(rig.offer("/gen/next") == "");
  for (int i = 0; i < 120; ++i) rig.page("/b/p" + std::to_string(i), 7);
  CHECK(rig.offer("/b/next") == "near_duplicates");
  rig.page("/b/other", ~uint64_t{7});  // one that was under way
  CHECK(rig.offer("/b/next") == "");
}

TEST_CASE("traps: few pages that come again and again are no run", "[traps]") {
  Rig rig;
  for (int round = 0; round < 500; ++round) rig.page("/gen/p" + std::to_string(round % 20), 7);
  CHECK(rig.offer("/gen/next") == "");
}

TEST_CASE("traps: pages without text say nothing", "[traps]") {
  Rig rig;
  for (int i = 0; i < 300; ++i)
    rig.page("/gen/p" + std::to_string(i), 7, TrapGuard::kTextBytesMin - 1);
  CHECK(rig.offer("/gen/next") == "");
}

TEST_CASE("traps: every rule has a text", "[traps]") {
  for (const char* rule :
       {"repeated_segments", "deep_path", "calendar", "session_id", "query_growth",
        "near_duplicates", "prefix_budget", "query_budget", "host_budget"}) {
    CHECK_FALSE(trap_rule_text(rule).empty());
  }
  CHECK(trap_rule_text("x").empty());
}

TEST_CASE("traps: documentation on this machine is no trap", "[traps]") {
  namespace fs = std::filesystem;
  Rig rig;
  std::map<std::string, int> refused;
  int urls = 0;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry("/usr/share/doc", options, error), end;
       !error && entry != end; entry.increment(error)) {
    Url url = parsed("/");
    const Result<Url> parsed_url = Url::parse("https://h" + entry->path().generic_string());
    if (!parsed_url) continue;
    url = parsed_url->canonical();
    ++urls;
    const TrapVerdict verdict = rig.guard.check(kHost, url, kNow);
    rig.guard.count(kHost, url);
    if (verdict.rule.empty()) continue;
    if (++refused[std::string(verdict.rule)] <= 5)
      std::cout << verdict.rule << ": " << url.href() << "\n";
  }
  if (urls < 1000) WARN("little documentation in /usr/share/doc: " << urls << " files");
  std::cout << "documentation: " << urls << " URLs, " << refused.size() << " rules apply\n";
  CHECK(refused.empty());
}

}  // namespace crawl
