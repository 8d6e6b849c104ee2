// SPDX-License-Identifier: MIT
#pragma once

// Real files in a directory of their own, and short ways to make rows.

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "storage/database.h"
#include "storage/resume.h"
#include "storage/writer.h"
#include "tests/support/catch.h"
#include "tests/support/scratch_folder.h"

namespace crawl::test {

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The first column of the first row as text; "NULL" and "no row" as such.
inline std::string query_text(Database& database, const std::string& sql) {
  CAPTURE(sql);
  Result<Statement> query = database.prepare(sql);
  REQUIRE(query);
  Result<bool> row = query->step();
  REQUIRE(row);
  if (!*row) return "no row";
  return query->is_null(0) ? "NULL" : std::string(query->text(0));
}

inline std::string query_file(const std::string& path, const std::string& sql) {
  Result<Database> database = Database::open_reader(path);
  REQUIRE(database);
  return query_text(*database, sql);
}

// A run that is under way: a database with one run, and its writer.
struct TestRun {
  int64_t run_id = 0;
  std::unique_ptr<Writer> writer;

  explicit TestRun(std::unique_ptr<Writer> running) : writer(std::move(running)) {}
  explicit TestRun(const std::string& path, const Writer::Options& options = {}) {
    Result<Database> database = Database::open_writer(path);
    REQUIRE(database);
    Result<RunStart> start = begin_run(*database, 1'000, ::getpid(), "{}");
    REQUIRE(start);
    run_id = start->run_id;
    Result<std::unique_ptr<Writer>> started = Writer::start(std::move(*database), run_id, options);
    REQUIRE(started);
    writer = std::move(*started);
  }
  void finish(const std::string& reason = "done") { REQUIRE(writer->finish(reason, 9'000)); }

  // Waits for replies until one of type T has come; nullopt after ten seconds without any.
  template <typename T>
  std::optional<T> wait_for() {
    for (;;) {
      pollfd ready{writer->notify_fd(), POLLIN, 0};
      if (::poll(&ready, 1, 10'000) <= 0) return std::nullopt;
      for (WriterReply& reply : writer->take_replies()) {
        if (T* wanted = std::get_if<T>(&reply)) return std::move(*wanted);
      }
    }
  }
  // True when everything up to `ticket` has been reported as committed.
  bool wait_committed(uint64_t ticket) {
    for (;;) {
      const std::optional<Committed> committed = wait_for<Committed>();
      if (!committed) return false;
      if (committed->ticket >= ticket) return true;
    }
  }
};

inline NewUrl new_url(int64_t id, const std::string& url, int64_t depth = 0, int64_t host = 1) {
  NewUrl row;
  row.id = id;
  row.host_id = host;
  row.seed_id = 1;
  row.depth = depth;
  row.rank = depth * 1'000;
  row.first_seen_at = 1'000;
  row.url = url;
  return row;
}

inline HostRow new_host(int64_t id, const std::string& host_name) {
  HostRow row;
  row.id = id;
  row.name = host_name;
  return row;
}

inline SeedRow new_seed(int64_t id, const std::string& url) {
  SeedRow row;
  row.id = id;
  row.url = url;
  return row;
}

inline UrlUpdate done_with(int64_t id, Outcome outcome) {
  UrlUpdate row;
  row.id = id;
  row.outcome = outcome;
  return row;
}

// A page with a title and a text.
inline PageRow ok_page(int64_t id, uint64_t content_hash, int64_t fetched_at,
                       std::string_view title = "Title", std::string_view text = "text") {
  PageRow row;
  row.url_id = id;
  row.status = 200;
  row.fetched_at = fetched_at;
  row.content_hash = content_hash;
  row.body_bytes = 100;
  row.parse_status = ParseStatus::kOk;
  row.content_type = "text/html";
  row.title = title;
  row.text = text;
  return row;
}

inline PageRow failed_page(int64_t id, Outcome outcome, int64_t fetched_at,
                           BodyStore store = BodyStore::kKeep) {
  PageRow row;
  row.url_id = id;
  row.outcome = outcome;
  row.body_store = store;
  row.fetched_at = fetched_at;
  row.detail = "it failed";
  return row;
}

// RFC 8878: a frame of one raw block, for a body of fewer than 256 bytes.
inline std::string zstd_frame(const std::string& body) {
  std::string bytes = "\x28\xB5\x2F\xFD\x20";
  bytes += static_cast<char>(body.size());
  const size_t header = 1 | body.size() << 3;
  for (unsigned shift = 0; shift < 24; shift += 8)
    bytes += static_cast<char>(header >> shift & 0xFF);
  return bytes + body;
}

inline WriteUnit page_unit(PageRow page) {
  WriteUnit unit;
  unit.url_updates.push_back(done_with(page.url_id, page.outcome));
  unit.url_updates.back().reason = page.detail;
  unit.page = std::move(page);
  return unit;
}

}  // namespace crawl::test
