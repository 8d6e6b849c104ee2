// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "reader/questions.h"
#include "tests/reader/ask.h"
#include "tests/storage/page_story.h"

using namespace crawl;
using namespace crawl::test;

namespace {

// Seeds a and b link to each other, to a page that is gone, and to a redirect that leads on to one
// that leads to a; c is known from a sitemap only.
class Site {
 public:
  Site() : path_(dir_.path("crawl.db")) {
    TestRun run(path_);
    WriteUnit unit;
    unit.new_hosts.push_back(new_host(1, "h.test"));
    unit.new_hosts.push_back(new_host(2, "other.test"));
    const char* urls[] = {"http://h.test/a",    "http://h.test/b", "http://h.test/gone",
                          "http://h.test/hop1", "http://h.test/c", "http://h.test/hop2",
                          "http://other.test/"};
    for (int64_t id = 1; id <= 7; ++id) {
      unit.new_urls.push_back(new_url(id, urls[id - 1], id == 1 ? 0 : 1));
      if (id > 1) unit.new_urls.back().via_id = 1;
    }
    unit.new_urls[0].role = UrlRole::kSeed;
    unit.new_urls[6].host_id = 2;
    run.writer->submit(std::move(unit));
    PageRow a = ok_page(1, 9, 1'700'000'000'000, "A", "one text");
    for (int64_t id = 2; id <= 4; ++id) a.links.push_back({id, LinkKind::kAnchor, "", "to"});
    a.links.push_back({5, LinkKind::kSitemap, "", ""});
    a.links.push_back({7, LinkKind::kAnchor, "", "=HYPERLINK(1)"});
    run.writer->submit(page_unit(std::move(a)));
    run.writer->submit(page_unit(ok_page(2, 9, 1'700'000'001'000, "B\x1b[31m", "one text")));
    PageRow gone = failed_page(3, Outcome::kGone, 1'700'000'002'000);
    gone.status = 404;
    run.writer->submit(page_unit(std::move(gone)));
    run.writer->submit(page_unit(redirect(4, 6)));
    run.writer->submit(page_unit(ok_page(5, 8, 1'700'000'003'000, "C", "another text")));
    run.writer->submit(page_unit(redirect(6, 1)));
    run.finish();
  }

  Answer query(const std::string& question, RowFormat format = RowFormat::kTable,
               std::vector<std::string> parameters = {},
               int64_t rows_max = QueryOptions::kRowsUnset) const {
    Capture out;
    Capture err;
    QueryOptions options;
    options.database = path_;
    options.question = question;
    options.parameters = std::move(parameters);
    options.format = format;
    options.rows_max = rows_max;
    options.out_fd = out.fd();
    options.err_fd = err.fd();
    const ExitCode code = command_query(options);
    return {code, out.text(), err.text()};
  }
  nlohmann::json rows(const std::string& question) const {
    return nlohmann::json::parse(query(question, RowFormat::kJson).out);
  }
  const std::string& path() const { return path_; }

 private:
  static PageRow redirect(int64_t id, int64_t target) {
    PageRow page = failed_page(id, Outcome::kRedirect, 1'700'000'002'000);
    page.status = 301;
    page.redirect_id = target;
    page.links.push_back({target, LinkKind::kRedirect, "", ""});
    return page;
  }

  ScratchFolder dir_;
  std::string path_;
};

}  // namespace

TEST_CASE("query: the ready-made questions are views, and answer", "[query]") {
  const Site site;
  for (const Question& question : kQuestions) {
    CAPTURE(question.name);
    CHECK(site.query(std::string(question.name)).code == ExitCode::kDone);
    CHECK(site.rows(std::string(question.name)) == site.rows(view_of_question(question.name)));
  }
  CHECK(site.rows("broken-links") ==
        nlohmann::json::parse(R"([{"src": "http://h.test/a", "dst": "http://h.test/gone",
          "status": 404, "outcome": "gone", "kind": "a", "anchor": "to", "reason": "it failed"}])"));
  const nlohmann::json redirects = site.rows("redirects");
  REQUIRE(redirects.size() == 2);
  CHECK(redirects[0]["redirect"] == "http://h.test/hop2");
  CHECK(redirects[0]["hops"] == 2);
  CHECK(redirects[0]["final"] == "http://h.test/a");
  CHECK(redirects[0]["final_outcome"] == "ok");
  const nlohmann::json orphans = site.rows("orphans");
  REQUIRE(orphans.size() == 1);
  CHECK(orphans[0]["url"] == "http://h.test/c");
  CHECK(site.rows("by-host")[0]["ok"] == 3);
  CHECK(site.rows("by-host")[1]["pending"] == 1);
  CHECK(site.rows("duplicates").size() == 2);
}

TEST_CASE("query: redirects in a circle end", "[query]") {
  const Site site;
  Result<Database> database = Database::open_writer(site.path());
  REQUIRE(database);
  REQUIRE(database->execute("UPDATE page SET redirect_id = 4 WHERE url_id = 6"));
  CHECK(site.rows("redirects")[0]["hops"] == 20);
}

TEST_CASE("query: a table is aligned, escaped and cut", "[query]") {
  const Site site;
  const Answer answer = site.query(
      "SELECT status, title, printf('%.*c', 120, 'x') AS long, NULL AS none, '東' AS wide, 1 AS n "
      "FROM pages WHERE title <> '' ORDER BY url LIMIT 2");
  const std::string cut = std::string(99, 'x') + "…";
  CHECK(answer.out == "status  title      " + std::string("long").append(96, ' ') +
                          "  none  wide  n\n"
                          "------  ---------  " +
                          std::string(100, '-') +
                          "  ----  ----  -\n"
                          "   200  A          " +
                          cut +
                          "        東    1\n"
                          "   200  B\\x1b[31m  " +
                          cut + "        東    1\n");
}

TEST_CASE("query: CSV is safe for spreadsheets, numbers stay numbers", "[query]") {
  const Site site;
  const Answer answer = site.query(
      "SELECT anchor, -1 AS \"a,b\", 1.5 AS real, x'ff00' AS blob, NULL AS none, '\"' AS q "
      "FROM links WHERE anchor LIKE '=%'",
      RowFormat::kCsv);
  CHECK(answer.out == "anchor,\"a,b\",real,blob,none,q\n'=HYPERLINK(1),-1,1.5,/wA=,,\"\"\"\"\n");
}

TEST_CASE("query: JSON has every value as it is", "[query]") {
  const Site site;
  const std::string sql =
      "SELECT url, url, 9e999 AS much, x'00' AS blob, NULL AS none, 0.5 AS real ";
  const nlohmann::json expected = {{"url", "http://h.test/a"}, {"url_2", "http://h.test/a"},
                                   {"much", nullptr},          {"blob", "AA=="},
                                   {"none", nullptr},          {"real", 0.5}};
  const Answer lines = site.query(sql + "FROM pages LIMIT 1", RowFormat::kJsonl);
  CHECK(nlohmann::json::parse(lines.out) == expected);
  CHECK(site.rows(sql + "FROM pages LIMIT 1") == nlohmann::json::array({expected}));
  CHECK(site.rows("SELECT 1 WHERE 0") == nlohmann::json::array());
  CHECK(site.query("SELECT 1 WHERE 0", RowFormat::kJsonl).out.empty());
}

TEST_CASE("query: values take the place of question marks", "[query]") {
  const Site site;
  const std::string sql = "SELECT count(*) AS n FROM pages WHERE url = ?";
  CHECK(site.query(sql, RowFormat::kJsonl, {"http://h.test/a"}).out == "{\"n\":1}\n");
  const Answer few = site.query(sql);
  CHECK(few.code == ExitCode::kUsage);
  CHECK(few.err == "crawl: the SQL has 1 parameter, values given: 0\n");
}

TEST_CASE("query: a limit is told", "[query]") {
  const Site site;
  const Answer answer = site.query("urls", RowFormat::kTable, {}, 2);
  CHECK(std::count(answer.out.begin(), answer.out.end(), '\n') == 4);
  CHECK(answer.err == "crawl: these are the first 2 rows; --limit 0 prints all\n");
  CHECK(site.query("urls", RowFormat::kTable, {}, 7).err.empty());
  CHECK(site.query("urls", RowFormat::kTable, {}, 0).err.empty());
}

TEST_CASE("query: it only reads", "[query]") {
  const Site site;
  for (const char* sql :
       {"DELETE FROM page", "UPDATE url SET depth = 9", "CREATE TABLE x(y)", "DROP VIEW pages",
        "CREATE TEMP TABLE x(y)", "ATTACH ':memory:' AS other", "DETACH main", "VACUUM;",
        "REINDEX;", "VACUUM INTO '/tmp/crawl-query-test.db'", "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = 1", "BEGIN IMMEDIATE", "SAVEPOINT a", "ANALYZE;",
        "INSERT INTO meta VALUES('a', 'b')"}) {
    CAPTURE(sql);
    const Answer answer = site.query(sql);
    CHECK(answer.code == ExitCode::kUsage);
    CHECK(answer.err.find("only reads") != std::string::npos);
  }
  CHECK(site.query("PRAGMA table_info(page)").code == ExitCode::kDone);
  CHECK(site.query("PRAGMA user_version").code == ExitCode::kDone);
  CHECK(site.query("EXPLAIN QUERY PLAN SELECT * FROM pages").code == ExitCode::kDone);
}

TEST_CASE("query: what is wrong with the SQL is one line", "[query]") {
  const Site site;
  const std::pair<const char*, const char*> wrong[] = {
      {"SELECT url FORM pages", "crawl: near \"pages\": syntax error\n"},
      {"SELECT ", "crawl: incomplete input\n"},
      {"SELECT 1; SELECT 2", "crawl: more than one SQL statement\n"},
      {" -- nothing", "crawl: no SQL statement\n"},
      {"SELECT nosuch(1)", "crawl: no such function: nosuch\n"},
      {"SELECT * FROM page_s",
       "crawl: no such table: page_s (crawl query lists what there is; docs/schema.md has the "
       "columns)\n"},
      {"broken", "crawl: broken is no question; did you mean broken-links?\n"},
      {"xyzzy", "crawl: xyzzy is no question; crawl query lists them, or write SQL\n"},
      {"SELECT abs(-9223372036854775808)", "crawl: integer overflow\n"},
  };
  for (const auto& [sql, says] : wrong) {
    CAPTURE(sql);
    const Answer answer = site.query(sql);
    CHECK(answer.code == ExitCode::kUsage);
    CHECK(answer.err == says);
  }
}

TEST_CASE("query: a database of an older version says so", "[query]") {
  const Site site;
  {
    Result<Database> database = Database::open_writer(site.path());
    REQUIRE(database);
    REQUIRE(database->execute("DROP VIEW orphans"));
  }
  const Answer answer = site.query("orphans");
  CHECK(answer.code == ExitCode::kUsage);
  CHECK(answer.err.find("its next run will add it") != std::string::npos);
}

TEST_CASE("query: without a question it lists them; without a database it says so", "[query]") {
  const Site site;
  const Answer list = site.query("");
  CHECK(list.code == ExitCode::kDone);
  for (const Question& question : kQuestions) CHECK(list.says(std::string(question.name)));
  QueryOptions options;
  options.database = site.path() + ".nowhere";
  options.question = "pages";
  Capture err;
  options.err_fd = err.fd();
  CHECK(command_query(options) == ExitCode::kNoInput);
  CHECK(err.text().find("No such file") != std::string::npos);
}
