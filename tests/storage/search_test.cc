// SPDX-License-Identifier: MIT
#include "storage/search.h"

#include <algorithm>
#include <string>
#include <vector>

#include "storage/rows.h"
#include "storage/search_index.h"
#include "storage/search_page.h"
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

constexpr auto kGoOn = [](int64_t, int64_t) { return true; };

PageRow page_with(int64_t id, std::string_view title, std::string_view text) {
  const auto hash = std::hash<std::string_view>{}(text);
  const auto backing = std::make_shared<const std::string>(std::string(title).append(text));
  const std::string_view both = *backing;
  PageRow row = ok_page(id, hash, 0, both.substr(0, title.size()), both.substr(title.size()));
  row.backing = backing;
  row.text_hash = hash;
  return row;
}

PageRow left_out(PageRow row) {
  row.robots_directives = 1;
  row.withheld = true;
  row.text = {};
  return row;
}

// A story that is searched.
class SearchStory : public Story {
 public:
  std::string index_path() const { return path() + ".search"; }

  SearchRequest request(std::string_view typed) {
    Result<SearchQuery> query = parse_search_query(typed);
    REQUIRE(query);
    SearchRequest wanted;
    wanted.query = std::move(*query);
    return wanted;
  }

  // Everything so far is in the database.
  Database reader() {
    ask("1");
    Result<Database> crawl = Database::open_reader(path());
    REQUIRE(crawl);
    return std::move(*crawl);
  }

  SearchState update(const SearchProgress& go_on = kGoOn) {
    Database crawl = reader();
    Result<SearchFile> index = updated_index(crawl, index_path(), go_on);
    if (!index) FAIL(index.error().message());
    const Result<SearchState> state = index->read_state();
    REQUIRE(state);
    return *state;
  }

  // The URLs that are found, best first, as "/ /2"; without bringing the index up to date.
  std::string found_by_old_index(std::string_view typed) {
    Database crawl = reader();
    Result<uint64_t> seed = fingerprint_seed(crawl);
    REQUIRE(seed);
    Result<SearchFile> index = SearchFile::open_reader(index_path(), static_cast<int64_t>(*seed));
    if (!index) FAIL(index.error().message());
    Result<SearchAnswer> answer = search(crawl, *index, request(typed));
    if (!answer) FAIL(answer.error().message());
    answer_ = std::move(*answer);
    std::string urls;
    for (const SearchHit& hit : answer_.hits) {
      urls.append(urls.empty() ? "" : " ").append(hit.url.substr(std::string("http://a").size()));
    }
    return urls;
  }
  std::string found(std::string_view typed) {
    update();
    return found_by_old_index(typed);
  }
  const SearchAnswer& answer() const { return answer_; }

 private:
  SearchAnswer answer_;
};

std::string shown(const std::vector<TextPiece>& pieces) {
  std::string text;
  for (const TextPiece& piece : pieces)
    text += piece.is_match ? "[" + piece.text + "]" : piece.text;
  return text;
}

}  // namespace

TEST_CASE("search: pages that have all words, best first", "[search]") {
  SearchStory story;
  story.then(page_with(1, "Birds", "All about birds and their nests."));
  story.then(page_with(2, "Nests", "A nest is what birds build. Nests are round."));
  story.then(page_with(3, "Fish", "Fish build none."));
  CHECK(story.found("nests") == "/2 /");
  CHECK(story.found("birds nests") == "/ /2");
  CHECK(story.found("build") == "/3 /2");
  CHECK(story.found("birds fish") == "");
  CHECK(story.found("\"birds build\"") == "/2");
  CHECK(story.found("nest*") == "/2 /");
  CHECK(story.found("build -fish") == "/2");
  CHECK(story.found("build site:a") == "/3 /2");
  CHECK(story.found("build site:b") == "");
  CHECK(story.found("build -site:a") == "");
  CHECK(story.found("zebra") == "");
  CHECK(story.answer().pages == 0);
  story.found("birds");
  const SearchHit& hit = story.answer().hits.at(0);
  CHECK(shown(hit.title) == "[Birds]");
  CHECK(shown(hit.snippet) == "All about [birds] and their nests.");
  CHECK(hit.changed_at == story.now() - 2);
  CHECK(hit.copies == 1);
  CHECK(story.answer().pages == 2);
}

TEST_CASE("search: two-letter words of scripts without spaces", "[search]") {
  SearchStory story;
  story.then(page_with(1, "東京", "日本の首都は東京です。"));
  story.then(page_with(2, "京都", "京都は古い都です。"));
  CHECK(story.found("首都") == "/");
  CHECK(story.found("京都") == "/2");
  CHECK(story.found("都") == "/2 /");
  CHECK(story.found("古い都") == "/2");
}

TEST_CASE("search: the index follows the crawl", "[search]") {
  SearchStory story;
  story.then(page_with(1, "One", "first words"));
  CHECK(story.found("words") == "/");
  const SearchState before = story.update();
  CHECK(before.is_whole);
  CHECK(before.pages == 1);
  // Nothing is new: nothing is written.
  CHECK(story.update().updated_at == before.updated_at);

  story.wait(kDay).next_run();
  story.then(page_with(1, "One", "other expressions")).then(page_with(2, "Two", "more words"));
  CHECK(story.found("words") == "/2");
  CHECK(story.found("expressions") == "/");
  CHECK(story.update().dead == 1);

  // A failure leaves what was found.
  story.wait(kDay).next_run();
  story.then(with_status(2, 503)).then(not_modified(1));
  CHECK(story.found("words") == "/2");
  CHECK(story.update().pages == 2);
  // Gone is gone.
  story.wait(kDay).next_run().then(with_status(2, 410));
  story.wait(kDay).next_run().then(with_status(2, 410));
  CHECK(story.page("outcome") != "");
  CHECK(story.found("words") == "");
  CHECK(story.update().pages == 1);
  // And back.
  story.wait(kDay).next_run().then(page_with(2, "Two", "more words"));
  CHECK(story.found("words") == "/2");
}

TEST_CASE("search: a page that asks to be left out is not found, at once", "[search]") {
  SearchStory story;
  story.then(page_with(1, "One", "words")).then(page_with(2, "Two", "words of two"));
  CHECK(story.found("words") == "/ /2");
  story.wait(kDay).next_run();
  // The same body, by a header: no change of the page.
  story.then(left_out(page_with(1, "One", "words")));
  CHECK(story.found_by_old_index("words") == "/2");
  CHECK(story.found("words") == "/2");
  CHECK(story.found("one") == "");
  CHECK(story.update().pages == 1);
  story.wait(kDay).next_run().then(page_with(1, "One", "words"));
  CHECK(story.found("words") == "/ /2");

  SECTION("its time has passed") {
    PageRow dated = page_with(2, "Two", "words of two");
    dated.unavailable_after = 1'000;  // long ago
    story.wait(kDay).next_run().then(std::move(dated));
    CHECK(story.found("words") == "/");
  }
}

TEST_CASE("search: pages that are no answers are not found", "[search]") {
  SearchStory story;
  PageRow missing = failed_page(1, Outcome::kHttpError, 0);
  missing.status = 404;
  missing.text = "no such words";
  missing.title = "Not found";
  story.then(std::move(missing));
  PageRow sitemap = page_with(2, "", "words of a sitemap");
  sitemap.document = DocumentKind::kSitemap;
  story.then(std::move(sitemap));
  CHECK(story.found("words") == "");
  CHECK(story.update().pages == 0);
  CHECK(story.update().is_whole);
}

TEST_CASE("search: the same text is shown once", "[search]") {
  SearchStory story;
  for (int64_t id = 1; id <= 3; ++id) story.then(page_with(id, "Copy", "the very same text"));
  story.then(page_with(4, "Copy", "the same text, nearly"));
  CHECK(story.found("same text").size() == std::string("/ /4").size());
  CHECK(story.answer().pages == 4);
  int64_t copies = 0;
  for (const SearchHit& hit : story.answer().hits) copies = std::max(copies, hit.copies);
  CHECK(copies == 3);
}

TEST_CASE("search: hits come in parts", "[search]") {
  SearchStory story;
  for (int64_t id = 1; id <= 4; ++id) {
    const std::string text = "common " + std::string(static_cast<size_t>(id) * 20, 'x');
    story.then(page_with(id, "", text));
  }
  story.update();
  Database crawl = story.reader();
  Result<SearchFile> index = updated_index(crawl, story.index_path(), kGoOn);
  REQUIRE(index);
  std::string urls;
  SearchRequest request = story.request("common");
  request.limit = 3;
  for (const bool more : {true, false}) {
    Result<SearchAnswer> answer = search(crawl, *index, request);
    REQUIRE(answer);
    CHECK(answer->pages == 4);
    CHECK(answer->more == more);
    for (const SearchHit& hit : answer->hits) urls += hit.url + " ";
    request.offset += 3;
  }
  CHECK(std::count(urls.begin(), urls.end(), ' ') == 4);
  for (const char* url : {"http://a/ ", "http://a/2 ", "http://a/3 ", "http://a/4 "}) {
    CHECK(urls.find(url) != std::string::npos);
  }
}

TEST_CASE("search: a page that has changed since is a hit if it still has the words", "[search]") {
  SearchStory story;
  story.then(page_with(1, "One", "red words")).then(page_with(2, "Two", "red things"));
  story.update();
  story.wait(kDay).next_run();
  story.then(page_with(1, "One", "blue words")).then(page_with(2, "Two", "red and blue things"));
  CHECK(story.found_by_old_index("red") == "/2");
  CHECK(shown(story.answer().hits.at(0).snippet) == "[red] and blue things");
}

TEST_CASE("search: what surrounds the main text counts less", "[search]") {
  SearchStory story;
  const std::string main = "An article about lighthouses and their keepers.";
  PageRow with_menu = page_with(1, "One", "Menu\nHarbour\n" + main + "\nFooter\n");
  const std::string whole = "Menu\nHarbour\n" + main + "\nFooter\n";
  with_menu.text = whole;
  with_menu.main_text = main;
  story.then(std::move(with_menu));
  story.then(page_with(2, "Two", "All about the harbour, and nothing else at all in this text."));
  CHECK(story.found("harbour") == "/2 /");
  CHECK(story.found("lighthouses") == "/");
  CHECK(shown(story.answer().hits.at(0).snippet) ==
        "An article about [lighthouses] and their keepers.");
  CHECK(story.found("footer keepers") == "/");
}

TEST_CASE("search: of a very long text the beginning is searched", "[search]") {
  SearchStory story;
  std::string text = "early ";
  while (text.size() < kSearchedTextMax + 100) text += "ünïcödé filler words ";
  text += "late";
  story.then(page_with(1, "Long", text));
  CHECK(story.found("early") == "/");
  CHECK(story.found("late") == "");
  CHECK(story.found("unicode") == "/");
}

TEST_CASE("search: what is typed never reaches FTS5 as it is", "[search]") {
  const auto expression = [](std::string_view typed) {
    Result<SearchQuery> query = parse_search_query(typed);
    REQUIRE(query);
    return match_expression(*query);
  };
  CHECK(expression("one \"two three\" fo* -four") ==
        "(({title url description main rest} : (\"one\" AND \"two three\" AND \"fo\" *)) NOT "
        "({title url description main rest} : (\"four\")))");
  CHECK(expression("one\" OR * NEAR(a b) ^c -d' {main}:x").find_first_of("'^") ==
        std::string::npos);
  SearchStory story;
  story.then(page_with(1, "One", "words"));
  for (const char* typed : {"\"a\" OR \"b", "a* b* \"c d\"* -e*", "NOT NOT", "{a}: ^b + c",
                            "c++ c#", "a -\"b\" -\"\" --c", "\\\" \x01 z \x1f", "½ ﷺ ⑴ ㍿"}) {
    CAPTURE(typed);
    story.found(typed);
  }
}
