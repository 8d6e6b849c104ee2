// SPDX-License-Identifier: MIT
#include "storage/content_store.h"

#include <xxhash.h>

#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

struct Store {
  ScratchFolder dir;
  Database database;
  ContentStore contents;

  Store() : database(open()), contents(create()) {}
  Database open() {
    Result<Database> opened = Database::open_writer(dir.path("crawl.db"));
    REQUIRE(opened);
    return std::move(*opened);
  }
  ContentStore create() {
    Result<ContentStore> made = ContentStore::create(database, 42);
    REQUIRE(made);
    return std::move(*made);
  }
  int64_t replace(int64_t id, const Content& content) {
    const Result<int64_t> result = contents.replace(id, content);
    REQUIRE(result);
    return *result;
  }
  std::string rows() {
    return query_text(database,
                      "SELECT ifnull(group_concat(id||':'||refs||ifnull(text, '-')||"
                      "ifnull(main_text, '-')||ifnull(zstd, '-'), ' '), '') FROM content");
  }
};

}  // namespace

TEST_CASE("content: what is the same byte for byte is stored once and counted", "[content]") {
  Store store;
  CHECK(store.replace(0, {"t", "m", "z"}) == 1);
  CHECK(store.replace(0, {"t", "m", "z"}) == 1);
  CHECK(store.replace(0, {"t", "", "mz"}) == 2);
  CHECK(store.replace(0, {std::nullopt, "", "z"}) == 3);
  CHECK(store.replace(0, {"", "", "z"}) == 4);  // an empty text is not a withheld one
  CHECK(store.rows() == "1:2tmz 2:1t-mz 3:1--z 4:1-z");
}

TEST_CASE("content: what is not referred to any more is deleted", "[content]") {
  Store store;
  CHECK(store.replace(0, {"a", "", ""}) == 1);
  CHECK(store.replace(0, {"a", "", ""}) == 1);
  REQUIRE(store.contents.release(1));
  CHECK(store.rows() == "1:1a--");
  CHECK(store.replace(1, {std::nullopt, "", ""}) == 0);
  CHECK(store.rows().empty());
  CHECK(store.replace(0, {std::nullopt, "", ""}) == 0);
}

TEST_CASE("content: what has one reference is changed in its place, what has more is not",
          "[content]") {
  Store store;
  CHECK(store.replace(0, {"a", "m", "z"}) == 1);
  CHECK(store.replace(1, {"b", "", ""}) == 1);
  CHECK(store.rows() == "1:1b--");
  CHECK(store.replace(0, {"b", "", ""}) == 1);  // found by its new fingerprint
  CHECK(store.replace(1, {"c", "", ""}) == 2);
  CHECK(store.rows() == "1:1b-- 2:1c--");
  CHECK(store.replace(2, {"b", "", ""}) == 1);
  CHECK(store.rows() == "1:2b--");
}

TEST_CASE("content: the same again touches nothing", "[content]") {
  Store store;
  CHECK(store.replace(0, {"a", "", "z"}) == 1);
  const std::string before = query_text(store.database, "SELECT total_changes()");
  CHECK(store.replace(1, {"a", "", "z"}) == 1);
  CHECK(query_text(store.database, "SELECT total_changes()") == before);
}

TEST_CASE("content: an equal fingerprint alone shares nothing", "[content]") {
  Store store;
  CHECK(store.replace(0, {"a", "", ""}) == 1);
  const std::string fingerprint =
      query_text(store.database, "SELECT fingerprint FROM content WHERE id = 1");
  for (int i = 2; i <= 7; ++i) {
    REQUIRE(store.database.execute("INSERT INTO content VALUES(" + std::to_string(i) + ", 1, " +
                                   fingerprint + ", 'other', NULL, NULL)"));
  }
  REQUIRE(store.database.execute("UPDATE content SET text = 'other' WHERE id = 1"));
  CHECK(store.replace(0, {"a", "", ""}) == 8);
  CHECK(query_text(store.database, "SELECT max(refs) FROM content") == "1");
}

TEST_CASE("content: the fingerprint depends on the database's seed", "[content]") {
  Story story;
  story.then(ok_page(1, 7, 0, "Title", "some text"));
  const std::string text = "some text";
  const std::string body = "body 7";
  const uint64_t seed = static_cast<uint64_t>(
      std::stoll(story.ask("value FROM meta WHERE key = 'fingerprint_seed'")));
  uint64_t hash = XXH3_64bits_withSeed(text.data(), text.size(), seed);
  hash = XXH3_64bits_withSeed("", 0, hash);
  hash = XXH3_64bits_withSeed(body.data(), body.size(), hash);
  CHECK(story.ask("fingerprint FROM content") == std::to_string(static_cast<int64_t>(hash)));
}

TEST_CASE("content: pages share what is the same, whatever hash the fetcher claims", "[content]") {
  Story story;
  const auto page = [](int64_t id, uint64_t claimed, std::string_view body) {
    PageRow row = ok_page(id, claimed, 1'000 + id);
    row.body_zstd = body;
    return row;
  };
  story.submit(page_unit(page(1, 7, "one")));
  story.submit(page_unit(page(2, 8, "one")));   // the same body under another hash
  story.submit(page_unit(page(3, 7, "evil")));  // another body under the same hash
  CHECK(story.ask("group_concat(url_id||':'||content_id, ' ') FROM page") == "1:1 2:1 3:2");
  CHECK(story.ask("group_concat(refs||zstd, ' ') FROM content") == "2one 1evil");
  story.submit(page_unit(page(2, 9, "evil")));
  story.submit(page_unit(failed_page(1, Outcome::kRedirect, 2'000, BodyStore::kReplace)));
  CHECK(story.ask("group_concat(id||':'||refs||zstd, ' ') FROM content") == "2:2evil");
}

TEST_CASE("content: main_text is text where nothing sets it apart", "[content]") {
  Story story;
  PageRow page = ok_page(1, 7, 0, "Title", "menu main");
  page.main_text = "main";
  story.then(std::move(page));
  CHECK(story.ask("text||'|'||main_text||'|'||text_bytes FROM pages") == "menu main|main|9");
  story.then(ok_page(1, 8, 0, "Title", "all"));
  CHECK(story.ask("text||'|'||main_text FROM pages") == "all|all");
}

TEST_CASE("content: a page that is not to be indexed has no text, which is not ''", "[content]") {
  Story story;
  PageRow page = ok_page(1, 7, 0, "Title", "");
  page.withheld = true;
  page.robots_directives = 3;
  page.text_hash = 5;
  story.then(std::move(page));
  CHECK(story.ask("(text IS NULL)||(main_text IS NULL)||(text_bytes IS NULL)||robots FROM pages") ==
        "111noindex nofollow");
  CHECK(story.ask("count(*) FROM content") == "0");
  CHECK(story.changes() == "new");
  story.then(not_modified());
  CHECK(story.page("outcome") == "ok");
}

TEST_CASE("content: a 304 does not touch it", "[content]") {
  Story story;
  story.then(ok_page(1, 7, 0));
  const std::string before = story.ask("content_id||':'||changed_at FROM page");
  story.then(not_modified());
  CHECK(story.ask("content_id||':'||changed_at FROM page") == before);
  CHECK(story.ask("group_concat(refs) FROM content") == "1");
}

TEST_CASE("content: changes tell the body and the text apart", "[content]") {
  Story story;
  const auto page = [](uint64_t content, uint64_t text) {
    PageRow row = ok_page(1, content, 0);
    row.text_hash = text;
    return row;
  };
  story.then(page(1, 1)).then(page(2, 1)).then(page(3, 2)).then(page(3, 2)).then(page(4, 0));
  CHECK(story.ask("group_concat(change||text_changed, ' ') FROM changes") ==
        "new1 changed0 changed1 changed1");
}
