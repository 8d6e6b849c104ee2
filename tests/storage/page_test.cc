// SPDX-License-Identifier: MIT
// What a fetch does to what was stored before.
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

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
  CHECK(story.ask("outcome||ifnull(status,'-')||ifnull(text,'-')||ifnull(content_hash,'-') FROM "
                  "pages") == "timeout---");
  CHECK(story.changes() == "-");
  story.then(ok_page(1, 7, 0));
  CHECK(story.changes() == "- new");
}

TEST_CASE("page: not_modified without a copy does not invent one", "[page]") {
  Story story;
  story.then(not_modified());
  CHECK(story.ask("outcome||ifnull(text,'-') FROM pages") == "not_modified-");
  story.then(not_modified());
  CHECK(story.page("outcome||fetched_at") == "not_modified102");
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
  CHECK(story.ask("text = '' FROM pages") == "1");
  CHECK(story.page("title IS NULL") == "1");
}

TEST_CASE("page: each fetch is counted in its host and its run, whatever its outcome", "[page]") {
  const Outcome outcome = GENERATE(Outcome::kOk, Outcome::kNotModified, Outcome::kHttpError);
  const bool error = GENERATE(false, true);
  CAPTURE(name(outcome), error);
  PageRow page = failed_page(1, outcome, 0);
  page.counts_as_error = error;
  Story story;
  story.then(ok_page(1, 7, 0)).then(std::move(page));
  CHECK(story.ask("pages||' '||errors FROM host") == (error ? "2 1" : "2 0"));
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
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  WriteUnit unit;
  unit.new_hosts.push_back(new_host(1, "a"));
  unit.new_hosts.push_back(new_host(2, "b"));
  unit.new_hosts[1].pages = 9;  // the writer counts from nothing
  unit.new_hosts[1].errors = 9;
  unit.new_urls.push_back(new_url(1, "http://a/"));
  run.writer->submit(std::move(unit));
  PageRow page = failed_page(1, Outcome::kTimeout, 100);
  page.counts_as_error = true;
  run.writer->submit(page_unit(std::move(page)));
  WriteUnit update;
  update.host_updates.push_back(new_host(1, "a"));
  update.host_updates[0].delay_ms = 500;
  run.writer->submit(std::move(update));
  run.finish();
  CHECK(query_file(path,
                   "SELECT group_concat(name||' '||delay_ms||' '||pages||' '||errors, ', ') "
                   "FROM host") == "a 500 1 1, b 0 0 0");
}
