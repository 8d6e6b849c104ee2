// SPDX-License-Identifier: MIT
#include "storage/search_index.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <string>

#include "storage/rows.h"
#include "storage/search.h"
#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

constexpr auto kGoOn = [](int64_t, int64_t) { return true; };

// A finished crawl of `count` pages, each of which has "common" and its own "wordN".
void write_crawl(const std::string& path, int64_t count) {
  TestRun run(path);
  WriteUnit unit;
  unit.seeds.push_back(new_seed(1, "http://a/"));
  unit.new_hosts.push_back(new_host(1, "a"));
  for (int64_t id = 1; id <= count; ++id) {
    unit.new_urls.push_back(new_url(id, "http://a/" + std::to_string(id)));
  }
  run.writer->submit(std::move(unit));
  for (int64_t id = 1; id <= count; ++id) {
    auto text = std::make_shared<std::string>("common word" + std::to_string(id));
    PageRow page = ok_page(id, static_cast<uint64_t>(id), 1'000 + id, "Title", *text);
    page.backing = text;
    page.text_hash = static_cast<uint64_t>(id);
    run.writer->submit(page_unit(std::move(page)));
  }
  run.finish();
}

Result<SearchFile> update(const std::string& path, const SearchProgress& go_on = kGoOn,
                          const std::string& index = "") {
  Result<Database> crawl = Database::open_reader(path);
  REQUIRE(crawl);
  return updated_index(*crawl, index.empty() ? path + ".search" : index, go_on);
}

SearchState state_of(SearchFile& index) {
  const Result<SearchState> state = index.read_state();
  REQUIRE(state);
  return *state;
}

int64_t count_found(const std::string& path, const char* typed) {
  Result<Database> crawl = Database::open_reader(path);
  REQUIRE(crawl);
  Result<SearchFile> index = updated_index(*crawl, path + ".search", kGoOn);
  if (!index) FAIL(index.error().message());
  SearchRequest request;
  Result<SearchQuery> query = parse_search_query(typed);
  REQUIRE(query);
  request.query = std::move(*query);
  const Result<SearchAnswer> answer = search(*crawl, *index, request);
  if (!answer) FAIL(answer.error().message());
  return answer->pages;
}

void execute(const std::string& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  Database database(handle);
  const Result<void> done = database.execute(sql);
  if (!done) FAIL(done.error().message());
}

ino_t inode(const std::string& file) {
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  return info.st_ino;
}

}  // namespace

TEST_CASE("search index: of an empty crawl", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 0);
  Result<SearchFile> index = update(path);
  REQUIRE(index);
  CHECK(state_of(*index).is_whole);
  CHECK(state_of(*index).pages == 0);
  CHECK(count_found(path, "common") == 0);
  CHECK(SearchFile::path_beside(*Database::open_reader(path)).ends_with("/crawl.db.search"));
}

TEST_CASE("search index: what is interrupted is kept, and goes on from there", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 100);
  int64_t before = 0;
  for (int times = 0; times < 5; ++times) {
    int calls = 0;
    const Result<SearchFile> index = update(path, [&](int64_t done, int64_t total) {
      CHECK(total == 100);
      CHECK(done >= before);
      return ++calls < 11;  // once before the first page
    });
    REQUIRE_FALSE(index);
    CHECK(index.error().code == Errc::kClosed);
    Result<Database> crawl = Database::open_reader(path);
    const Result<uint64_t> seed = fingerprint_seed(*crawl);
    Result<SearchFile> kept =
        SearchFile::open_reader(path + ".search", static_cast<int64_t>(*seed));
    REQUIRE(kept);
    CHECK_FALSE(state_of(*kept).is_whole);
    CHECK(state_of(*kept).pages == before + 10);
    before = state_of(*kept).pages;
  }
  CHECK(count_found(path, "common") == 100);
}

TEST_CASE("search index: what changes while it is read is read again", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 50);
  bool changed = false;
  Result<SearchFile> index = update(path, [&](int64_t done, int64_t) {
    if (done < 25 || changed) return true;
    changed = true;
    TestRun run(path);
    for (const int64_t id : {3, 45}) {
      PageRow page = ok_page(id, 777, 5'000, "Title", "common other");
      page.text_hash = 777;
      run.writer->submit(page_unit(std::move(page)));
    }
    run.finish();
    return true;
  });
  REQUIRE(index);
  CHECK(changed);
  CHECK(count_found(path, "other") == 2);
  CHECK(count_found(path, "word3") == 0);
  CHECK(count_found(path, "word45") == 0);
  CHECK(count_found(path, "common") == 50);
}

TEST_CASE("search index: one that is of no use is made anew", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  const std::string index = path + ".search";
  write_crawl(path, 20);
  CHECK(count_found(path, "common") == 20);
  const ino_t first = inode(index);
  CHECK(count_found(path, "common") == 20);
  CHECK(inode(index) == first);

  SECTION("another database in its place") {
    std::filesystem::remove(path);
    write_crawl(path, 7);
    CHECK(count_found(path, "common") == 7);
  }
  SECTION("a backup that was put back") {
    std::filesystem::copy(path, dir.path("copy"));
    {
      TestRun run(path);
      PageRow page = ok_page(3, 777, 5'000, "Title", "later text");
      run.writer->submit(page_unit(std::move(page)));
      run.finish();
    }
    CHECK(count_found(path, "later") == 1);
    std::filesystem::rename(dir.path("copy"), path);
    CHECK(count_found(path, "later") == 0);
    CHECK(count_found(path, "word3") == 1);
  }
  SECTION("another format") {
    execute(index, "PRAGMA user_version=99");
    CHECK(count_found(path, "common") == 20);
  }
  SECTION("a page of it is damaged") {
    std::string bytes = read_file(index);
    for (size_t i = 8'192; i < bytes.size(); ++i) bytes[i] = '\x5a';
    write_file(index, bytes);
    CHECK(count_found(path, "common") == 20);
  }
  SECTION("it has been cut off") {
    write_file(index, read_file(index).substr(0, 10'000));
    CHECK(count_found(path, "common") == 20);
  }
  SECTION("it has been emptied") {
    write_file(index, "");
    CHECK(count_found(path, "common") == 20);
  }
  SECTION("it has been deleted") {
    std::filesystem::remove(index);
    CHECK(count_found(path, "common") == 20);
  }
  SECTION("more than half of it is dead") {
    execute(index, "UPDATE state SET dead = 5000");
    CHECK(count_found(path, "common") == 20);
    CHECK(inode(index) != first);
    CHECK_FALSE(std::filesystem::exists(index + ".new"));
    Result<SearchFile> renewed = update(path);
    REQUIRE(renewed);
    CHECK(state_of(*renewed).dead == 0);
  }
}

TEST_CASE("search index: is as private as the database", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 1);
  for (const mode_t mode : {mode_t{0600}, mode_t{0644}}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    REQUIRE(update(path));
    struct stat info {};
    REQUIRE(::stat((path + ".search").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == mode);
    std::filesystem::remove(path + ".search");
  }
}

TEST_CASE("search index: another file in its place is left alone", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 3);
  const std::string other = dir.path("thesis.txt");
  SECTION("a text") { write_file(other, "Years of work, and some more of it, to be handed in."); }
  SECTION("a database") { execute(other, "CREATE TABLE t(x)"); }
  SECTION("a crawl") { write_crawl(other, 1); }
  const std::string before = read_file(other);
  const Result<SearchFile> index = update(path, kGoOn, other);
  REQUIRE_FALSE(index);
  CHECK(index.error().code == Errc::kExists);
  CHECK(index.error().message().find("is no search index") != std::string::npos);
  CHECK(read_file(other) == before);
}

TEST_CASE("search index: a folder or a device is refused", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 1);
  for (const std::string& place : {dir.folder(), std::string("/dev/null")}) {
    const Result<SearchFile> index = update(path, kGoOn, place);
    REQUIRE_FALSE(index);
    CHECK(index.error().code == Errc::kExists);
  }
  const Result<SearchFile> nowhere = update(path, kGoOn, dir.path("none/index"));
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().sys_errno == ENOENT);
}

TEST_CASE("search: words that too many begin with are refused, not the end", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 3'000);
  Result<Database> crawl = Database::open_reader(path);
  REQUIRE(crawl);
  Result<SearchFile> index = updated_index(*crawl, path + ".search", kGoOn);
  REQUIRE(index);
  SearchRequest request;
  request.query.wanted = {{{"w"}, true}};
  request.memory_bytes = 64 << 10;
  const Result<SearchAnswer> refused = search(*crawl, *index, request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kInvalid);
  CHECK(refused.error().message() == "too many words begin like that: write more letters");
  // It can be asked again.
  request.memory_bytes = 64 << 20;
  const Result<SearchAnswer> answer = search(*crawl, *index, request);
  REQUIRE(answer);
  CHECK(answer->pages == 3'000);
}

TEST_CASE("search index: another process that writes it is waited for", "[search]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, 10);
  execute(path + ".search", "");
  Result<Database> crawl = Database::open_reader(path);
  const Result<uint64_t> seed = fingerprint_seed(*crawl);
  Result<SearchFile> other = SearchFile::open_writer(path + ".search", static_cast<int64_t>(*seed));
  REQUIRE(other);
  const Result<bool> begun = other->begin();
  REQUIRE(begun);
  CHECK(*begun);
  int calls = 0;
  const Result<SearchFile> index = update(path, [&](int64_t, int64_t) {
    if (++calls == 3) other->roll_back();
    return true;
  });
  CHECK(index);
  CHECK(calls > 3);
  CHECK(count_found(path, "common") == 10);
}
