// SPDX-License-Identifier: MIT
// The whole story of a URL, as crawl why tells it, and the versions that crawl cat --run shows.
#include "base/limits.h"
#include "tests/reader/ask.h"
#include "tests/storage/page_story.h"
#include "web/robots.h"
#include "web/url.h"

using namespace crawl;
using namespace crawl::test;

namespace {

constexpr int64_t kStart = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

// Asks for http://a/ when everything is stored.
Answer why(Story& story, const std::string& url = "http://a/") {
  story.ask("1");
  return ask(command_why, story.path(), {url});
}

PageRow redirect(int64_t from, int64_t to, int64_t status) {
  PageRow row = failed_page(from, Outcome::kRedirect, 0, BodyStore::kReplace);
  row.status = status;
  row.redirect_id = to;
  row.detail = {};
  return row;
}

}  // namespace

TEST_CASE("why: every fetch is told, with what changed", "[why]") {
  Story story;
  story.wait(kStart - story.now());
  PageRow other = ok_page(1, 8, 0);
  other.text_hash = 0;
  PageRow rewritten = ok_page(1, 9, 0);
  rewritten.text_hash = 5;
  story.then(ok_page(1, 7, 0)).next_run().then(std::move(other)).then(std::move(rewritten));
  story.then(not_modified()).then(with_status(1, 503));
  const Answer answer = why(story);
  CAPTURE(answer.out);
  CHECK(
      answer.says("visits      2023-11-14T22:13:20.001Z  run 1  ok 200  new\n"
                  "              2023-11-14T22:13:20.002Z  run 2  ok 200  changed (not its text)\n"
                  "              2023-11-14T22:13:20.003Z  run 2  ok 200  changed\n"
                  "              2023-11-14T22:13:20.004Z  run 2  not_modified 304\n"
                  "              2023-11-14T22:13:20.005Z  run 2  http_error 503\n"));
  CHECK(answer.says(
      "due again   2023-11-14T22:13:20.005Z: with the next run, as it failed (1 in a row "
      "since 2023-11-14T22:13:20.005Z)"));
  story.then(with_status(1, 404));
  CHECK(
      why(story).says("due again   2023-11-14T23:13:20.006Z: soon, to see whether it is gone (2"));
}

TEST_CASE("why: when a page is due again, and why then", "[why]") {
  Story story;
  story.wait(kStart - story.now()).then(ok_page(1, 7, 0));
  CHECK(why(story).says("due again   2023-11-15T18:13:20.001Z: 20 h, less with each change"));
  story.then(not_modified());
  CHECK(why(story).says(": 1 d 16 h, more each time it has not changed"));
  WriteUnit listed;
  listed.page = ok_page(4, 1, story.now() + 10);
  listed.listed = {{1, story.now()}, {1, story.now() + 20}};
  story.submit(std::move(listed));
  CHECK(why(story).says("a sitemap or a feed says that it changed on 2023-11-14T22:13:20.022Z"));
  CHECK(why(story).says("changed 2023-11-14T22:13:20.022Z as they say"));
  CHECK_FALSE(why(story, "http://a/2").says("due again"));  // it is pending
}

TEST_CASE("why: a page is due when it asks not to be shown any more", "[why]") {
  Story story;
  story.wait(kStart - story.now());
  PageRow page = ok_page(1, 7, 0);
  page.unavailable_after = kStart + kHour;
  story.then(std::move(page));
  CHECK(
      why(story).says("due again   2023-11-14T23:13:20.000Z: it asks not to be shown any more "
                      "from then on"));
}

TEST_CASE("why: what killed its fetchers is never due", "[why]") {
  Story story;
  story.then(failed_page(1, Outcome::kCrashedFetcher, 0));
  CHECK(why(story).says("due again   never"));
}

TEST_CASE("why: redirects are followed to their end, and a circle has one", "[why]") {
  Story story;
  story.then(redirect(1, 2, 301)).then(redirect(2, 3, 302)).then(ok_page(3, 7, 0));
  const Answer answer = why(story);
  CAPTURE(answer.out);
  CHECK(answer.says("leads to    http://a/2 (redirect)\n  and then    http://a/3 (ok)\n"));
  CHECK(answer.says("30 d after a redirect was seen"));
  story.then(redirect(3, 1, 302));
  const Answer circle = why(story);
  CAPTURE(circle.out);
  CHECK(circle.says(
      "and then    http://a/3 (redirect)\n  and then    http://a/ (redirect)\n  found"));
  story.then(redirect(1, 1, 302));
  const Answer itself = why(story);
  CAPTURE(itself.out);
  CHECK(itself.says("leads to    http://a/ (redirect)\n  found"));
}

TEST_CASE("why: pages that say the same, or nearly, or stand for this one", "[why]") {
  const std::string text(300, 'x');
  Story story;
  const auto page = [&](int64_t id, uint64_t hash, uint64_t simhash) {
    PageRow row = ok_page(id, hash, 0, "Title", text);
    row.simhash = simhash;
    return row;
  };
  PageRow duplicate = page(1, 7, 0b1111);
  duplicate.canonical_id = 2;
  duplicate.canonical = "http://a/2";
  story.then(std::move(duplicate)).then(page(2, 7, 0b1111)).then(page(3, 8, 0b1000));
  story.then(page(4, 9, 0b11110000));
  const Answer answer = why(story);
  CAPTURE(answer.out);
  CHECK(answer.says("canonical   http://a/2\n"));
  CHECK(answer.says("copy of     http://a/2\n"));
  CHECK(answer.says("same as     1 others: http://a/2\n"));
  CHECK(answer.says("much like   1 others: http://a/3\n"));
  CHECK(answer.says("30 d, as the page says that its canonical URL is another one"));
}

TEST_CASE("why: a URL that waits for its host tells until when", "[why]") {
  Story story;
  WriteUnit unit;
  unit.host_updates.push_back(new_host(1, "a"));
  unit.host_updates.back().backoff_level = 2;
  unit.host_updates.back().next_at = kStart;
  story.submit(std::move(unit));
  const Answer answer = why(story);
  CAPTURE(answer.out);
  CHECK(
      answer.says("host        it backs off, level 2: no request before "
                  "2023-11-14T22:13:20.000Z\n"));
}

TEST_CASE("why: a URL that was too long to keep whole, in full or as it is kept", "[why]") {
  std::string url = "http://a/";
  url.append(kUrlBytesMax, 'x');
  Story story;
  WriteUnit unit;
  unit.new_urls.push_back(new_url(5, shortened_url(url)));
  unit.new_urls.back().state = UrlState::kSkipped;
  unit.new_urls.back().reason = SkipReason::kUrlTooLong;
  story.submit(std::move(unit));
  CHECK(why(story, url + "#fragment").says("skipped     url_too_long\n"));
  CHECK(why(story, shortened_url(url)).says("skipped     url_too_long\n"));
  CHECK(why(story, url + "x").code == ExitCode::kNoInput);
}

TEST_CASE("why: no status of an earlier fetch beside an outcome without one", "[why]") {
  Story story;
  story.then(ok_page(1, 7, 0));
  CHECK(why(story).says("outcome     ok (HTTP status 200)\n"));
  WriteUnit unit;
  unit.url_updates.push_back(done_with(1, Outcome::kConnectFailed));
  story.submit(std::move(unit));
  CHECK(why(story).says("outcome     connect_failed\n"));
}

TEST_CASE("why: a trap is explained by its rule", "[why]") {
  Story story;
  WriteUnit unit;
  unit.new_urls.push_back(new_url(5, "http://a/5"));
  unit.new_urls.back().state = UrlState::kSkipped;
  unit.new_urls.back().reason = SkipReason::kTrap;
  unit.new_urls.back().rule = "query_growth";
  story.submit(std::move(unit));
  const Answer answer = why(story, "http://a/5");
  CAPTURE(answer.out);
  CHECK(answer.says("rule        query_growth: its query keeps growing\n"));
  CHECK(answer.says("to do       make it a seed; --no-traps follows all such URLs\n"));
}

TEST_CASE("why: the rule that decided, and where a URL was found", "[why]") {
  Story story;
  PageRow home = ok_page(1, 7, 0);
  WriteUnit unit = page_unit(std::move(home));
  unit.page->links.push_back({5, LinkKind::kAnchor, "nofollow", "next month"});
  unit.page->links.push_back({6, LinkKind::kSitemap, "", ""});
  for (int64_t id = 5; id <= 6; ++id) {
    unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id), 1));
    unit.new_urls.back().via_id = 1;
  }
  unit.new_urls[0].state = UrlState::kSkipped;
  unit.new_urls[0].reason = SkipReason::kTrap;
  unit.new_urls[0].rule = "calendar\x1b";
  unit.new_urls[1].role = UrlRole::kAsset;
  story.submit(std::move(unit));
  const Answer trap = why(story, "http://a/5");
  CAPTURE(trap.out);
  CHECK(trap.says("skipped     trap\n  rule        calendar\\x1b\n"));
  CHECK(trap.says("found by    link of kind a, rel \"nofollow\", it says \"next month\"\n"));
  const Answer listed = why(story, "http://a/6");
  CAPTURE(listed.out);
  CHECK(listed.says("links       1 to it, 0 on it; 1 sitemap lists it"));
  CHECK(listed.says("wanted as   asset"));
}

TEST_CASE("why: robots.txt is that of the URL's scheme", "[why]") {
  Story story;
  WriteUnit unit;
  HostRow host = new_host(1, "a");
  host.robots[0].state = RobotsState::kUnreachable;
  host.robots[0].fetched_at = kStart;
  host.robots[0].failing_since = kStart - 1'000;
  host.robots[1].state = RobotsState::kUnavailable;
  unit.host_updates.push_back(host);
  unit.new_urls.push_back(new_url(5, "https://a/"));
  story.submit(std::move(unit));
  CHECK(
      why(story).says("robots.txt  could not be had: nothing is allowed for now since "
                      "2023-11-14T22:13:19.000Z (asked 2023-11-14T22:13:20.000Z)\n"));
  CHECK(why(story, "https://a/").says("robots.txt  the host has none"));
}

TEST_CASE("cat: a run's version, the nearest before it, and one that is gone", "[cat]") {
  Writer::Options options;
  options.keep_versions = 2;
  Story story(options);
  static constexpr std::string_view kTexts = "0123456789";
  const auto version = [&](uint64_t n) { return ok_page(1, n, 0, "", kTexts.substr(n, 1)); };
  story.next_run().then(version(1)).next_run().then(version(2)).next_run().then(not_modified());
  story.next_run().then(version(3));
  story.ask("1");
  const auto text_of = [&](int64_t run) {
    return ask(command_cat, story.path(), {"http://a/"}, false, true, run);
  };
  CHECK(text_of(5).out == "3\n");
  CHECK(text_of(99).out == "3\n");
  CHECK(text_of(4).out == "2\n");
  CHECK(text_of(3).out == "2\n");
  const Answer released = text_of(2);
  CHECK(released.code == ExitCode::kNoInput);
  CHECK(released.err.find("that run 2 stored is not kept any more") != std::string::npos);
  const Answer early = text_of(1);
  CHECK(early.code == ExitCode::kNoInput);
  CHECK(early.err.find("run 1 and those before it had not stored http://a/ yet") !=
        std::string::npos);
}

TEST_CASE("status: traps by rule, and duplicates", "[status]") {
  Story story;
  WriteUnit unit;
  const char* rules[] = {"calendar", "calendar", "deep_path"};
  for (int64_t id = 5; id <= 7; ++id) {
    unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id)));
    unit.new_urls.back().state = UrlState::kSkipped;
    unit.new_urls.back().reason = SkipReason::kTrap;
    unit.new_urls.back().rule = rules[id - 5];
  }
  story.submit(std::move(unit));
  const std::string text(300, 'x');
  for (int64_t id = 1; id <= 3; ++id) {
    PageRow page = ok_page(id, id == 3 ? 8 : 7, 0, "Title", text);
    page.text_hash = page.content_hash;
    page.simhash = page.content_hash;
    story.then(std::move(page));
  }
  story.ask("1");
  const Answer answer = ask(status, story.path());
  CAPTURE(answer.out);
  CHECK(answer.says(
      "traps, by rule\n          2  calendar             it belongs to a calendar without end\n"));
  CHECK(answer.says("duplicates\n          1  exact"));
  const Answer json = ask(status, story.path(), {}, true);
  CAPTURE(json.out);
  CHECK(json.says("\"calendar\": 2"));
  CHECK(json.says("\"exact_duplicates\": 1"));
  CHECK(json.says("\"near_duplicates\": 0"));
}
