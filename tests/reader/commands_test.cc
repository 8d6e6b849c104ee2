// SPDX-License-Identifier: MIT
#include "reader/commands.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/lock.h"
#include "tests/reader/ask.h"
#include "tests/storage/lock_holder.h"
#include "tests/storage/page_story.h"
#include "web/robots.h"

using namespace crawl;
using namespace crawl::test;

namespace {

// A small crawl: seed → page → a dead link, a picture, a URL that robots.txt refuses, one that
// waits.
void write_crawl(const std::string& path, bool finish = true) {
  TestRun run(path);
  WriteUnit unit;
  unit.seeds.push_back(new_seed(1, "http://a.test/"));
  unit.seeds[0].tag = "news";
  unit.new_hosts.push_back(new_host(1, "a.test"));
  unit.new_hosts[0].robots[0].state = RobotsState::kOk;
  unit.new_hosts[0].robots[0].fetched_at = 1'699'999'999'000;
  unit.new_hosts[0].robots[0].rules =
      RobotsRules::parse("User-agent: *\nDisallow: /private\n", "crawl").serialize();
  const char* urls[] = {"http://a.test/",      "http://a.test/page",        "http://a.test/dead",
                        "http://a.test/i.png", "http://a.test/private?x=1", "http://a.test/later"};
  for (int64_t id = 1; id <= 6; ++id) {
    unit.new_urls.push_back(new_url(id, urls[id - 1], id == 1 ? 0 : id == 2 ? 1 : 2));
    if (id > 1) unit.new_urls.back().via_id = id == 2 ? 1 : 2;
  }
  unit.new_urls[0].role = UrlRole::kSeed;
  unit.new_urls[3].state = UrlState::kSkipped;
  unit.new_urls[3].reason = SkipReason::kAsset;
  unit.new_urls[4].state = UrlState::kSkipped;
  unit.new_urls[4].reason = SkipReason::kRobotsDenied;
  run.writer->submit(std::move(unit));

  const std::string body = zstd_frame("<p>Hello");  // must live until the writer has stored it
  PageRow home = ok_page(1, 0, 1'700'000'000'000, "Home\x1b[31m", "Hello");
  home.body_zstd = body;
  home.links.push_back({2, LinkKind::kAnchor, "", "page"});
  run.writer->submit(page_unit(std::move(home)));
  PageRow page = ok_page(2, 0, 1'700'000'001'000, "Page", "Text of it");
  for (int64_t id = 3; id <= 6; ++id) page.links.push_back({id, LinkKind::kAnchor, "", "old news"});
  run.writer->submit(page_unit(std::move(page)));
  PageRow dead = failed_page(3, Outcome::kGone, 1'700'000'002'000);
  dead.status = 404;
  dead.counts_as_error = true;
  WriteUnit last = page_unit(std::move(dead));
  last.events.push_back(
      {1'700'000'003'000, "fetcher_exited", 77, {}, 11, "http://a.test/x", "died"});
  run.writer->submit(std::move(last));
  if (finish) {
    run.finish("interrupted");
  } else {
    run.writer.reset();  // stores everything, and records no end
  }
}

}  // namespace

TEST_CASE("status: for monitoring it is one line and an exit code", "[status]") {
  constexpr int64_t kForEver = int64_t{36'500} * 86'400'000;
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  const Answer nothing = ask(health<1000>, path);
  CHECK(nothing.code == static_cast<ExitCode>(3));
  CHECK(nothing.out.starts_with("UNKNOWN: "));
  write_crawl(path);
  const auto end_with = [&](const std::string& reason) {
    Result<Database> database = Database::open_writer(path);
    REQUIRE(database);
    REQUIRE(database->execute("UPDATE run SET end_reason = '" + reason + "'"));
  };
  const auto set_aside = [&] {
    Result<Database> database = Database::open_writer(path);
    REQUIRE(database);
    REQUIRE(database->execute("DELETE FROM event"));
  };
  // It was interrupted, and a fetcher of it died.
  Answer answer = ask(health<kForEver>, path);
  CHECK(answer.code == static_cast<ExitCode>(1));
  CHECK(answer.out.find("1 fetcher_crashed") != std::string::npos);
  end_with("done");
  CHECK(ask(health<kForEver>, path).code == static_cast<ExitCode>(1));
  set_aside();
  answer = ask(health<kForEver>, path);
  CHECK(answer.code == ExitCode::kDone);
  CHECK(answer.out.starts_with("OK: run 1 ended (done) "));
  CHECK(std::count(answer.out.begin(), answer.out.end(), '\n') == 1);
  for (const char* reason : {"failed", "disk_full", "network_gone", "unreachable", "died"}) {
    end_with(reason);
    CHECK(ask(health<kForEver>, path).code == static_cast<ExitCode>(2));
  }
  end_with("max_pages");
  CHECK(ask(health<kForEver>, path).code == ExitCode::kDone);
  {
    Result<Database> database = Database::open_writer(path);
    REQUIRE(database->execute("UPDATE run SET started_at = 1000, ended_at = 2000"));
  }
  answer = ask(health<36 * 3'600'000>, path);
  CHECK(answer.code == static_cast<ExitCode>(2));
  CHECK(answer.out.find("(older than 1 d 12 h, --max-age)") != std::string::npos);
}

TEST_CASE("status: tells what the last run has done and what to type next", "[status]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer answer = ask(status, path);
  CAPTURE(answer.out, answer.err);
  CHECK(answer.code == ExitCode::kDone);
  CHECK(answer.says("run 1: ended (interrupted)"));
  CHECK(answer.says("        3  done"));
  CHECK(answer.says("        1  pending"));
  CHECK(answer.says("        2  skipped"));
  CHECK(answer.says("        2  ok                   the page was fetched and stored\n"));
  CHECK(answer.says("        1  robots_denied "));
  CHECK(answer.says("hosts with most pages\n          3  a.test"));
  CHECK(answer.says("hosts with most errors\n          1  a.test"));
  CHECK(answer.says("fetcher_exited  PID 77  signal 11  http://a.test/x  died"));
  CHECK(answer.says("next: crawl -d " + path + " SEEDS   goes on with the 1 URLs"));
}

TEST_CASE("status: as JSON", "[status]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer answer = ask(status, path, {}, true);
  CAPTURE(answer.out);
  CHECK(answer.code == ExitCode::kDone);
  CHECK(answer.says("\"state\": \"interrupted\""));
  CHECK(answer.says("\"pending\": 1"));
  CHECK(answer.says("\"gone\": 1"));
  CHECK(answer.says("\"asset\": 1"));
  CHECK(answer.says("\"end_reason\": \"interrupted\""));
  CHECK(answer.says("\"pid\": null"));
}

TEST_CASE("status: a run without an end has died, unless its process holds the lock", "[status]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path, false);
  CHECK(ask(status, path).says("run 1: died"));
  CHECK(ask(status, path, {}, true).says("\"state\": \"died\""));
  const LockHolder holder(path);
  REQUIRE(holder.got_it());
  const Answer running = ask(status, path);
  const Answer json = ask(status, path, {}, true);
  CAPTURE(running.out);
  CHECK(running.says("run 1: running (PID " + std::to_string(holder.pid()) + ")"));
  CHECK(running.says("next: crawl why"));
  CHECK(json.says("\"pid\": " + std::to_string(holder.pid())));
}

TEST_CASE("status: a database that is not there, or none of ours", "[status]") {
  const ScratchFolder dir;
  CHECK(ask(status, dir.path("none.db")).code == ExitCode::kNoInput);
  CHECK(dir.names().empty());
  write_file(dir.path("x.txt"), std::string(5'000, 'x'));
  const Answer foreign = ask(status, dir.path("x.txt"));
  CHECK(foreign.code == ExitCode::kIo);
  CHECK(foreign.out.empty());
  CHECK(foreign.err.find("is not a database") != std::string::npos);
}

TEST_CASE("why: a stored page tells its whole story", "[why]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer answer = ask(command_why, path, {"HTTP://A.test:80/x/../dead#part"});
  CAPTURE(answer.out, answer.err);
  CHECK(answer.code == ExitCode::kDone);
  CHECK(answer.says("http://a.test/dead\n"));
  CHECK(answer.says("outcome     gone (HTTP status 404)"));
  CHECK(answer.says("that means  there is no such page"));
  CHECK(answer.says("found on    http://a.test/page\n"));
  CHECK(answer.says("found by    link of kind a, it says \"old news\"\n"));
  CHECK(answer.says("by way of   http://a.test/\n"));
  CHECK(answer.says("seed        http://a.test/ (tag news)"));
  CHECK(answer.says("depth       2"));
  CHECK(answer.says("robots.txt  allows it: no rule matches (asked 2023-11-14T22:13:19.000Z)"));
  CHECK(answer.says("links       1 to it, 0 on it"));
  CHECK(answer.says("visits      2023-11-14T22:13:22.000Z  run 1  gone 404"));
}

TEST_CASE("why: what a page says of itself is escaped", "[why]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer answer = ask(command_why, path, {"http://a.test/"});
  CAPTURE(answer.out);
  CHECK(answer.says("title       Home\\x1b[31m"));
  CHECK(answer.says("it is a seed"));
  CHECK(answer.out.find('\x1b') == std::string::npos);
}

TEST_CASE("why: a skipped URL names the reason and the rule", "[why]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer denied = ask(command_why, path, {"http://a.test/private?x=1"});
  CAPTURE(denied.out);
  CHECK(denied.code == ExitCode::kDone);
  CHECK(denied.says("skipped     robots_denied"));
  CHECK(denied.says("robots.txt  refuses it by \"Disallow: /private\""));
  const Answer asset = ask(command_why, path, {"http://a.test/i.png"});
  CHECK(asset.says("skipped     asset"));
  CHECK(asset.says("recorded, not fetched"));
  CHECK(ask(command_why, path, {"http://a.test/later"}).says("pending     not fetched yet"));
}

TEST_CASE("why: an unknown URL, and one that is none", "[why]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer unknown = ask(command_why, path, {"http://a.test/pagX"});
  CHECK(unknown.code == ExitCode::kNoInput);
  CHECK(unknown.out.empty());
  CAPTURE(unknown.err);
  CHECK(unknown.err.find("was never seen by this crawl; nearest known: http://a.test/page") !=
        std::string::npos);
  CHECK(unknown.err.find('\n') == unknown.err.size() - 1);
  CHECK(ask(command_why, path, {"http://b.test/"}).err.find("no URL of its host was") !=
        std::string::npos);
  const Answer bad = ask(command_why, path, {"no url", "http://a.test/"});
  CHECK(bad.code == ExitCode::kUsage);
  CHECK(bad.says("http://a.test/\n"));  // the good one has its answer all the same
}

TEST_CASE("cat: writes the stored bytes, or the text", "[cat]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer body = ask(command_cat, path, {"http://a.test/"});
  CHECK(body.code == ExitCode::kDone);
  CHECK(body.out == "<p>Hello");
  CHECK(ask(command_cat, path, {"http://a.test/"}, false, true).out == "Hello\n");
  const Answer none = ask(command_cat, path, {"http://a.test/page"});
  CHECK(none.code == ExitCode::kNoInput);
  CHECK(none.out.empty());
  CHECK(none.err.find("no body of http://a.test/page is stored (outcome ok)") != std::string::npos);
  CHECK(ask(command_cat, path, {"http://a.test/nowhere"}).code == ExitCode::kNoInput);
}

TEST_CASE("check: a sound database is ok", "[check]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  const Answer answer = ask(command_check, path);
  CAPTURE(answer.out, answer.err);
  CHECK(answer.code == ExitCode::kDone);
  CHECK(answer.out == "ok: 6 URLs, 3 pages, 5 links, 1 body\n");
}

TEST_CASE("check: a crawl that has stored no content is whole", "[check]") {
  Story story;
  story.then(with_status(1, 404)).ask("1");
  const Answer answer = ask(command_check, story.path());
  CAPTURE(answer.out, answer.err);
  CHECK(answer.code == ExitCode::kDone);
}

TEST_CASE("check: each thing that is wrong is named", "[check]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  struct Damage {
    std::string sql, words;
  };
  const Damage damage = GENERATE(
      Damage{"UPDATE url SET outcome = NULL WHERE id = 1",
             "a done URL without an outcome (1)\n  http://a.test/\n"},
      Damage{"UPDATE url SET reason = NULL WHERE id = 4", "a skipped URL without a reason"},
      Damage{"UPDATE url SET outcome = 'ok' WHERE id = 6", "a pending URL with an outcome"},
      Damage{"UPDATE url SET state = 'lost' WHERE id = 6", "a URL whose state is none of"},
      Damage{"DELETE FROM page WHERE url_id = 2", "a fetched URL without a page"},
      Damage{"DELETE FROM url WHERE id = 3", "a link to a URL that does not exist (1)"},
      Damage{"UPDATE content SET zstd = x'00'", "a body that does not decompress"},
      Damage{"UPDATE page SET content_hash = 5 WHERE url_id = 1",
             "a body that differs from its content_hash"},
      Damage{"UPDATE page SET text_hash = 5 WHERE url_id = 1",
             "a text that differs from its text_hash"},
      Damage{"UPDATE content SET refs = 2 WHERE id = 1",
             "content whose references are not those that are counted (1)\n  content 1\n"},
      Damage{"INSERT INTO content VALUES(9, 0, 0, 'x', NULL, NULL)",
             "content whose references are not those that are counted (1)\n  content 9\n"},
      Damage{"DELETE FROM content WHERE id = 2", "a reference to content that does not exist (1)"},
      Damage{"UPDATE content SET zstd = NULL, text = NULL WHERE id = 1", "content that is empty"},
      Damage{"UPDATE content SET fingerprint = 5 WHERE id = 1",
             "content that differs from its fingerprint (1)\n  content 1\n"},
      Damage{"DELETE FROM visit WHERE url_id = 1", "a page that never was fetched in any run"},
      Damage{"DELETE FROM host", "a URL of a host that does not exist (6)"},
      Damage{"DELETE FROM run", "a visit in a run that does not exist"});
  {
    Result<Database> database = Database::open_writer(path);
    REQUIRE(database);
    REQUIRE(database->execute(damage.sql));
  }
  const Answer answer = ask(command_check, path);
  CAPTURE(damage.sql, answer.out, answer.err);
  CHECK(answer.code == ExitCode::kIo);
  CHECK(answer.says(damage.words));
}

TEST_CASE("check: a damaged file is not ok", "[check]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  std::string bytes = read_file(path);
  // Every page behind the schema's.
  for (size_t i = bytes.size() / 3; i < bytes.size(); i += 3) bytes[i] = '\x5a';
  write_file(path, bytes);
  const Answer answer = ask(command_check, path);
  CAPTURE(answer.out, answer.err);
  CHECK(answer.code == ExitCode::kIo);
}

TEST_CASE("read commands: an answer that cannot be written is an error", "[status]") {
  const ScratchFolder dir;
  const std::string path = dir.path("crawl.db");
  write_crawl(path);
  ReadOptions options;
  options.database = path;
  options.urls = {"http://a.test/"};
  Capture err;
  options.err_fd = err.fd();
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  options.out_fd = full.fd();
  CHECK(status(options) == ExitCode::kIo);
  CHECK(command_cat(options) == ExitCode::kIo);
  CHECK(err.text().find("No space left on device") != std::string::npos);
}
