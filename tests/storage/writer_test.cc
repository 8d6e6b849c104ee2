// SPDX-License-Identifier: MIT
#include "storage/writer.h"

#include <sqlite3.h>

#include "storage/apply.h"
#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

// Commits only when asked to.
Writer::Options lazy() {
  Writer::Options options;
  options.commit_units = 1'000'000;
  options.commit_bytes = size_t{1} << 40;
  options.commit_ms = 3'600'000;
  return options;
}

WriteUnit first_unit() {
  WriteUnit unit;
  unit.seeds.push_back(new_seed(1, "http://a/"));
  unit.new_hosts.push_back(new_host(1, "a"));
  unit.new_urls.push_back(new_url(1, "http://a/"));
  return unit;
}

}  // namespace

TEST_CASE("writer: a page, its links and its URL's state are stored together", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  run.writer->submit(first_unit());
  auto backing = std::make_shared<const std::string>("Hello world nofollow click");
  const std::string_view all = *backing;
  PageRow page = ok_page(1, 0xFFFFFFFFFFFFFFFFu, 1'700'000'000'123, all.substr(0, 5));
  page.backing = backing;
  page.body_zstd = "body";
  page.links.push_back({2, LinkKind::kAnchor, all.substr(12, 8), all.substr(21, 5)});
  page.links.push_back({1, LinkKind::kImage, "", ""});
  WriteUnit unit = page_unit(std::move(page));
  unit.new_urls.push_back(new_url(2, "http://a/2", 1));
  unit.new_urls.back().via_id = 1;
  unit.events.push_back({5'000, "robots", 12, std::nullopt, 9, "http://a/", ""});
  HostRow host = new_host(1, "ignored");
  host.robots[0].state = RobotsState::kOk;
  host.pages = 30;  // ignored, as its name is
  host.errors = 40;
  unit.host_updates.push_back(host);
  run.writer->submit(std::move(unit));
  run.finish();

  Result<Database> database = Database::open_reader(path);
  REQUIRE(database);
  const auto value = [&](const char* sql) { return query_text(*database, sql); };
  CHECK(value("SELECT title FROM pages WHERE url = 'http://a/'") == "Hello");
  CHECK(value("SELECT content_hash FROM pages") == "ffffffffffffffff");
  CHECK(value("SELECT fetched_at FROM pages") == "2023-11-14T22:13:20.123Z");
  CHECK(value("SELECT description IS NULL FROM pages") == "1");
  CHECK(
      value(
          "SELECT group_concat(dst||' '||kind||' '||ifnull(rel,'-')||' '||ifnull(anchor,'-'), ', ')"
          " FROM links") == "http://a/2 a nofollow click, http://a/ image - -");
  CHECK(value("SELECT state||' '||outcome FROM urls WHERE url = 'http://a/'") == "done ok");
  CHECK(value("SELECT state||' '||depth||' '||via||ifnull(outcome,'-') FROM urls WHERE url LIKE "
              "'%2'") == "pending 1 http://a/-");
  CHECK(value("SELECT host||' '||robots_state||' '||pages||' '||errors FROM hosts") == "a ok 1 0");
  CHECK(value("SELECT kind||pid||signal||ifnull(code,'-')||ifnull(text,'-') FROM events") ==
        "robots129--");
  CHECK(value("SELECT change||run FROM changes") == "new1");
  CHECK(value("SELECT zstd FROM content") == "body");
  CHECK(value("SELECT end_reason||' '||pages||' '||bytes||' '||ended_at FROM runs") ==
        "done 1 100 1970-01-01T00:00:09.000Z");
  CHECK(value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("writer: a finished run leaves the database file alone", "[writer]") {
  const ScratchFolder dir;
  TestRun run(dir.path("crawl.db"));
  run.writer->submit(first_unit());
  run.finish();
  CHECK(dir.names() == std::vector<std::string>{"crawl.db"});
}

TEST_CASE("writer: without finish, what was submitted is kept and the run has no end", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  {
    TestRun run(path, lazy());
    run.writer->submit(first_unit());
  }
  CHECK(query_file(path, "SELECT url FROM url") == "http://a/");
  CHECK(query_file(path, "SELECT end_reason FROM run") == "NULL");
}

TEST_CASE("writer: commits by count, by bytes, by age and when asked", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  Writer::Options options = lazy();
  SECTION("by count") { options.commit_units = 1; }
  SECTION("by bytes") { options.commit_bytes = 1; }
  SECTION("by age") { options.commit_ms = 1; }
  SECTION("when asked") {}
  TestRun run(path, options);
  const uint64_t ticket = run.writer->submit(first_unit());
  CHECK(ticket == 1);
  if (options.commit_units > 1 && options.commit_bytes > 1 && options.commit_ms > 1) {
    run.writer->flush();
  }
  REQUIRE(run.wait_committed(ticket));
  CHECK(query_file(path, "SELECT count(*) FROM url") == "1");  // a reader sees it
  CHECK(run.writer->queued_bytes() == 0);
}

TEST_CASE("writer: a flush between two submits is not lost", "[writer]") {
  const ScratchFolder dir;
  TestRun run(dir.path("crawl.db"), lazy());
  for (int64_t id = 1; id <= 200; ++id) {
    WriteUnit unit;
    unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id)));
    const uint64_t ticket = run.writer->submit(std::move(unit));
    run.writer->flush();
    WriteUnit late;
    late.events.push_back({id, "late", {}, {}, {}, "", ""});
    run.writer->submit(std::move(late));
    REQUIRE(run.wait_committed(ticket));
  }
}

TEST_CASE("writer: the tail is answered after what was submitted before it", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path, lazy());
  run.writer->submit(first_unit());
  WriteUnit unit;
  unit.new_urls.push_back(new_url(2, "http://a/deep", 2));
  unit.new_urls.push_back(new_url(3, "http://a/near", 1));
  unit.new_urls.push_back(new_url(4, "http://b/", 0, 2));
  unit.new_urls.push_back(new_url(5, "http://a/skipped", 1));
  unit.new_urls.back().state = UrlState::kSkipped;
  unit.new_urls.back().reason = SkipReason::kTrap;
  unit.new_urls.push_back(new_url(6, "http://a/near2", 1));
  unit.new_urls.back().hops = 3;
  unit.new_urls.back().role = UrlRole::kAsset;
  run.writer->submit(std::move(unit));
  run.writer->request_tail(1, 0, 1, 2);
  std::optional<TailLoaded> tail = run.wait_for<TailLoaded>();
  REQUIRE(tail);
  CHECK(query_file(path, "SELECT count(*) FROM url") == "0");  // nothing is committed yet
  CHECK(tail->host_id == 1);
  CHECK(tail->more);
  REQUIRE(tail->urls.size() == 2);
  CHECK(tail->urls[0].url == "http://a/near");
  CHECK(tail->urls[1].url == "http://a/near2");
  CHECK(tail->urls[1].hops == 3);
  CHECK(tail->urls[1].depth == 1);
  CHECK(tail->urls[1].rank == 1'000);
  CHECK(tail->urls[0].role == UrlRole::kPage);
  CHECK(tail->urls[1].role == UrlRole::kAsset);
  run.writer->request_tail(1, 1'000, 6, 2);
  tail = run.wait_for<TailLoaded>();
  REQUIRE(tail);
  CHECK_FALSE(tail->more);
  REQUIRE(tail->urls.size() == 1);
  CHECK(tail->urls[0].url == "http://a/deep");
  run.writer->request_tail(9, -1, 0, 2);
  tail = run.wait_for<TailLoaded>();
  REQUIRE(tail);
  CHECK(tail->urls.empty());
}

TEST_CASE("writer: the tail is read from its index, in order", "[writer]") {
  const ScratchFolder dir;
  Result<Database> database = Database::open_writer(dir.path("crawl.db"));
  REQUIRE(database);
  const auto plan_of = [&](const char* sql) {
    Result<Statement> plan = database->prepare(std::string("EXPLAIN QUERY PLAN ") + sql);
    REQUIRE(plan);
    std::string text;
    while (*plan->step()) text += std::string(plan->text(3)) + "\n";
    return text;
  };
  const std::string at_rank = plan_of(kTailAtRankSql);
  CAPTURE(at_rank);
  CHECK(at_rank.find("url_pending (host_id=? AND rank=? AND id>?)") != std::string::npos);
  CHECK(at_rank.find("TEMP B-TREE") == std::string::npos);
  const std::string behind = plan_of(kTailBehindSql);
  CAPTURE(behind);
  CHECK(behind.find("url_pending (host_id=? AND rank>?)") != std::string::npos);
  CHECK(behind.find("TEMP B-TREE") == std::string::npos);
}

TEST_CASE("writer: only a page with a copy gives validators to the tail", "[writer]") {
  const ScratchFolder dir;
  TestRun run(dir.path("crawl.db"), lazy());
  run.writer->submit(first_unit());
  const bool with_copy = GENERATE(true, false);
  PageRow page = with_copy ? ok_page(1, 7, 2'000)
                           : failed_page(1, Outcome::kHttpError, 2'000, BodyStore::kReplace);
  page.etag = "\"v1\"";
  WriteUnit unit = page_unit(std::move(page));
  unit.url_updates[0].state = UrlState::kPending;
  run.writer->submit(std::move(unit));
  run.writer->request_tail(1, -1, 0, 10);
  const std::optional<TailLoaded> tail = run.wait_for<TailLoaded>();
  REQUIRE(tail);
  REQUIRE(tail->urls.size() == 1);
  CHECK(tail->urls[0].etag == (with_copy ? "\"v1\"" : ""));
}

TEST_CASE("writer: a page that is not to be shown for ever is fetched whole", "[writer]") {
  const ScratchFolder dir;
  TestRun run(dir.path("crawl.db"), lazy());
  run.writer->submit(first_unit());
  const bool passed = GENERATE(true, false);
  PageRow page = ok_page(1, 7, 2'000);
  page.etag = "\"v1\"";
  page.unavailable_after = passed ? 1'000 : 3'000;
  page.robots_directives = passed ? 8 : 0;
  WriteUnit unit = page_unit(std::move(page));
  unit.url_updates[0].state = UrlState::kPending;
  run.writer->submit(std::move(unit));
  run.writer->request_tail(1, -1, 0, 10);
  const std::optional<TailLoaded> tail = run.wait_for<TailLoaded>();
  REQUIRE(tail);
  REQUIRE(tail->urls.size() == 1);
  CHECK(tail->urls[0].etag == (passed ? "\"v1\"" : ""));
}

TEST_CASE("writer: seeds keep their row and get the new options", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  run.writer->submit(first_unit());
  WriteUnit unit;
  unit.seeds.push_back(new_seed(1, "http://a/"));
  unit.seeds[0].depth = 3;
  unit.seeds[0].scope = "any";
  run.writer->submit(std::move(unit));
  run.finish();
  CHECK(query_file(path, "SELECT group_concat(id||url||depth||scope) FROM seed") ==
        "1http://a/3any");
}

TEST_CASE("writer: an upgrade makes a skipped URL pending with its new parentage", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  WriteUnit unit = first_unit();
  unit.new_urls.push_back(new_url(2, "http://a/x.png", 5));
  unit.new_urls.back().state = UrlState::kSkipped;
  unit.new_urls.back().reason = SkipReason::kAsset;
  run.writer->submit(std::move(unit));
  WriteUnit upgrade;
  upgrade.upgrades.push_back({2, 1, 1, 1, 1, 0, 1'500, UrlRole::kPage});
  run.writer->submit(std::move(upgrade));
  run.finish();
  CHECK(query_file(
            path, "SELECT state||depth||via||ifnull(reason,'-') FROM urls WHERE url LIKE '%png'") ==
        "pending1http://a/-");
}

TEST_CASE("writer: a status of a running crawl sees the run's counters", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path, lazy());
  run.writer->submit(first_unit());
  const uint64_t ticket = run.writer->submit(page_unit(ok_page(1, 7, 2'000)));
  run.writer->flush();
  REQUIRE(run.wait_committed(ticket));
  CHECK(query_file(path, "SELECT pages||' '||bytes||ifnull(end_reason,'-') FROM runs") == "1 100-");
}

TEST_CASE("writer: after a failing unit nothing more is written, and it says so once", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path, lazy());
  const uint64_t first = run.writer->submit(first_unit());
  run.writer->flush();
  REQUIRE(run.wait_committed(first));
  WriteUnit good;
  good.new_urls.push_back(new_url(2, "http://a/2"));
  run.writer->submit(std::move(good));
  WriteUnit bad;
  bad.new_urls.push_back(new_url(3, "http://a/3"));
  bad.new_urls.push_back(new_url(1, "http://a/again"));  // the id is taken
  run.writer->submit(std::move(bad));
  REQUIRE(run.wait_for<WriteFailed>());
  WriteUnit late;
  late.new_urls.push_back(new_url(4, "http://a/4"));
  run.writer->submit(std::move(late));
  run.writer->flush();
  CHECK_FALSE(run.writer->finish("done", 1));
  CHECK(run.writer->take_replies().empty());
  CHECK(run.writer->queued_bytes() == 0);
  CHECK(query_file(path, "SELECT group_concat(id) FROM url") == "1");
  CHECK(query_file(path, "SELECT end_reason FROM run") == "NULL");
}

TEST_CASE("writer: a full disk is reported as such, with the path", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  Result<Database> database = Database::open_writer(path);
  REQUIRE(database);
  Result<RunStart> start = begin_run(*database, 1'000, 1, "{}");
  REQUIRE(start);
  // The same SQLITE_FULL as that of a disk without space.
  const std::string pages = query_text(*database, "PRAGMA page_count");
  REQUIRE(database->execute("PRAGMA max_page_count=" + pages));
  Result<std::unique_ptr<Writer>> writer =
      Writer::start(std::move(*database), start->run_id, lazy());
  REQUIRE(writer);
  const std::string text(100'000, 'x');
  (*writer)->submit(page_unit(ok_page(1, 1, 1, "", text)));
  const Result<void> finished = (*writer)->finish("done", 1);
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == Errc::kFull);
  CHECK(finished.error().message().find(path) != std::string::npos);
  CHECK(finished.error().message().find(" free)") != std::string::npos);
  writer->reset();
  CHECK(query_file(path, "SELECT count(*) FROM page") == "0");
  CHECK(query_file(path, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("writer: readers see whole commits while it writes", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  Writer::Options options = lazy();
  options.commit_units = 8;
  TestRun run(path, options);
  Result<Database> reader = Database::open_reader(path);
  REQUIRE(reader);
  int64_t id = 0;
  for (int i = 0; i < 50; ++i) {
    uint64_t ticket = 0;
    for (int k = 0; k < 8; ++k) {
      WriteUnit unit;
      for (int n = 0; n < 3; ++n) {
        ++id;
        unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id)));
      }
      ticket = run.writer->submit(std::move(unit));
    }
    REQUIRE(std::stoll(query_text(*reader, "SELECT count(*) FROM url")) % 24 == 0);
    REQUIRE(run.wait_committed(ticket));
    REQUIRE(query_text(*reader, "SELECT count(*) FROM url") == std::to_string(id));
  }
}

TEST_CASE("writer: the log does not grow without end", "[writer]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  Writer::Options options = lazy();
  options.commit_units = 1;
  TestRun run(path, options);
  const std::string text(1 << 20, 'x');
  uint64_t ticket = run.writer->submit(first_unit());
  for (int i = 0; i < 150; ++i) ticket = run.writer->submit(page_unit(ok_page(1, 1, i, "", text)));
  REQUIRE(run.wait_committed(ticket));
  CHECK(std::filesystem::file_size(path + "-wal") < (72u << 20));
  run.finish();
}
