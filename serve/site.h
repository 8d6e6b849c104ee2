// SPDX-License-Identifier: MIT
#pragma once

// What `crawl serve` shows of one database: pages for people, /api/ for programs, /metrics for
// Prometheus. Each request opens the database anew, read-only, so that a run, a prune or another
// database in its place are nothing to be told of.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "reader/status_view.h"
#include "serve/http_server.h"
#include "serve/indexer.h"
#include "storage/database.h"

namespace crawl {

class Site {
 public:
  explicit Site(const std::string& database) : path_(database), indexer_(database) {}

  HttpResponse answer(const HttpRequest& request);
  // Answers without end come to theirs, within a second.
  void stop() {
    stopped_ = true;
    indexer_.stop();
  }

 private:
  using Answer = HttpResponse (Site::*)(const HttpRequest& request, Database& database);
  struct Route {
    const char* path;  // one that ends in '/' stands for what is below it
    Answer answer;
  };
  static const Route kRoutes[];

  // pages.cc
  HttpResponse page_now(const HttpRequest& request, Database& database);
  HttpResponse page_why(const HttpRequest& request, Database& database);
  HttpResponse page_questions(const HttpRequest& request, Database& database);
  HttpResponse page_question(const HttpRequest& request, Database& database);
  HttpResponse page_search(const HttpRequest& request, Database& database);
  HttpResponse page_report(const HttpRequest& request, Database& database);
  // api.cc
  HttpResponse api_status(const HttpRequest& request, Database& database);
  HttpResponse api_why(const HttpRequest& request, Database& database);
  HttpResponse api_search(const HttpRequest& request, Database& database);
  HttpResponse api_query(const HttpRequest& request, Database& database);
  HttpResponse api_events(const HttpRequest& request, Database& database);
  HttpResponse metrics(const HttpRequest& request, Database& database);

  // As it is now or, where that takes long to say, was a while ago: ten times as long ago as it
  // took, so that whoever asks often does not keep a processor busy.
  Result<StatusView> status(Database& database);
  Result<std::string> status_key(Database& database) const;

  const std::string path_;
  std::mutex status_mutex_;  // whoever asks meanwhile waits for the same answer
  std::optional<StatusView> status_;
  std::string status_key_;
  int64_t status_until_ms_ = 0;
  std::atomic<bool> stopped_ = false;
  std::atomic<int> listeners_ = 0;  // to events
  Indexer indexer_;
};

// {"error": text}, for programs.
HttpResponse json_error(int status, std::string_view text);

}  // namespace crawl
