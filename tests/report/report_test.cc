// SPDX-License-Identifier: MIT
#include "report/report.h"

#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Result<Report> try_read(const std::string& path, ReportQuestion question = {}) {
  Result<Database> database = Database::open_reader(path);
  REQUIRE(database);
  question.database = path;
  question.now_ms = 1'700'000'000'000;
  return read_report(*database, question);
}

Report read(const std::string& path, const ReportQuestion& question = {}) {
  Result<Report> report = try_read(path, question);
  REQUIRE(report);
  return std::move(*report);
}

std::string page_of(const Report& report) {
  std::string page;
  REQUIRE(write_report(report, [&page](std::string_view bytes) {
    page += bytes;
    return true;
  }));
  return page;
}

void change(const std::string& path, const std::string& sql) {
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  REQUIRE(database->execute(sql));
}

// Two pages that link to one that is broken, one of them twice, and one of a host that is silent.
void write_crawl(const std::string& path) {
  TestRun run(path);
  WriteUnit unit;
  unit.seeds.push_back(new_seed(1, "http://a.test/"));
  unit.new_hosts.push_back(new_host(1, "a.test"));
  unit.new_hosts.push_back(new_host(2, "silent.test"));
  unit.new_hosts[1].robots[0].state = RobotsState::kUnreachable;
  const char* urls[] = {"http://a.test/", "http://a.test/2", "http://a.test/<b>dead",
                        "http://silent.test/", "http://a.test/later"};
  for (int64_t id = 1; id <= 5; ++id) {
    unit.new_urls.push_back(new_url(id, urls[id - 1], id == 1 ? 0 : 1, id == 4 ? 2 : 1));
  }
  NewUrl skipped = new_url(6, "mailto:a@b.c", 1, 0);
  skipped.state = UrlState::kSkipped;
  skipped.reason = SkipReason::kSchemeRefused;
  unit.new_urls.push_back(skipped);
  run.writer->submit(std::move(unit));
  for (int64_t id = 1; id <= 2; ++id) {
    PageRow page = ok_page(id, 77, 1'000 + id * 100, "<i>Title", "the same text");
    page.elapsed_ms = id * 30;
    for (int64_t copies = 0; copies < id; ++copies) {
      page.links.push_back({3, LinkKind::kAnchor, "", "<script>"});
    }
    run.writer->submit(page_unit(std::move(page)));
  }
  PageRow dead = failed_page(3, Outcome::kGone, 1'400);
  dead.status = 404;
  dead.counts_as_error = true;
  run.writer->submit(page_unit(std::move(dead)));
  WriteUnit last = page_unit(failed_page(4, Outcome::kRobotsUnreachable, 1'500));
  last.events.push_back({2'000, "fetcher_exited", 77, {}, 11, "http://a.test/x", "<died>"});
  last.events.push_back({2'001, "fetcher_exited", 78, 0, {}, "", "well"});
  run.writer->submit(std::move(last));
  run.finish();
}

}  // namespace

TEST_CASE("report: each section counts what is there", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Report report = read(path);
  CHECK(report.urls.all() == 6);
  CHECK(report.urls.coverage.whole);
  CHECK(report.urls.of(UrlState::kPending) == 1);
  CHECK(report.urls.of(Family::kOk) == 2);
  CHECK(report.urls.of(Family::kErrorStatus) == 1);
  CHECK(report.urls.of(Family::kNoAnswer) == 1);
  CHECK(report.urls.reasons[static_cast<size_t>(SkipReason::kSchemeRefused)] == 1);
  CHECK(report.urls.depths[0][static_cast<size_t>(Family::kOk)] == 1);
  CHECK(report.urls.depths[1][static_cast<size_t>(Family::kSkipped)] == 1);
  REQUIRE(report.hosts.most_fetched.size() == 2);
  CHECK(report.hosts.most_fetched[0].name == "a.test");
  CHECK(report.hosts.most_fetched[0].fetched() == 3);
  CHECK(report.hosts.others[static_cast<size_t>(Family::kSkipped)] == 1);
  CHECK(report.pages.elapsed_ms.count() == 3);
  CHECK(report.pages.elapsed_ms.max() == 60);
  CHECK(report.pages.bytes.count() == 2);
  REQUIRE(report.pages.statuses.size() == 2);
  CHECK(report.pages.statuses[0].name == "200");
  CHECK(report.pages.slowest.at(0).url == "http://a.test/2");
  CHECK(sum_of(report.pages.over_time.columns())[static_cast<size_t>(Family::kOk)] == 2);
  CHECK(report.changes.first_run);
  CHECK(report.runs_count == 1);
}

TEST_CASE("report: broken links are those of the view, by target", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Report report = read(path);
  CHECK(std::to_string(report.broken.links) ==
        query_file(path, "SELECT count(*) FROM broken_links"));
  CHECK(report.broken.links == 3);
  REQUIRE(report.broken.most_linked.size() == 1);
  const BrokenTarget& target = report.broken.most_linked[0];
  CHECK(target.url == "http://a.test/<b>dead");
  CHECK(target.status == 404);
  CHECK(target.links == 3);
  REQUIRE(target.places.size() == 2);  // two pages
  CHECK(target.places[0].anchor == "<script>");
}

// Both lists of outcomes say the same.
TEST_CASE("report: a link is broken by the same outcomes as in the view", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  int broken = 0;
  for (size_t i = 1; i <= static_cast<size_t>(Outcome::kLast); ++i) {
    const std::string word(name(static_cast<Outcome>(i)));
    change(path, "UPDATE url SET outcome = '" + word + "' WHERE id = 3");
    CAPTURE(word);
    const int64_t links = read(path).broken.links;
    CHECK(std::to_string(links) == query_file(path, "SELECT count(*) FROM broken_links"));
    broken += links > 0 ? 1 : 0;
  }
  CHECK(broken > 5);
}

TEST_CASE("report: copies are those of the views", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  change(path, "UPDATE page SET simhash = 5 + url_id * 8, text_bytes = 999, text_hash = url_id");
  const Report report = read(path);
  CHECK(report.copies.surplus == 1);
  REQUIRE(report.copies.largest.size() == 1);
  CHECK(report.copies.largest[0].copies == 2);
  CHECK(report.copies.largest[0].urls ==
        std::vector<std::string>{"http://a.test/", "http://a.test/2"});
  CHECK(std::to_string(report.near_copies.surplus) ==
        query_file(path, "SELECT count(*) FROM near_duplicates"));
  CHECK(report.near_copies.surplus > 0);
}

TEST_CASE("report: changes are those of the last run", "[report]") {
  Story story;
  story.then(ok_page(1, 1, 0)).then(ok_page(2, 2, 0)).then(ok_page(3, 3, 0)).next_run();
  story.then(with_status(3, 410)).next_run();  // it may come back
  PageRow edited = ok_page(1, 9, 0, "New title", "another text");
  edited.text_hash = 9;
  story.then(std::move(edited));
  story.then(not_modified(2)).then(with_status(3, 410)).then(ok_page(4, 4, 0));
  story.ask("1");
  const Report report = read(story.path());
  CHECK_FALSE(report.changes.first_run);
  CHECK(report.changes.added == 1);
  CHECK(report.changes.changed == 1);
  CHECK(report.changes.gone == 1);
  REQUIRE(report.changes.rows.size() == 3);
  CHECK(report.changes.rows[0].kind == "gone");
  CHECK(report.changes.rows[1].title == "New title");
  CHECK(report.changes.rows[1].text_changed);
  CHECK(report.changes.rows[2].url == "http://a/4");
  CHECK(std::to_string(report.changes.count()) ==
        query_file(story.path(), "SELECT count(*) FROM changes WHERE run = 3"));
}

TEST_CASE("report: hosts in trouble, and what went wrong in the last run", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  CHECK(read(path).troubles.hosts_count == 1);
  change(path, "UPDATE host SET errors = pages, backoff_level = 2, delay_ms = 8000 WHERE id = 1");
  const Report report = read(path);
  REQUIRE(report.troubles.hosts.size() == 2);
  CHECK(report.troubles.hosts[0].name == "a.test");
  CHECK(report.troubles.hosts[0].why ==
        "every fetch has failed; slowed down after errors, to one request in 8 s");
  CHECK(report.troubles.hosts[1].why == "its robots.txt cannot be had");
  REQUIRE(report.troubles.events.size() == 1);  // the other one ended well
  CHECK(report.troubles.events[0].pid == 77);
  REQUIRE(report.troubles.kinds.size() == 1);
  CHECK(report.troubles.kinds[0].name == "fetcher_crashed");
}

TEST_CASE("report: rows are limited, sums are not", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  ReportQuestion question;
  question.rows_max = 1;
  const Report report = read(path, question);
  REQUIRE(report.hosts.most_fetched.size() == 1);
  CHECK(report.hosts.count == 2);
  CHECK(report.hosts.others[static_cast<size_t>(Family::kNoAnswer)] == 1);
  CHECK(has(page_of(report), "1 of 2 hosts, those with most fetches"));
}

TEST_CASE("report: nothing that was read becomes markup", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("<img src=x>.db");
  write_crawl(path);
  const std::string page = page_of(read(path));
  for (const char* raw : {"<b>", "<script>\"", "<img", "<died>", "<i>Title"}) {
    CAPTURE(raw);
    CHECK_FALSE(has(page, raw));
  }
  CHECK(has(page, "&lt;b&gt;dead"));
  CHECK(has(page, "&lt;script&gt;"));
  CHECK(has(page, "&lt;died&gt;"));
  CHECK(has(page, "&lt;img src=x&gt;.db"));
}

TEST_CASE("report: the answer stands first", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  std::string page = page_of(read(path));
  CHECK(has(page, "<strong>2</strong> pages</a>"));
  CHECK(has(page, "<strong class=\"alarm\">3</strong> broken links</a>"));
  CHECK(has(page, "<strong class=\"alarm\">1</strong> host in trouble</a>"));
  CHECK(has(page, "in the first run."));
  CHECK(has(page, "<strong>1</strong> fetcher died"));
  CHECK(page.find("class=\"answer\"") < page.find("<svg"));
  ReportQuestion running;
  running.running_pid = 123;
  page = page_of(read(path, running));
  CHECK(has(page, ">running</span> Run 1 is under way (PID 123)"));
  change(path, "UPDATE run SET ended_at = NULL, end_reason = NULL");
  CHECK(has(page_of(read(path)), ">died</span>"));
}

TEST_CASE("report: a database without any run says so", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  REQUIRE(Database::open_writer(path));
  const std::string page = page_of(read(path));
  CHECK(has(page, "Nothing has been crawled yet."));
  CHECK_FALSE(has(page, "<section"));
  ReportQuestion running;
  running.running_pid = 5;
  CHECK(has(page_of(read(path, running)), "A first run is starting."));
}

TEST_CASE("report: a run that has fetched nothing yet has every section", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  run.finish();
  const std::string page = page_of(read(path));
  for (const char* words :
       {"no page</a>", "The last run fetched no page.", "No host is known yet.",
        "Nobody has answered yet.", "There are none.", "No two pages are the same",
        "No host is in trouble.", "Nothing went wrong"}) {
    CAPTURE(words);
    CHECK(has(page, words));
  }
}

TEST_CASE("report: what takes too long is left out, and the page says so", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  change(path,
         "INSERT INTO url(id, host_id, seed_id, depth, first_seen_at, role, state, url) "
         "WITH RECURSIVE i(x) AS (SELECT 7 UNION ALL SELECT x + 1 FROM i WHERE x < 200000) "
         "SELECT x, 1, 1, 1, 0, 'page', 'pending', 'http://a.test/' || x FROM i");
  ReportQuestion question;
  question.patience_ms = 1;
  const Report report = read(path, question);
  CHECK_FALSE(report.urls.coverage.whole);
  CHECK(report.urls.all() < 200'000);
  const std::string page = page_of(report);
  CHECK(has(page, "Not complete: the URLs could not all be read in 1 ms"));
  CHECK(has(page, "more than "));
}

TEST_CASE("report: is given up when nobody wants it any more", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  ReportQuestion question;
  question.progress = [](int64_t done, int64_t total) { return done < total / 2; };
  const Result<Report> report = try_read(path, question);
  REQUIRE_FALSE(report);
  CHECK(report.error().code == Errc::kClosed);
}

TEST_CASE("report: a damaged database is an error", "[report]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  std::string bytes = read_file(path);
  for (size_t i = bytes.size() / 3; i < bytes.size(); i += 3) bytes[i] = '\x5a';
  write_file(path, bytes);
  const Result<Report> report = try_read(path);
  REQUIRE_FALSE(report);
  CHECK(report.error().code == Errc::kCorrupt);
}
