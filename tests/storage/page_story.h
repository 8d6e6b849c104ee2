// SPDX-License-Identifier: MIT
#pragma once

// Fetches of the URLs of one small host, one after another, in as many runs as a test wants, at
// times of its own.

#include "tests/storage/storage_support.h"

namespace crawl::test {

inline constexpr int64_t kHour = 3'600'000;
inline constexpr int64_t kDay = 24 * kHour;

class Story {
 public:
  explicit Story(const Writer::Options& options = {}) : options_(options) {
    run_ = std::make_unique<TestRun>(path(), options_);
    WriteUnit unit;
    unit.seeds.push_back(new_seed(1, "http://a/"));
    unit.new_hosts.push_back(new_host(1, "a"));
    for (int64_t id = 1; id <= 4; ++id) {
      unit.new_urls.push_back(
          new_url(id, id == 1 ? "http://a/" : "http://a/" + std::to_string(id)));
    }
    submit(std::move(unit));
  }

  std::string path() const { return dir_.path("crawl.db"); }
  TestRun& run() { return *run_; }
  int64_t now() const { return now_; }
  void submit(WriteUnit unit) { last_ = run_->writer->submit(std::move(unit)); }

  // Stores the fetch, a millisecond after the one before; pages that are ok link to URL 2 and have
  // a body that tells their content_hash.
  Story& then(PageRow page) {
    page.fetched_at = ++now_;
    if (page.outcome == Outcome::kOk) {
      page.links.push_back({2, LinkKind::kAnchor, "", ""});
      bodies_.push_back(std::make_unique<std::string>("body " + std::to_string(page.content_hash)));
      if (!page.withheld) page.body_zstd = *bodies_.back();
    }
    submit(page_unit(std::move(page)));
    return *this;
  }
  Story& wait(int64_t ms) {
    now_ += ms;
    return *this;
  }
  // The next run; by default with the options of the one before.
  // Ends the run: the database is free.
  void close() {
    if (run_) run_->finish();
    run_.reset();
  }
  Story& next_run() { return next_run(options_); }
  Story& next_run(const Writer::Options& options) {
    run_->finish();
    options_ = options;
    run_ = std::make_unique<TestRun>(path(), options_);
    last_ = asked_ = 0;
    return *this;
  }

  // Of what is committed after all fetches so far.
  std::string ask(const std::string& columns) {
    run_->writer->flush();
    if (last_ > asked_) REQUIRE(run_->wait_committed(last_));
    asked_ = last_;
    return query_file(path(), "SELECT " + columns);
  }
  std::string page(const std::string& columns) { return ask(columns + " FROM page"); }
  std::string url(const std::string& columns) { return ask(columns + " FROM url WHERE id = 1"); }
  std::string changes() {
    return ask(
        "group_concat(ifnull(change, '-'), ' ') FROM (SELECT change FROM visit ORDER BY at)");
  }
  std::string kept() {
    return ask(
        "(SELECT count(*) FROM link)||' '||"
        "(SELECT count(*) FROM content WHERE zstd IS NOT NULL)||' '||"
        "(SELECT ifnull(title, '-')||' '||ifnull(text, '-') FROM pages)");
  }

 private:
  const ScratchFolder dir_;
  Writer::Options options_;
  std::unique_ptr<TestRun> run_;
  std::vector<std::unique_ptr<std::string>> bodies_;
  int64_t now_ = 100;
  uint64_t last_ = 0;
  uint64_t asked_ = 0;
};

inline PageRow not_modified(int64_t id = 1) {
  PageRow row = failed_page(id, Outcome::kNotModified, 0);
  row.status = 304;
  row.detail = {};
  row.elapsed_ms = 77;
  return row;
}

inline PageRow with_status(int64_t id, int64_t status) {
  PageRow row = failed_page(id, status == 410 ? Outcome::kGone : Outcome::kHttpError, 0);
  row.status = status;
  return row;
}

}  // namespace crawl::test
