// SPDX-License-Identifier: MIT
#include "storage/resume.h"

#include <map>

#include "storage/revisit.h"
#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

Database open(const std::string& path) {
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  return std::move(*database);
}

RunStart begin(Database& database) {
  Result<RunStart> start = begin_run(database, 5'000, 4711, "{\"depth\":3}");
  REQUIRE(start);
  return *start;
}

}  // namespace

TEST_CASE("resume: the first run of a new database", "[resume]") {
  const ScratchFolder dir;
  Database database = open(dir.path("crawl.db"));
  const RunStart start = begin(database);
  CHECK(start.run_id == 1);
  CHECK(start.next_url_id == 1);
  CHECK(start.next_host_id == 1);
  CHECK(start.next_seed_id == 1);
  CHECK_FALSE(start.any_pending);
  CHECK_FALSE(start.any_done);
  CHECK_FALSE(start.previous_died);
  CHECK(query_text(database, "SELECT started_at||pid||options FROM run") ==
        "50004711{\"depth\":3}");
}

TEST_CASE("resume: a run that was killed is marked, once", "[resume]") {
  const ScratchFolder dir;
  Database database = open(dir.path("crawl.db"));
  const uint64_t seed = begin(database).fingerprint_seed;
  const RunStart second = begin(database);
  CHECK(second.previous_died);
  CHECK(second.run_id == 2);
  CHECK(second.fingerprint_seed == seed);
  CHECK(query_text(database, "SELECT end_reason||ifnull(ended_at, '-') FROM run WHERE id = 1") ==
        "died-");
  REQUIRE(database.execute("UPDATE run SET end_reason = 'done' WHERE id = 2"));
  CHECK_FALSE(begin(database).previous_died);
}

TEST_CASE("resume: two databases have two fingerprint seeds", "[resume]") {
  const ScratchFolder dir;
  Database one = open(dir.path("1.db"));
  Database two = open(dir.path("2.db"));
  CHECK(begin(one).fingerprint_seed != begin(two).fingerprint_seed);
}

TEST_CASE("resume: what was stored is read back", "[resume]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  {
    TestRun run(path);
    WriteUnit unit;
    unit.seeds.push_back(new_seed(1, "http://a/"));
    unit.seeds[0].depth = 0;
    unit.seeds[0].tag = "news";
    unit.seeds.push_back(new_seed(2, "http://b/"));
    unit.new_hosts.push_back(new_host(1, "a"));
    unit.new_hosts.push_back(new_host(2, "b:81"));
    RobotsRow& robots = unit.new_hosts[1].robots[1];
    robots.state = RobotsState::kOk;
    robots.rules = "User-agent: *\nDisallow: /x\n";
    robots.fetched_at = 77;
    robots.failing_since = 66;
    robots.crawl_delay_ms = 0;
    unit.new_hosts[1].backoff_level = 3;
    unit.new_hosts[1].latency_ms = 250;
    unit.new_hosts[1].delay_ms = 1'500;
    unit.new_hosts[1].next_at = 88;
    unit.new_urls.push_back(new_url(1, "http://a/"));
    unit.new_urls.push_back(new_url(2, "http://b:81/", 0, 2));
    unit.new_urls.push_back(new_url(3, "http://b:81/x", 1, 2));
    unit.new_urls.push_back(new_url(4, "ftp://c/", 1, 0));
    unit.new_urls.back().state = UrlState::kSkipped;
    unit.new_urls.back().reason = SkipReason::kSchemeRefused;
    run.writer->submit(std::move(unit));
    run.writer->submit(page_unit(ok_page(1, 7, 2'000)));
    PageRow timeout = failed_page(2, Outcome::kTimeout, 2'000);
    timeout.counts_as_error = true;
    WriteUnit again = page_unit(std::move(timeout));
    again.url_updates[0].state = UrlState::kPending;
    again.url_updates[0].reason.clear();
    run.writer->submit(std::move(again));
    run.finish();
  }
  Database database = open(path);
  const RunStart start = begin(database);
  CHECK(start.run_id == 2);
  CHECK(start.next_url_id == 5);
  CHECK(start.next_host_id == 3);
  CHECK(start.next_seed_id == 3);
  CHECK(start.any_pending);
  CHECK(start.any_done);
  CHECK_FALSE(start.previous_died);

  std::vector<SeedRow> seeds;
  REQUIRE(for_each_seed(database, [&](const SeedRow& row) { seeds.push_back(row); }));
  REQUIRE(seeds.size() == 2);
  CHECK(seeds[0].depth == std::optional<int64_t>(0));
  CHECK(seeds[0].tag == "news");
  CHECK_FALSE(seeds[1].depth);
  CHECK(seeds[1].scope.empty());

  std::vector<HostRow> hosts;
  REQUIRE(for_each_host(database, [&](const HostRow& row) { hosts.push_back(row); }));
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0].robots[0].state == RobotsState::kUnknown);
  CHECK(hosts[0].robots[1].state == RobotsState::kUnknown);
  CHECK(hosts[1].name == "b:81");
  CHECK(hosts[1].robots[0].state == RobotsState::kUnknown);
  CHECK_FALSE(hosts[1].robots[0].crawl_delay_ms);
  CHECK(hosts[1].robots[1].state == RobotsState::kOk);
  CHECK(hosts[1].robots[1].rules == "User-agent: *\nDisallow: /x\n");
  CHECK(hosts[1].robots[1].fetched_at == 77);
  CHECK(hosts[1].robots[1].failing_since == 66);
  CHECK(hosts[1].robots[1].crawl_delay_ms == std::optional<int64_t>(0));
  CHECK(hosts[1].backoff_level == 3);
  CHECK(hosts[1].latency_ms == 250);
  CHECK(hosts[1].delay_ms == 1'500);
  CHECK(hosts[1].next_at == 88);
  CHECK(hosts[0].pages == 1);
  CHECK(hosts[0].errors == 0);
  CHECK(hosts[1].pages == 1);
  CHECK(hosts[1].errors == 1);

  std::string urls;
  REQUIRE(for_each_url(database, [&](const KnownUrl& known) {
    urls += std::to_string(known.id) + " " + std::to_string(known.host_id) + " " +
            std::string(known.url) + " " + std::string(known.state) + "\n";
  }));
  CHECK(urls ==
        "1 1 http://a/ done\n2 2 http://b:81/ pending\n3 2 http://b:81/x pending\n"
        "4 0 ftp://c/ skipped\n");

  std::map<int64_t, int64_t> pending;
  REQUIRE(for_each_pending_host(database, [&](int64_t id, int64_t count) { pending[id] = count; }));
  CHECK(pending == std::map<int64_t, int64_t>{{2, 2}});
}

namespace {

// The ids of the URLs that are pending after mark_due().
std::string marked(const std::string& path, int64_t now, bool everything = false) {
  Database database = open(path);
  REQUIRE(mark_due(database, now, everything));
  return query_text(database,
                    "SELECT ifnull(group_concat(id, ' '), '') FROM url WHERE state = 'pending'");
}

constexpr int64_t kFetched = 1'700'000'000'000;
constexpr int64_t kDue = kFetched + 20 * 3'600'000;

// URLs 1 to 4 were fetched at kFetched and are due at kDue; 2 is a seed; sitemaps say that 3
// changed before its fetch and 4 after it. 5 was skipped, 6 crashed its fetchers, 7 was never
// fetched.
std::string finished_crawl(const ScratchFolder& dir) {
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  WriteUnit unit;
  for (int64_t id = 1; id <= 7; ++id) {
    unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id), 4));
  }
  unit.new_urls[1].role = UrlRole::kSeed;
  unit.new_urls[4].state = UrlState::kSkipped;
  unit.new_urls[4].reason = SkipReason::kTrap;
  unit.new_urls[4].rule = "calendar";
  run.writer->submit(std::move(unit));
  for (int64_t id = 1; id <= 4; ++id) run.writer->submit(page_unit(ok_page(id, 7, kFetched)));
  run.writer->submit(page_unit(failed_page(6, Outcome::kCrashedFetcher, kFetched)));
  WriteUnit others;
  others.listed = {{3, kFetched}, {4, kFetched + 1'000}, {6, kFetched + 1'000}};
  others.url_updates.push_back(done_with(7, Outcome::kRobotsUnreachable));
  others.url_updates.back().attempts = 2;
  others.url_updates.back().strikes = 1;
  others.url_updates.back().reason = "why";
  others.url_updates.back().rule = "rule";
  run.writer->submit(std::move(others));
  run.finish();
  return path;
}

}  // namespace

TEST_CASE("resume: what is due becomes pending again, and nothing else does", "[resume]") {
  const ScratchFolder dir;
  const std::string path = finished_crawl(dir);
  SECTION("before anything is due: seeds, what was never fetched") {
    CHECK(marked(path, kFetched + 1) == "2 7");
    Database database = open(path);
    CHECK(query_text(database,
                     "SELECT depth||attempts||strikes||ifnull(reason, '-')||ifnull(rule, '-')"
                     "||ifnull(outcome, '-') FROM url WHERE id = 7") == "401---");
    CHECK(query_text(database,
                     "SELECT group_concat(id||outcome, ' ') FROM url WHERE state = "
                     "'done'") == "1ok 3ok 4ok 6crashed_fetcher");
  }
  SECTION("a change that a sitemap tells of, once it has come") {
    CHECK(marked(path, kFetched + 999) == "2 7");
    CHECK(marked(path, kFetched + 1'000) == "2 4 7");
  }
  SECTION("at its time") {
    CHECK(marked(path, kDue - 1) == "2 4 7");
    CHECK(marked(path, kDue) == "1 2 3 4 7");
  }
  SECTION("what was fetched in the future, by a clock that was set back a year") {
    CHECK(marked(path, kFetched - 365 * kDayMs) == "1 2 3 4 7");
  }
  SECTION("also where it was set back by less than what is due may lie ahead") {
    REQUIRE(open(path).execute("UPDATE run SET ended_at = " + std::to_string(kFetched)));
    CHECK(marked(path, kFetched - 60'000) == "2 7");  // as clocks are corrected every day
    CHECK(marked(path, kFetched - 3 * kHourMs) == "1 2 3 4 7");
  }
  SECTION("everything, where that is asked for") {
    CHECK(marked(path, kFetched, true) == "1 2 3 4 7");
  }
}

// Every host is asked whether it has one: most have not, and need not say so in every run.
TEST_CASE("resume: a sitemap is due with every run, one that is not there in its time",
          "[resume]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  WriteUnit unit;
  for (int64_t id = 1; id <= 2; ++id) {
    unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id), 0));
    unit.new_urls.back().role = UrlRole::kSitemap;
  }
  run.writer->submit(std::move(unit));
  run.writer->submit(page_unit(ok_page(1, 7, kFetched)));
  PageRow missing = failed_page(2, Outcome::kHttpError, kFetched);
  missing.status = 404;
  run.writer->submit(page_unit(std::move(missing)));
  run.finish();
  SECTION("at once") { CHECK(marked(path, kFetched + 1) == "1"); }
  SECTION("in its time") { CHECK(marked(path, kDue) == "1 2"); }
}

TEST_CASE("resume: what was made pending is not marked twice", "[resume]") {
  const ScratchFolder dir;
  const std::string path = finished_crawl(dir);
  Database database = open(path);
  CHECK(*mark_due(database, kDue, false) == 5);
  CHECK(*mark_due(database, kDue, false) == 0);
}

// The run that forgot may die before it has asked any host again.
TEST_CASE("resume: the rules of another agent are forgotten with its name", "[resume]") {
  const ScratchFolder dir;
  Database database = open(dir.path("crawl.db"));
  REQUIRE(remember_robots_agent(database, "one"));
  REQUIRE(database.execute(
      "INSERT INTO robots_txt VALUES(1, 'http', 'ok', 'User-agent: *', 77, NULL, 0),"
      "(2, 'http', 'unavailable', NULL, 77, 66, NULL)"));
  const char* const rows =
      "SELECT ifnull(group_concat(host_id||state||ifnull(fetched_at, '-')||ifnull(failing_since, "
      "'-'), ' '), '') FROM robots_txt";
  REQUIRE(remember_robots_agent(database, "one"));
  CHECK(query_text(database, rows) == "1ok77- 2unavailable7766");
  REQUIRE(remember_robots_agent(database, "two"));
  CHECK(query_text(database, rows) == "2unreachable-66");
}

TEST_CASE("resume: a revisit that has only begun is seen by the run that follows", "[resume]") {
  const ScratchFolder dir;
  const std::string path = finished_crawl(dir);
  Database database = open(path);
  REQUIRE(database.execute("INSERT INTO meta VALUES('decided_by', 'options')"));
  CHECK(*recall_decider(database) == "options");
  REQUIRE(mark_due(database, kDue, false));
  CHECK(recall_decider(database)->empty());
}
