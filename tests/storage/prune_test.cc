// SPDX-License-Identifier: MIT
#include "storage/prune.h"

#include "storage/vacuum.h"
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

Pruned pruned(Story& story, const PruneLimits& limits) {
  story.close();
  Result<Database> database = Database::open_writer(story.path());
  REQUIRE(database);
  Result<Pruned> done = prune(*database, limits, [](int64_t) { return true; });
  REQUIRE(done);
  return *done;
}

std::string ask(const Story& story, const std::string& columns) {
  return query_file(story.path(), "SELECT " + columns);
}

// Page 1 links to URL 2, which is gone since `gone_at`; 3 and 4 are gone as well, 3 found on 4.
Story& tell_of_gone_pages(Story& story) {
  for (const int64_t id : {1, 2, 3, 4}) {
    // It outlives the writer's reading.
    static constexpr std::string_view kTexts = "01234";
    const auto number = static_cast<size_t>(id);
    PageRow page = ok_page(id, number, 0, "Title", kTexts.substr(number, 1));
    page.headers = "Etag: x";
    page.etag = "x";
    story.then(std::move(page));
  }
  for (int night = 1; night <= 2; ++night) {
    story.next_run().then(ok_page(1, 1, 0, "Title", "1"));
    for (const int64_t id : {2, 3, 4}) story.then(with_status(id, 404));
  }
  WriteUnit unit;
  unit.new_urls.push_back(new_url(5, "http://a/5"));  // the newest number is never given back
  story.submit(std::move(unit));
  story.then(ok_page(5, 5, 0, "Title", "5"));
  return story;
}

}  // namespace

TEST_CASE("prune: versions beyond those that are wanted go", "[prune]") {
  Writer::Options options;
  options.keep_versions = 5;
  Story story(options);
  for (const char* text : {"one", "two", "three", "four"}) {
    story.then(ok_page(1, std::hash<std::string>{}(text) | 1, 0, "Title", text)).next_run();
  }
  PruneLimits limits;
  limits.versions = 2;
  limits.dry_run = true;
  CHECK(pruned(story, limits).versions == 2);
  CHECK(ask(story, "group_concat(text, ' ') FROM versions") == "one two three four");
  limits.dry_run = false;
  CHECK(pruned(story, limits).versions == 2);
  CHECK(ask(story, "group_concat(text, ' ') FROM versions") == "three four");
  CHECK(ask(story, "group_concat(text, ' ') FROM content") == "three four");
  CHECK(pruned(story, limits).versions == 0);
}

TEST_CASE("prune: gone pages are emptied, and forgotten where nothing refers to them", "[prune]") {
  Story story;
  tell_of_gone_pages(story);
  PruneLimits limits;
  limits.gone_before = story.now() + 1;
  limits.dry_run = true;
  Pruned counts = pruned(story, limits);
  CHECK(counts.pages == 3);
  CHECK(counts.urls == 2);
  CHECK(ask(story, "count(*) FROM pages WHERE text IS NOT NULL") == "5");

  limits.dry_run = false;
  counts = pruned(story, limits);
  CHECK(counts.pages == 3);
  CHECK(counts.urls == 2);
  CHECK(ask(story, "group_concat(id, ' ') FROM url") == "1 2 5");
  CHECK(ask(story, "group_concat(url_id||outcome, ' ') FROM page") == "1ok 2gone 5ok");
  CHECK(ask(story, "group_concat(text, ' ') FROM content") == "1 5");
  CHECK(ask(story, "group_concat(src_id||dst_id, ' ') FROM link") == "12 52");
  CHECK(ask(story, "ifnull(etag, '-')||ifnull(headers, '-')||title FROM page WHERE url_id = 2") ==
        "--Title");
  CHECK(pruned(story, limits).pages == 0);
}

TEST_CASE("prune: pages that are gone for less stay", "[prune]") {
  Story story;
  tell_of_gone_pages(story);
  PruneLimits limits;
  limits.gone_before = 100;
  const Pruned counts = pruned(story, limits);
  CHECK(counts.pages == 0);
  CHECK(counts.urls == 0);
}

TEST_CASE("prune: what was found on a URL that goes stays, without it", "[prune]") {
  Story story;
  tell_of_gone_pages(story);
  WriteUnit unit;
  unit.new_urls.push_back(new_url(6, "http://a/6"));
  unit.new_urls.back().via_id = 4;
  story.submit(std::move(unit));
  story.then(ok_page(6, 6, 0, "Title", "6"));
  PruneLimits limits;
  limits.gone_before = story.now() + 1;
  CHECK(pruned(story, limits).urls == 2);
  CHECK(ask(story, "group_concat(id, ' ') FROM url") == "1 2 5 6");
  CHECK(ask(story, "ifnull(via_id, '-') FROM url WHERE id = 6") == "-");
}

TEST_CASE("prune: a dry run counts what the real one removes", "[prune]") {
  Story story;
  tell_of_gone_pages(story);
  story.close();
  Result<Database> database = Database::open_writer(story.path());
  REQUIRE(database);
  // One that is gone links to another that is.
  REQUIRE(database->execute("INSERT INTO link VALUES(3, 9, 4, 'a', NULL, NULL)"));
  PruneLimits limits;
  limits.gone_before = story.now() + 1;
  limits.dry_run = true;
  const auto go_on = [](int64_t) { return true; };
  const Result<Pruned> counted = prune(*database, limits, go_on);
  REQUIRE(counted);
  limits.dry_run = false;
  const Result<Pruned> removed = prune(*database, limits, go_on);
  REQUIRE(removed);
  CHECK(counted->urls == 2);
  CHECK(counted->urls == removed->urls);
  CHECK(counted->pages == removed->pages);
}

TEST_CASE("prune: a page that was emptied, and asked for in vain again, is forgotten later",
          "[prune]") {
  Story story;
  tell_of_gone_pages(story);  // page 1 links to 2
  PruneLimits limits;
  limits.gone_before = story.now() + 1;
  CHECK(pruned(story, limits).urls == 2);
  {
    Result<Database> database = Database::open_writer(story.path());
    REQUIRE(database);
    REQUIRE(database->execute(
        "UPDATE page SET outcome = 'http_error' WHERE url_id = 2; DELETE FROM link"));
  }
  CHECK(pruned(story, limits).urls == 1);
  CHECK(ask(story, "group_concat(id, ' ') FROM url") == "1 5");
}

TEST_CASE("prune: wherever it ends, no reference leads to nothing", "[prune]") {
  const int stop_after = GENERATE(0, 1, 2, 3, 4, 5, 6);
  Story story;
  tell_of_gone_pages(story);
  story.close();
  Result<Database> database = Database::open_writer(story.path());
  REQUIRE(database);
  // 2,500 more that are gone, all found on URL 3, which is.
  REQUIRE(database->execute(
      "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2510) "
      "INSERT INTO url(id, host_id, seed_id, via_id, depth, first_seen_at, role, state, outcome, "
      "url) SELECT i, 1, 1, 3, 1, 1, 'page', 'done', 'gone', 'http://a/n' || i FROM n;"
      "INSERT INTO page(url_id, outcome, fetched_at) SELECT id, 'gone', 1 FROM url WHERE id >= 10;"
      "INSERT INTO visit(url_id, run_id, at, outcome, change) SELECT id, 1, 1, 'gone', 'gone' FROM "
      "url WHERE id >= 10;"));
  PruneLimits limits;
  limits.gone_before = story.now() + 1;
  int rounds = 0;
  int64_t rows_before = -1;
  (void)prune(*database, limits, [&](int64_t rows) {
    if (rows != rows_before) ++rounds;  // a transaction has ended
    rows_before = rows;
    return rounds <= stop_after;
  });
  CAPTURE(stop_after);
  for (const char* sql :
       {"url WHERE via_id NOT IN (SELECT id FROM url)",
        "page WHERE url_id NOT IN (SELECT id FROM url)",
        "visit WHERE url_id NOT IN (SELECT id FROM url)",
        "link WHERE dst_id NOT IN (SELECT id FROM url) OR src_id NOT IN (SELECT url_id FROM page)",
        "url WHERE outcome = 'gone' AND id NOT IN (SELECT url_id FROM page)"}) {
    CAPTURE(sql);
    CHECK(query_text(*database, std::string("SELECT count(*) FROM ") + sql) == "0");
  }
  REQUIRE(prune(*database, limits, [](int64_t) { return true; }));
  CHECK(query_text(*database, "SELECT count(*) FROM url") == "4");  // 1, 2, 5, and the newest
}

TEST_CASE("prune: of a page's history, what changed it and the last visit stay", "[prune]") {
  Story story;
  story.then(ok_page(1, 1, 0));
  for (int night = 0; night < 5; ++night) story.next_run().then(not_modified());
  story.next_run().then(ok_page(1, 2, 0)).next_run().then(not_modified()).then(not_modified());
  PruneLimits limits;
  limits.history_before = story.now() - 1;
  CHECK(pruned(story, limits).visits == 5);
  CHECK(ask(story, "group_concat(ifnull(change, '-'), ' ') FROM visit") == "new changed - -");
  limits.history_before = story.now() + 1;
  CHECK(pruned(story, limits).visits == 1);
  CHECK(ask(story, "group_concat(ifnull(change, '-'), ' ') FROM visit") == "new changed -");
}

TEST_CASE("prune: it ends where it is told to, and is whole there", "[prune]") {
  Story story;
  tell_of_gone_pages(story);
  story.close();
  Result<Database> database = Database::open_writer(story.path());
  REQUIRE(database);
  PruneLimits limits;
  limits.gone_before = story.now() + 1;
  limits.history_before = story.now() + 1;
  const Result<Pruned> given_up = prune(*database, limits, [](int64_t) { return false; });
  REQUIRE_FALSE(given_up);
  CHECK(given_up.error().code == Errc::kClosed);
  CHECK(prune(*database, limits, [](int64_t) { return true; }));
  CHECK(ask(story, "group_concat(id, ' ') FROM url") == "1 2 5");
}

TEST_CASE("vacuum: the file becomes smaller, and says the same", "[prune]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  REQUIRE(database->execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) "
      "INSERT INTO event(at, kind, text) SELECT i, 'x', hex(randomblob(50)) FROM n"));
  const Result<void> interrupted = vacuum(*database, path, [] { return true; });
  REQUIRE_FALSE(interrupted);
  CHECK(interrupted.error().code == Errc::kClosed);
  PruneLimits limits;
  limits.history_before = 39'990;
  REQUIRE(prune(*database, limits, [](int64_t) { return true; }));
  const int64_t before = database_bytes(path);
  REQUIRE(vacuum(*database, path, [] { return false; }));
  CHECK(database_bytes(path) < before / 5);
  CHECK(query_file(path, "SELECT count(*)||' '||min(at) FROM event") == "11 39990");
}
