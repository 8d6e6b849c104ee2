// SPDX-License-Identifier: MIT
// When pages are gone, across runs: what storage/revisit.h settles, as the tables show it.
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

TEST_CASE("gone: a page is gone when a second run finds it missing, once", "[gone]") {
  const int64_t status = GENERATE(404, 410);
  const std::string code = std::to_string(status);
  Story story;
  story.then(ok_page(1, 7, 0)).next_run().then(with_status(1, status));
  CHECK(story.page("outcome||status||' '||detail") == "http_error" + code + " it failed");
  CHECK(story.url("outcome||' '||reason") == "http_error it failed");
  CHECK(story.kept() == "1 1 Title text");
  CHECK(story.changes() == "new -");

  story.then(with_status(1, status));  // the same run once more
  CHECK(story.url("outcome") == "http_error");

  story.next_run().then(with_status(1, status));
  CHECK(story.page("outcome||status||' '||detail") == "gone" + code + " it failed");
  CHECK(story.url("outcome") == "gone");
  CHECK(story.kept() == "1 1 Title text");
  story.next_run().then(with_status(1, status));
  CHECK(story.changes() == "new - - gone -");
  CHECK(story.ask("group_concat(run||change||text_changed, ' ') FROM changes") == "1new1 3gone0");

  story.next_run().then(ok_page(1, 7, 0));
  CHECK(story.changes() == "new - - gone - new");
  CHECK(story.url("outcome") == "ok");
}

TEST_CASE("gone: a 304 brings a page back too", "[gone]") {
  Story story;
  story.then(ok_page(1, 7, 0)).next_run().then(with_status(1, 404)).next_run();
  story.then(with_status(1, 404)).next_run().then(not_modified());
  CHECK(story.changes() == "new - gone new");
  CHECK(story.page("outcome||status||failures||ifnull(missing_run, '-')") == "ok2000-");
  CHECK(story.ask("group_concat(at = '1970-01-01T00:00:00.104Z') FROM versions") == "1");
}

TEST_CASE("gone: a month of failures, and not less", "[gone]") {
  Story story;
  story.then(ok_page(1, 7, 0)).next_run().then(failed_page(1, Outcome::kConnectFailed, 0));
  CHECK(story.page("failures||' '||failing_since") == "1 102");
  story.wait(30 * kDay - 2).next_run().then(failed_page(1, Outcome::kTimeout, 0));
  CHECK(story.url("outcome") == "timeout");
  CHECK(story.page("failures") == "2");
  // It takes two failures' word, as a clock may jump.
  story.next_run().then(failed_page(1, Outcome::kTimeout, 0));
  CHECK(story.url("outcome") == "timeout");
  story.next_run().then(failed_page(1, Outcome::kTimeout, 0));
  CHECK(story.url("outcome||' '||reason") ==
        "gone no good answer since 1970-01-01T00:00:00.102Z: it failed");
  CHECK(story.page("outcome||' '||detail") ==
        "gone no good answer since 1970-01-01T00:00:00.102Z: it failed");
  CHECK(story.ask("group_concat(outcome, ' ') FROM visits") ==
        "ok connect_failed timeout timeout timeout");
  story.next_run().then(failed_page(1, Outcome::kTimeout, 0));
  CHECK(story.url("outcome") == "gone");
  CHECK(story.changes() == "new - - - gone -");
}

TEST_CASE("gone: an outage of ours marks nothing gone", "[gone]") {
  Story story;
  story.then(ok_page(1, 7, 0));
  for (int month = 0; month < 3; ++month) {
    PageRow outage = failed_page(1, Outcome::kDnsFailed, 0);
    outage.counts_as_failure = false;
    story.wait(30 * kDay).next_run().then(std::move(outage));
    PageRow portal = with_status(1, 404);
    portal.counts_as_failure = false;
    story.next_run().then(std::move(portal));
  }
  CHECK(story.url("outcome") == "http_error");
  CHECK(story.page("failures||ifnull(failing_since, '-')||ifnull(missing_run, '-')") == "0--");
}

TEST_CASE("gone: what kills fetchers is not the page's failure", "[gone]") {
  Story story;
  story.then(ok_page(1, 7, 0)).then(failed_page(1, Outcome::kCrashedFetcher, 0));
  CHECK(story.page("outcome||failures") == "crashed_fetcher0");
}

TEST_CASE("gone: a success forgets the failures before it", "[gone]") {
  const bool confirmed = GENERATE(false, true);
  Story story;
  story.then(ok_page(1, 7, 0)).next_run().then(with_status(1, 404)).next_run();
  story.then(confirmed ? not_modified() : ok_page(1, 7, 0)).next_run().then(with_status(1, 404));
  CHECK(story.url("outcome") == "http_error");
  CHECK(story.page("failures||' '||failing_since||' '||missing_run") == "1 104 4");
}

TEST_CASE("gone: a page that never was there has the fetcher's word", "[gone]") {
  Story story;
  story.then(with_status(1, 410)).next_run().then(with_status(1, 410));
  CHECK(story.url("outcome") == "gone");
  CHECK(story.changes() == "- -");
  Story other;
  other.then(with_status(1, 404)).next_run().then(with_status(1, 404));
  CHECK(other.url("outcome") == "http_error");
}

TEST_CASE("gone: a URL that stays pending has no outcome, whatever its page says", "[gone]") {
  Story story;
  story.then(ok_page(1, 7, 0)).next_run().then(with_status(1, 404)).next_run();
  PageRow missing = with_status(1, 404);
  missing.fetched_at = 500;
  WriteUnit unit = page_unit(std::move(missing));
  unit.url_updates[0].state = UrlState::kPending;
  unit.url_updates[0].reason = "again";
  story.submit(std::move(unit));
  CHECK(story.url("state||ifnull(outcome, '-')||reason") == "pending-again");
  CHECK(story.page("outcome") == "gone");
}

TEST_CASE("gone: intervals and times of the next fetch are stored", "[gone]") {
  Writer::Options options;
  options.revisit_ms = 4 * kHour;
  Story story(options);
  const auto due_in = [&] {
    return story.ask(
        "((due_at - fetched_at) / 3600000)||' '||ifnull(interval_ms / 3600000, '-') "
        "FROM url JOIN page ON url_id = id WHERE id = 1");
  };
  story.then(failed_page(1, Outcome::kTimeout, 0));
  CHECK(due_in() == "0 -");
  story.then(ok_page(1, 7, 0));
  CHECK(due_in() == "4 4");
  story.then(not_modified());
  CHECK(due_in() == "8 8");
  story.then(ok_page(1, 7, 0));
  CHECK(due_in() == "16 16");
  story.then(ok_page(1, 8, 0));
  CHECK(due_in() == "8 8");
  story.then(failed_page(1, Outcome::kTimeout, 0));
  CHECK(due_in() == "0 8");
  PageRow duplicate = ok_page(1, 8, 0);
  duplicate.canonical_id = 2;
  story.then(std::move(duplicate));
  CHECK(due_in() == "720 720");
  CHECK(story.ask("duplicate_of FROM pages") == "http://a/2");
  story.then(not_modified());
  CHECK(due_in() == "720 720");
  PageRow moved = failed_page(1, Outcome::kRedirect, 0, BodyStore::kReplace);
  moved.status = GENERATE(302, 301);
  const std::string expected = moved.status == 301 ? "720 720" : "4 4";
  story.then(std::move(moved));
  CHECK(due_in() == expected);
}

TEST_CASE("gone: a page is due when it asks not to be shown any more", "[gone]") {
  Story story;
  const auto due_in = [&](int64_t unavailable_after) {
    PageRow page = ok_page(1, 7, 0);
    page.unavailable_after = unavailable_after;
    story.then(std::move(page));
    return story.ask("(due_at - fetched_at) / 3600000 FROM url JOIN page ON url_id = id");
  };
  CHECK(due_in(story.now() + 3 * kHour) == "2");  // the fetch is a millisecond later
  CHECK(due_in(story.now() + 100 * kDay) == "40");
  CHECK(due_in(story.now() - kHour) == "80");
}

TEST_CASE("gone: a page without its URL's update is due all the same", "[gone]") {
  Story story;
  PageRow page = ok_page(1, 7, 0);
  page.fetched_at = 1'000;
  WriteUnit unit;
  unit.page = std::move(page);
  story.submit(std::move(unit));
  CHECK(story.url("state||' '||due_at") == "pending " + std::to_string(1'000 + 20 * kHour));
}
