// SPDX-License-Identifier: MIT
#include "storage/live.h"

#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

EventRow event_of(const char* kind, int64_t pid, int64_t at) {
  EventRow event;
  event.kind = kind;
  event.pid = pid;
  event.at = at;
  return event;
}

LiveAnswer live(Story& story, int64_t now_ms) {
  story.ask("1");
  Result<Database> database = Database::open_reader(story.path());
  REQUIRE(database);
  Result<LiveAnswer> answer = read_live(*database, now_ms);
  REQUIRE(answer);
  return *answer;
}

}  // namespace

TEST_CASE("live: the fetchers that are alive, with what they fetched last", "[live]") {
  Story story;
  WriteUnit unit;
  for (const int64_t pid : {11, 12, 13}) {
    unit.events.push_back(event_of("fetcher_started", pid, 1));
  }
  unit.events.push_back(event_of("fetcher_exited", 12, 2));
  unit.events.push_back(event_of("fetcher_exited", 13, 2));
  unit.events.push_back(event_of("fetcher_started", 13, 3));  // a PID that came again
  story.submit(std::move(unit));
  for (const int64_t id : {1, 2, 3}) {
    PageRow page = ok_page(id, static_cast<uint64_t>(id), 0);
    page.fetcher_pid = id == 3 ? 12 : 11;
    story.wait(1'000).then(page);
  }
  const LiveAnswer answer = live(story, story.now() + 1'000);
  REQUIRE(answer.fetchers.size() == 2);
  CHECK(answer.fetchers[0].pid == 11);
  CHECK(answer.fetchers[0].pages == 2);
  CHECK(answer.fetchers[0].last_url == "http://a/2");
  CHECK(answer.fetchers[1].pid == 13);
  CHECK(answer.fetchers[1].last_url.empty());
  CHECK(answer.pages_per_second > 0.9);
  CHECK(answer.pages_per_second < 1.1);
  CHECK_FALSE(answer.left_ms);  // no budget
  CHECK(answer.run == 1);
  CHECK(answer.pending == 1);  // the fourth
}

TEST_CASE("live: what was longer than a minute ago does not count", "[live]") {
  Story story;
  story.then(ok_page(1, 1, 0)).wait(120'000).then(ok_page(2, 2, 0)).wait(1'000);
  story.then(ok_page(3, 3, 0));
  const LiveAnswer answer = live(story, story.now());
  CHECK(answer.pages_per_second > 1.9);  // two in a second
  CHECK(answer.pages_per_second < 2.1);
}

TEST_CASE("live: hosts that have URLs to fetch, by whether they may be asked", "[live]") {
  Story story;
  WriteUnit unit;
  unit.new_hosts.push_back(new_host(2, "b"));
  unit.new_hosts.push_back(new_host(3, "without URLs"));
  unit.new_hosts.back().next_at = 9'999;
  unit.new_hosts.front().next_at = 9'999;
  unit.new_urls.push_back(new_url(5, "http://b/", 0, 2));
  story.submit(std::move(unit));
  const LiveAnswer early = live(story, 9'000);
  CHECK(early.hosts_ready == 1);
  CHECK(early.hosts_waiting == 1);
  CHECK(live(story, 10'000).hosts_ready == 2);
}

TEST_CASE("live: how long a run with a budget takes still", "[live]") {
  const ScratchFolder dir;
  Result<Database> database = Database::open_writer(dir.path("crawl.db"));
  REQUIRE(database);
  REQUIRE(begin_run(*database, 1'000, 1, R"({"max_pages":300,"max_bytes":0,"max_time_ms":0})"));
  REQUIRE(database->execute("UPDATE run SET pages = 100"));
  Result<LiveAnswer> answer = read_live(*database, 11'000);
  REQUIRE(answer);
  CHECK(answer->left_ms == 20'000);
}
