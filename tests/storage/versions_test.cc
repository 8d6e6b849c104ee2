// SPDX-License-Identifier: MIT
// --keep-versions: which versions of a page stay readable.
#include "storage/integrity.h"
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

Writer::Options keeping(int versions) {
  Writer::Options options;
  options.keep_versions = versions;
  return options;
}

PageRow version(uint64_t n) {
  static constexpr std::string_view kTexts = "0123456789";
  return ok_page(1, n, 0, "Title", kTexts.substr(n, 1));
}

// The runs whose versions are readable, with their texts, and the rows that hold them.
std::string readable(Story& story) {
  return story.ask("group_concat(run||':'||text, ' ') FROM versions");
}
std::string contents(Story& story) {
  return story.ask("group_concat(text||refs, ' ') FROM content");
}

}  // namespace

TEST_CASE("versions: by default the current copy is all there is", "[versions]") {
  Story story;
  story.then(version(1)).next_run().then(version(2)).next_run().then(version(2));
  CHECK(readable(story) == "2:2");
  CHECK(contents(story) == "21");
  CHECK(story.ask("is_current||' '||content_hash FROM versions") == "1 0000000000000002");
  CHECK(story.ask("count(content_id) FROM visit") == "0");
}

TEST_CASE("versions: as many as are wanted, the latest", "[versions]") {
  Story story(keeping(3));
  for (uint64_t n = 1; n <= 5; ++n) story.then(version(n)).next_run();
  CHECK(readable(story) == "3:3 4:4 5:5");
  CHECK(contents(story) == "31 41 52");  // the current one is the page's too
  story.then(failed_page(1, Outcome::kTimeout, 0)).then(not_modified());
  CHECK(readable(story) == "3:3 4:4 5:5");
}

TEST_CASE("versions: different ones, so that two in turn do not drive out a third", "[versions]") {
  Story story(keeping(3));
  for (const uint64_t n : {0, 1, 2, 3, 2, 3}) story.then(version(n)).next_run();
  CHECK(readable(story) == "2:1 3:2 4:3 5:2 6:3");
  CHECK(contents(story) == "11 22 33");
}

TEST_CASE("versions: fewer are wanted later", "[versions]") {
  Story story(keeping(4));
  for (uint64_t n = 1; n <= 4; ++n) story.then(version(n)).next_run();
  story.next_run(keeping(1)).then(version(5));
  CHECK(readable(story) == "6:5");
  CHECK(contents(story) == "51");
}

TEST_CASE("versions: a page that turns into a redirect keeps those before it", "[versions]") {
  Story story(keeping(2));
  story.then(version(1)).next_run();
  story.then(failed_page(1, Outcome::kRedirect, 0, BodyStore::kReplace));
  CHECK(readable(story) == "1:1");
  CHECK(contents(story) == "11");
}

TEST_CASE("versions: two fetches in one millisecond are two visits", "[versions]") {
  Story story(keeping(3));
  for (uint64_t n = 1; n <= 2; ++n) {
    PageRow page = version(n);
    page.fetched_at = 7;
    story.submit(page_unit(std::move(page)));
  }
  CHECK(readable(story) == "1:1 1:2");
  CHECK(contents(story) == "11 22");
}

TEST_CASE("versions: text that is read anew from the same body is kept with its visit",
          "[versions]") {
  Story story(keeping(2));
  PageRow reread = version(1);
  reread.text = "other";
  story.then(version(1)).next_run().then(std::move(reread));
  CHECK(story.changes() == "new -");
  CHECK(readable(story) == "1:1");
  CHECK(story.ask("text FROM pages") == "other");
  CHECK(contents(story) == "11 other1");
}
