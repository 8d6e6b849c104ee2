// SPDX-License-Identifier: MIT
#include <map>

#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

// The part of docs/schema.md between "### `view`" and the next heading.
std::string section(const std::string& document, const std::string& view) {
  const size_t begin = document.find("### `" + view + "`");
  if (begin == std::string::npos) return {};
  return document.substr(begin, document.find("\n#", begin + 1) - begin);
}

}  // namespace

TEST_CASE("schema: every column of every view is documented", "[schema]") {
  const std::string document = read_file(CRAWL_SOURCE_DIR "/docs/schema.md");
  const ScratchFolder dir;
  Result<Database> database = Database::open_writer(dir.path("crawl.db"));
  REQUIRE(database);
  Result<Statement> columns = database->prepare(
      "SELECT v.name, c.name FROM sqlite_schema v, pragma_table_info(v.name) c "
      "WHERE v.type = 'view'");
  REQUIRE(columns);
  int count = 0;
  while (*columns->step()) {
    const std::string view(columns->text(0));
    const std::string column(columns->text(1));
    CAPTURE(view, column);
    CHECK(section(document, view).find("`" + column + "`") != std::string::npos);
    ++count;
  }
  CHECK(count > 60);
}

TEST_CASE("schema: the columns that users rely on come first and keep their order", "[schema]") {
  const std::map<std::string, std::string> promised = {
      {"pages",
       "url,status,outcome,content_type,charset,title,description,lang,canonical,text,depth,bytes,"
       "elapsed_ms,fetched_at,changed_at,content_hash,fetcher_pid"},
      {"urls", "url,state,outcome,reason,depth,via,first_seen_at,attempts"},
      {"links", "src,dst,kind,rel,anchor"},
      {"hosts", "host,robots_state,crawl_delay_ms,delay_ms,next_at,pages,errors"},
      {"visits", "url,run,at,status,outcome,content_hash,changed"},
      {"changes", "run,url,change"},
      {"runs", "id,started_at,ended_at,end_reason,pages,bytes,options"},
      {"events", "at,kind,pid,code,signal,url,text"},
  };
  const ScratchFolder dir;
  Result<Database> database = Database::open_writer(dir.path("crawl.db"));
  REQUIRE(database);
  for (const auto& [view, columns] : promised) {
    const std::string found =
        query_text(*database, "SELECT group_concat(name) FROM pragma_table_info('" + view + "')");
    CAPTURE(view, found);
    CHECK(found.starts_with(columns));
  }
}

TEST_CASE("schema: what is not known is NULL in the views, not zero", "[schema]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  TestRun run(path);
  WriteUnit unit = page_unit(failed_page(1, Outcome::kTimeout, 1'000));
  unit.new_hosts.push_back(new_host(1, "a"));
  unit.new_urls.push_back(new_url(1, "http://a/"));
  run.writer->submit(std::move(unit));
  run.finish();
  CHECK(query_file(path,
                   "SELECT content_hash IS NULL AND text_hash IS NULL AND simhash IS NULL AND "
                   "changed_at IS NULL AND status IS NULL FROM pages") == "1");
  CHECK(query_file(path, "SELECT content_hash IS NULL FROM visits") == "1");
  CHECK(query_file(path, "SELECT next_at IS NULL AND robots_at IS NULL FROM hosts") == "1");
}
