// SPDX-License-Identifier: MIT
// What a fetch does to what was stored before.
#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

// Stores the fetches one after another and answers questions about URL 1.
class Story {
 public:
  Story() : run_(dir_.file("crawl.db")) {
    WriteUnit unit;
    unit.new_hosts.push_back(new_host(1, "a"));
    unit.new_urls.push_back(new_url(1, "http://a/"));
    unit.new_urls.push_back(new_url(2, "http://a/2"));
    run_.writer->submit(std::move(unit));
  }
  Story& then(PageRow page) {
    page.fetched_at = ++now_;
    if (page.outcome == Outcome::kOk) {
      page.links.push_back({2, LinkKind::kAnchor, "", ""});
      page.body_zstd = "zstd";
    }
    last_ = run_.writer->submit(page_unit(std::move(page)));
    return *this;
  }
  std::string ask(const std::string& columns) {
    run_.writer->flush();
    if (last_ > asked_) REQUIRE(run_.wait_committed(last_));
    asked_ = last_;
    return query_file(dir_.file("crawl.db"), "SELECT " + columns);
  }
  std::string page(const std::string& columns) { return ask(columns + " FROM page"); }
  std::string changes() {
    return ask(
        "group_concat(ifnull(change, '-'), ' ') FROM (SELECT change FROM visit ORDER BY at)");
  }
  std::string kept() {
    return ask(
        "(SELECT count(*) FROM link)||' '||(SELECT count(*) FROM body)||' '||"
        "(SELECT ifnull(title, '-')||' '||ifnull(text, '-') FROM page)");
  }

 private:
  const TempDir dir_;
  TestRun run_;
  int64_t now_ = 100;
  uint64_t last_ = 0;
  uint64_t asked_ = 0;
};

PageRow not_modified() {
  PageRow row = failed_page(1, Outcome::kNotModified, 0);
  row.status = 304;
  row.detail = {};
  row.elapsed_ms = 77;
  return row;
}

}  // namespace

TEST_CASE("page: the first copy is new, the same again is no change, another is changed",
          "[page]") {
  Story story;
  story.then(ok_page(1, 7, 0)).then(ok_page(1, 7, 0)).then(ok_page(1, 8, 0, "Other", "new"));
  CHECK(story.changes() == "new - changed");
  CHECK(story.page("changed_at||' '||fetched_at") == "103 103");
  CHECK(story.kept() == "1 1 Other new");
}

TEST_CASE("page: a copy without a change keeps the time of the last change", "[page]") {
  Story story;
  story.then(ok_page(1, 7, 0)).then(ok_page(1, 7, 0));
  CHECK(story.page("changed_at||' '||fetched_at") == "101 102");
}

TEST_CASE("page: a new copy replaces links and body", "[page]") {
  Story story;
  PageRow bare = ok_page(1, 8, 0);
  bare.outcome = Outcome::kTooLarge;  // came without links and body
  story.then(ok_page(1, 7, 0)).then(std::move(bare));
  CHECK(story.kept() == "0 0 Title text");
  CHECK(story.page("outcome") == "too_large");
  CHECK(story.changes() == "new changed");
}

TEST_CASE("page: not_modified keeps the copy and confirms it", "[page]") {
  Story story;
  story.then(ok_page(1, 7, 0)).then(not_modified());
  CHECK(story.kept() == "1 1 Title text");
  CHECK(story.page("outcome||status||' '||fetched_at||' '||elapsed_ms||' '||changed_at") ==
        "ok200 102 77 101");
  CHECK(story.changes() == "new -");
  CHECK(story.ask("group_concat(outcome||status||content_hash, ' ') FROM visit") ==
        "ok2007 not_modified3047");
}

TEST_CASE("page: a failure keeps the copy, and not_modified makes it good again", "[page]") {
  Story story;
  PageRow failed = failed_page(1, Outcome::kHttpError, 0);
  failed.status = 503;
  story.then(ok_page(1, 7, 0)).then(std::move(failed));
  CHECK(story.kept() == "1 1 Title text");
  CHECK(story.page("outcome||status||' '||detail||' '||fetched_at||content_type") ==
        "http_error503 it failed 102text/html");
  CHECK(story.page("content_hash||' '||bytes") == "7 100");
  story.then(not_modified());
  CHECK(story.page("outcome||status||ifnull(detail, '-')") == "ok200-");
  CHECK(story.changes() == "new - -");
}

TEST_CASE("page: a failure without a copy before it is stored with its facts only", "[page]") {
  Story story;
  story.then(failed_page(1, Outcome::kTimeout, 0));
  CHECK(story.page("outcome||ifnull(status,'-')||ifnull(text,'-')||ifnull(content_hash,'-')") ==
        "timeout---");
  CHECK(story.changes() == "-");
  story.then(ok_page(1, 7, 0));
  CHECK(story.changes() == "- new");
}

TEST_CASE("page: not_modified without a copy does not invent one", "[page]") {
  Story story;
  story.then(not_modified());
  CHECK(story.page("outcome||ifnull(text,'-')") == "not_modified-");
  story.then(not_modified());
  CHECK(story.page("outcome||fetched_at") == "not_modified102");
}

TEST_CASE("page: one that goes is gone once, and new when it comes back", "[page]") {
  Story story;
  story.then(ok_page(1, 7, 0))
      .then(failed_page(1, Outcome::kGone, 0))
      .then(failed_page(1, Outcome::kGone, 0))
      .then(ok_page(1, 7, 0));
  CHECK(story.changes() == "new gone - new");
  CHECK(story.kept() == "1 1 Title text");
}

TEST_CASE("page: one that was never there is not gone", "[page]") {
  Story story;
  story.then(failed_page(1, Outcome::kGone, 0));
  CHECK(story.changes() == "-");
}

TEST_CASE("page: one that becomes a redirect has changed", "[page]") {
  Story story;
  PageRow redirect = failed_page(1, Outcome::kRedirect, 0, BodyStore::kReplace);
  redirect.redirect_id = 2;
  story.then(ok_page(1, 7, 0)).then(std::move(redirect));
  CHECK(story.changes() == "new changed");
  CHECK(story.kept() == "0 0 - -");
  CHECK(story.ask("redirect FROM pages") == "http://a/2");
}

TEST_CASE("page: the text of a copy is never NULL", "[page]") {
  Story story;
  story.then(ok_page(1, 7, 0, "", ""));
  CHECK(story.page("text = ''") == "1");
  CHECK(story.page("title IS NULL") == "1");
}

TEST_CASE("page: each fetch is counted in its host and its run, whatever its outcome", "[page]") {
  const auto [outcome, errors] = GENERATE(table<Outcome, int>({{Outcome::kOk, 0},
                                                               {Outcome::kNotModified, 0},
                                                               {Outcome::kRedirect, 0},
                                                               {Outcome::kTooLarge, 0},
                                                               {Outcome::kUnsupportedType, 0},
                                                               {Outcome::kHttpError, 1},
                                                               {Outcome::kGone, 1},
                                                               {Outcome::kTimeout, 1},
                                                               {Outcome::kCrashedFetcher, 1}}));
  CAPTURE(name(outcome));
  Story story;
  story.then(ok_page(1, 7, 0)).then(failed_page(1, outcome, 0));
  CHECK(story.ask("pages||' '||errors FROM host") == "2 " + std::to_string(errors));
  CHECK(story.ask("pages||' '||bytes FROM run") == "2 100");
}

TEST_CASE("page: the bytes of a run are those of all bodies, also of one that was cut", "[page]") {
  Story story;
  PageRow cut = failed_page(1, Outcome::kTooLarge, 0, BodyStore::kReplace);
  cut.body_bytes = 1'000;
  story.then(ok_page(1, 7, 0)).then(std::move(cut));
  CHECK(story.ask("pages||' '||bytes FROM run") == "2 1100");
}

TEST_CASE("page: a host's state is replaced without touching its counts", "[page]") {
  const TempDir dir;
  const std::string path = dir.file("crawl.db");
  TestRun run(path);
  WriteUnit unit;
  unit.new_hosts.push_back(new_host(1, "a"));
  unit.new_hosts.push_back(new_host(2, "b"));
  unit.new_hosts[1].pages = 9;  // the writer counts from nothing
  unit.new_hosts[1].errors = 9;
  unit.new_urls.push_back(new_url(1, "http://a/"));
  run.writer->submit(std::move(unit));
  run.writer->submit(page_unit(failed_page(1, Outcome::kTimeout, 100)));
  WriteUnit update;
  update.host_updates.push_back(new_host(1, "a"));
  update.host_updates[0].delay_ms = 500;
  run.writer->submit(std::move(update));
  run.finish();
  CHECK(query_file(path,
                   "SELECT group_concat(name||' '||delay_ms||' '||pages||' '||errors, ', ') "
                   "FROM host") == "a 500 1 1, b 0 0 0");
}
