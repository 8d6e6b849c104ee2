// SPDX-License-Identifier: MIT
// What sitemaps and feeds say of URLs that have rows.
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

constexpr int64_t kFetched = 1'700'000'000'000;

// Pages 1 to 3 are done, fetched at kFetched in an earlier run; 4 is pending.
void store_pages(Story& story) {
  story.wait(kFetched - story.now() - 1);
  for (int64_t id = 1; id <= 3; ++id) {
    PageRow page =
        id == 3 ? failed_page(3, Outcome::kCrashedFetcher, kFetched) : ok_page(id, 7, kFetched);
    page.etag = "\"v1\"";
    page.last_modified = "then";
    page.fetched_at = kFetched;
    WriteUnit unit = page_unit(std::move(page));
    unit.url_updates[0].attempts = 2;
    unit.url_updates[0].strikes = 1;
    story.submit(std::move(unit));
  }
  story.next_run();
}

// What a unit with these entries revives; its own page tells what time it is.
std::vector<Revived::Entry> revived(Story& story, std::vector<ListedUrl> listed,
                                    int64_t now = kFetched + 1'000) {
  PageRow sitemap = ok_page(4, 9, now);
  WriteUnit unit = page_unit(std::move(sitemap));
  unit.listed = std::move(listed);
  story.submit(std::move(unit));
  std::optional<Revived> reply = story.run().wait_for<Revived>();
  REQUIRE(reply);
  return std::move(reply->urls);
}

}  // namespace

TEST_CASE("listed: what changed since its fetch is pending again and reported", "[listed]") {
  Story story;
  store_pages(story);
  const std::vector<Revived::Entry> urls = revived(story, {{1, kFetched + 1}});
  REQUIRE(urls.size() == 1);
  CHECK(urls[0].host_id == 1);
  CHECK(urls[0].url.id == 1);
  CHECK(urls[0].url.url == "http://a/");
  CHECK(urls[0].url.etag == "\"v1\"");
  CHECK(urls[0].url.last_modified == "then");
  CHECK(urls[0].url.seed_id == 1);
  CHECK(urls[0].url.attempts == 0);
  CHECK(urls[0].url.strikes == 1);
  CHECK(urls[0].url.role == UrlRole::kPage);
  CHECK(story.url("state||ifnull(outcome, '-')||attempts||strikes||' '||listed_at") ==
        "pending-01 " + std::to_string(kFetched + 1));
}

TEST_CASE("listed: each of the conditions holds back a URL", "[listed]") {
  Story story;
  store_pages(story);
  const auto [url, modified_at] =
      GENERATE(table<int64_t, int64_t>({{1, 0},                 // nothing is known
                                        {1, kFetched},          // the copy is as new
                                        {1, kFetched - 5},      // or newer
                                        {1, kFetched + 1'001},  // not yet
                                        {3, kFetched + 1},      // it killed its fetchers
                                        {4, kFetched + 1},      // it is pending
                                        {99, kFetched + 1}}));  // it is not known
  CAPTURE(url, modified_at);
  WriteUnit pending;
  pending.url_updates.push_back(done_with(4, Outcome::kNone));
  pending.url_updates[0].state = UrlState::kPending;
  story.submit(std::move(pending));
  CHECK(revived(story, {{url, modified_at}}).empty());
}

TEST_CASE("listed: the newest time is kept", "[listed]") {
  Story story;
  store_pages(story);
  revived(story, {{1, kFetched - 5}, {1, kFetched - 9}, {2, 0}});
  CHECK(story.url("listed_at") == std::to_string(kFetched - 5));
  CHECK(story.ask("listed_at IS NULL FROM url WHERE id = 2") == "1");
  revived(story, {{1, kFetched - 4}});
  CHECK(story.url("listed_at") == std::to_string(kFetched - 4));
  CHECK(story.url("state") == "done");
}

TEST_CASE("listed: a URL is revived once", "[listed]") {
  Story story;
  store_pages(story);
  CHECK(revived(story, {{2, kFetched + 1}, {2, kFetched + 2}, {1, kFetched + 2}}).size() == 2);
  CHECK(revived(story, {{2, kFetched + 1}}).empty());
  PageRow fresh = ok_page(2, 8, kFetched + 2'000);
  story.submit(page_unit(std::move(fresh)));
  CHECK(revived(story, {{2, kFetched + 1}}, kFetched + 3'000).empty());
}

// Two sitemaps that list each other as new, or one that a site makes up anew with each request,
// must not keep a run going.
TEST_CASE("listed: what was fetched in a run is not revived in it", "[listed]") {
  Story story;
  store_pages(story);
  story.submit(page_unit(ok_page(2, 8, kFetched + 2'000)));
  CHECK(revived(story, {{2, kFetched + 2'001}}, kFetched + 3'000).empty());
  CHECK(story.ask("listed_at FROM url WHERE id = 2") == std::to_string(kFetched + 2'001));
  story.next_run();
  CHECK(revived(story, {{2, kFetched + 2'001}}, kFetched + 4'000).size() == 1);
}

TEST_CASE("listed: a done URL that was never fetched has its turn in the next run", "[listed]") {
  Story story;
  WriteUnit unit;
  unit.url_updates.push_back(done_with(2, Outcome::kRobotsUnreachable));
  story.submit(std::move(unit));
  CHECK(revived(story, {{2, kFetched}}).empty());
}

TEST_CASE("listed: a unit without entries has no answer, one with any has one", "[listed]") {
  Story story;
  store_pages(story);
  WriteUnit unit = page_unit(ok_page(4, 7, kFetched + 1));
  unit.url_updates.clear();
  unit.listed = {{1, kFetched + 1}};
  story.submit(std::move(unit));
  story.submit(WriteUnit{});
  WriteUnit empty_answer;
  empty_answer.listed = {{2, 0}};
  story.submit(std::move(empty_answer));
  story.run().writer->request_tail(1, -1, 0, 10);
  std::string order;
  bool tail = false;
  while (!tail) {
    pollfd ready{story.run().writer->notify_fd(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 10'000) > 0);
    for (const WriterReply& reply : story.run().writer->take_replies()) {
      if (const auto* answer = std::get_if<Revived>(&reply)) {
        order += "revived " + std::to_string(answer->urls.size()) + ", ";
      }
      if (const auto* answer = std::get_if<TailLoaded>(&reply)) {
        order += "tail " + std::to_string(answer->urls.size());
        tail = true;
      }
    }
  }
  CHECK(order == "revived 1, revived 0, tail 2");  // 1 and 4 are pending
}
