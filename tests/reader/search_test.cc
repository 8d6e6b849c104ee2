// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/columns.h"
#include "base/escape.h"
#include "reader/hit_printer.h"
#include "storage/rows.h"
#include "tests/reader/ask.h"
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

Answer ask_search(const std::string& database, const std::string& words,
                  const std::function<void(SearchOptions&)>& set = {}) {
  Capture out;
  Capture err;
  SearchOptions options;
  options.database = database;
  options.words = words;
  options.out_fd = out.fd();
  options.err_fd = err.fd();
  if (set) set(options);
  const ExitCode code = command_search(options);
  return {code, out.text(), err.text()};
}

void write_crawl(const std::string& path) {
  TestRun run(path);
  WriteUnit unit;
  unit.seeds.push_back(new_seed(1, "http://a.test/"));
  unit.new_hosts.push_back(new_host(1, "a.test"));
  unit.new_urls.push_back(new_url(1, "http://a.test/"));
  unit.new_urls.push_back(new_url(2, "http://a.test/evil"));
  run.writer->submit(std::move(unit));
  run.writer->submit(page_unit(
      ok_page(1, 1, 1'700'000'000'000, "Lighthouses", "The lighthouse été 灯台 stands.")));
  run.writer->submit(page_unit(ok_page(2, 2, 1'700'000'000'000, "\x1b]0;owned\x07 lighthouse",
                                       "A lighthouse\x1b[2J \u202Ewith \x9b escapes.")));
  run.finish();
}

std::string printed(const SearchHit& hit, RowFormat format) {
  const Capture out;
  {
    Output output(out.fd());
    CHECK(print_hits({hit}, format, output, out.fd()));
  }
  return out.text();
}

}  // namespace

TEST_CASE("search: prints title, URL and snippet", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer answer = ask_search(path, "stands");
  CHECK(answer.code == ExitCode::kDone);
  CHECK(answer.out ==
        "Lighthouses\n  http://a.test/  2023-11-14\n    The lighthouse été 灯台 stands.\n\n");
  CHECK(answer.err == "crawl: 1 page\n");
  CHECK(ask_search(path, "lighthouse", [](SearchOptions& o) { o.limit = 1; }).err ==
        "crawl: 1 to 1 of 2 pages; more: --offset 1\n");
  CHECK(ask_search(path, "lighthouse", [](SearchOptions& o) { o.offset = 1; }).err ==
        "crawl: 2 to 2 of 2 pages\n");
  CHECK(ask_search(path, "stands", [](SearchOptions& o) { o.quiet = true; }).err.empty());
}

TEST_CASE("search: without a result it says so, and the exit code does", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer none = ask_search(path, "zebra");
  CHECK(none.code == ExitCode::kNoInput);
  CHECK(none.out.empty());
  CHECK(none.err == "crawl: no page has that; 2 were searched\n");
  const Answer beyond = ask_search(path, "stands", [](SearchOptions& o) { o.offset = 5; });
  CHECK(beyond.code == ExitCode::kNoInput);
  CHECK(beyond.err == "crawl: that is beyond the last of 1\n");
  const Answer json =
      ask_search(path, "zebra", [](SearchOptions& o) { o.format = RowFormat::kJson; });
  CHECK(json.out == "[]\n");
  CHECK(json.code == ExitCode::kNoInput);
  const Answer nothing = ask_search(path, "-lighthouse");
  CHECK(nothing.code == ExitCode::kUsage);
  CHECK(nothing.err.starts_with("crawl: nothing to look for"));
  CHECK(ask_search(dir.path("none.db"), "a").code == ExitCode::kNoInput);
  CHECK_FALSE(std::filesystem::exists(dir.path("none.db.search")));
}

TEST_CASE("search: JSON has whole values, and where the matches are", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const auto as = [](RowFormat format) {
    return [format](SearchOptions& o) { o.format = format; };
  };
  const Answer answer = ask_search(path, "stands 灯台 ete", as(RowFormat::kJson));
  const auto array = nlohmann::json::parse(answer.out);
  REQUIRE(array.size() == 1);
  CHECK(array[0]["url"] == "http://a.test/");
  CHECK(array[0]["title"] == "Lighthouses");
  CHECK(array[0]["snippet"] == "The lighthouse été 灯台 stands.");
  CHECK(array[0]["snippet_matches"] == nlohmann::json::parse("[[15,18],[19,21],[22,28]]"));
  CHECK(array[0]["title_matches"].empty());
  CHECK(array[0]["changed_at"] == "2023-11-14T22:13:20.000Z");
  CHECK(array[0]["copies"] == 1);
  CHECK(answer.err.empty());
  const Answer lines = ask_search(path, "lighthouse", as(RowFormat::kJsonl));
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 2);
  CHECK(nlohmann::json::parse(lines.out.substr(0, lines.out.find('\n')))["url"].is_string());
}

TEST_CASE("search: what pages hold is escaped", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  for (const RowFormat format : {RowFormat::kTable, RowFormat::kJson, RowFormat::kJsonl}) {
    const Answer answer =
        ask_search(path, "escapes", [format](SearchOptions& o) { o.format = format; });
    CHECK(answer.says("owned"));
    CHECK(answer.says("lighthouse"));
    CHECK(answer.out.find('\x1b') == std::string::npos);
    CHECK(answer.out.find('\x07') == std::string::npos);
    CHECK(answer.out.find("\u202E") == std::string::npos);
    CHECK(is_valid_utf8(answer.out));
  }
}

TEST_CASE("search: snippets are wrapped at spaces, wide letters anywhere", "[search]") {
  SearchHit hit;
  hit.url = "http://a/";
  std::string words;
  for (int i = 0; i < 60; ++i) words += "word" + std::to_string(i) + " ";
  hit.snippet = {{words, false}, {"found", true}, {", and more", false}};
  const std::string text = printed(hit, RowFormat::kTable);
  CHECK(text.starts_with("(no title)\n  http://a/  1970-01-01\n    word0 word1"));
  CHECK(text.find("found, and") != std::string::npos);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    CHECK(display_width(line) <= 80);
    CHECK_FALSE(line.ends_with(' '));
    at = end + 1;
  }
  hit.title = {{std::string(3'000, 'x'), false}, {"y", true}};
  CHECK(printed(hit, RowFormat::kTable).find('\n') < 210);
  CHECK(printed(hit, RowFormat::kJson).find("xxy\"") != std::string::npos);
  hit.title.clear();
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "字";
  hit.snippet = {{"a " + wide, false}};
  hit.copies = 1'234;
  const std::string japanese = printed(hit, RowFormat::kTable);
  CHECK(japanese.find("1,234 copies") != std::string::npos);
  CHECK(std::count(japanese.begin(), japanese.end(), '\n') == 6);
}

TEST_CASE("search: the index can be left as it is, or only be brought up to date", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const auto as_it_is = [](SearchOptions& o) { o.update = false; };
  const Answer none = ask_search(path, "stands", as_it_is);
  CHECK(none.code == ExitCode::kNoInput);
  CHECK(none.err.starts_with("crawl: there is no search index yet"));
  const Answer only = ask_search(path, "", [](SearchOptions& o) { o.only_update = true; });
  CHECK(only.code == ExitCode::kDone);
  CHECK(only.out.empty());
  CHECK(only.err.empty());
  const Answer found = ask_search(path, "stands", as_it_is);
  CHECK(found.code == ExitCode::kDone);
  CHECK(found.err.starts_with("crawl: the search index is of 20"));
  const Answer elsewhere =
      ask_search(path, "stands", [&](SearchOptions& o) { o.index = dir.path("other"); });
  CHECK(elsewhere.code == ExitCode::kDone);
  CHECK(ask_search(path, "stands", [&](SearchOptions& o) { o.index = path; }).code ==
        ExitCode::kCannotCreate);
}

TEST_CASE("search: an index that shows its damage late is made anew", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  CHECK(ask_search(path, "stands").code == ExitCode::kDone);
  // The lists of words, of which nothing is read before a word is looked for.
  Result<Database> crawl = Database::open_reader(path);
  REQUIRE(crawl);
  const Result<uint64_t> seed = fingerprint_seed(*crawl);
  REQUIRE(seed);
  {
    Result<SearchFile> index =
        SearchFile::open_writer(SearchFile::path_beside(*crawl), static_cast<int64_t>(*seed));
    REQUIRE(index);
    REQUIRE(index->database().execute(
        "UPDATE words_data SET block = x'00112233445566' WHERE id > 100"));
  }
  const Answer again = ask_search(path, "stands");
  CHECK(again.code == ExitCode::kDone);
  CHECK(again.says("Lighthouses"));
  CHECK(again.err == "crawl: the search index is damaged, and is made anew\ncrawl: 1 page\n");
}
