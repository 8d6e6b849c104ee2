// SPDX-License-Identifier: MIT
// Pages out of archives, which may be older than what is stored.
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

PageRow archived(PageRow page, int64_t at) {
  page.fetched_at = at;
  page.archived = true;
  return page;
}

}  // namespace

TEST_CASE("archived: what is as old as the stored page, or older, is passed over", "[archived]") {
  Story story;
  story.then(ok_page(1, 5, 0, "stored"));
  const int64_t at = story.now();
  const std::string before = story.page("title || fetched_at || content_hash");
  story.submit(page_unit(archived(ok_page(1, 6, 0, "older"), at - 1)));
  story.submit(page_unit(archived(ok_page(1, 6, 0, "as old"), at)));
  CHECK(story.page("title || fetched_at || content_hash") == before);
  CHECK(story.ask("count(*) FROM visit") == "1");
  CHECK(story.ask("pages FROM run") == "1");
  story.submit(page_unit(archived(ok_page(1, 6, 0, "newer"), at + 1)));
  CHECK(story.page("title") == "newer");
  CHECK(story.changes() == "new changed");
}

TEST_CASE("archived: the state of a URL whose capture is passed over stays", "[archived]") {
  Story story;
  story.then(ok_page(1, 5, 0));
  story.submit(page_unit(archived(failed_page(1, Outcome::kTimeout, 0), story.now() - 1)));
  CHECK(story.url("outcome") == "ok");
  // One of a URL that has no page yet is stored.
  story.submit(page_unit(archived(failed_page(2, Outcome::kTimeout, 0), 50)));
  CHECK(story.ask("outcome FROM url WHERE id = 2") == "timeout");
}

TEST_CASE("archived: a 304 confirms a copy that is there, and nothing else", "[archived]") {
  Story story;
  story.submit(page_unit(archived(not_modified(1), 1'000)));
  CHECK(story.ask("count(*) FROM page") == "0");
  CHECK(story.url("state") == "pending");
  story.then(ok_page(1, 5, 0));
  story.submit(page_unit(archived(not_modified(1), story.now() + 10)));
  CHECK(story.changes() == "new -");
  CHECK(story.page("outcome") == "ok");
}

TEST_CASE("archived: a URL that was skipped is adopted with the parents that it has",
          "[archived]") {
  Story story;
  WriteUnit skipped;
  skipped.new_urls.push_back(new_url(5, "http://b/x", 3, 0));
  skipped.new_urls.back().via_id = 2;
  skipped.new_urls.back().state = UrlState::kSkipped;
  skipped.new_urls.back().reason = SkipReason::kOutOfScope;
  story.submit(std::move(skipped));
  WriteUnit unit = page_unit(archived(ok_page(5, 5, 0), 1'000));
  unit.new_hosts.push_back(new_host(2, "b"));
  UrlUpgrade upgrade;
  upgrade.id = 5;
  upgrade.host_id = 2;
  upgrade.keeps_parents = true;
  unit.upgrades.push_back(upgrade);
  story.submit(std::move(unit));
  CHECK(story.ask("state || ' ' || outcome || ' ' || ifnull(reason, '-') || ' ' || host_id || ' ' "
                  "|| via_id "
                  "|| ' ' || depth FROM url WHERE id = 5") == "done ok - 2 2 3");
  CHECK(story.ask("pages FROM host WHERE id = 2") == "1");
}
