// SPDX-License-Identifier: MIT
#include "serve/site.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <iterator>

#include "base/clock.h"
#include "base/embedded_file.h"
#include "report/report.h"
#include "storage/lock.h"
#include "storage/query_budget.h"

namespace crawl {

std::span<const EmbeddedFile> serve_files();  // serve.css, serve.js

namespace {

constexpr int kRequestMs = 15'000;  // then a request has asked for too much

bool matches(std::string_view route, std::string_view path) {
  return route.ends_with('/') && route.size() > 1 ? path.starts_with(route) : path == route;
}

bool for_programs(std::string_view path) { return path.starts_with("/api/") || path == "/metrics"; }

HttpResponse asset(std::string type, std::string text) {
  HttpResponse response;
  response.content_type = std::move(type);
  response.body = std::move(text);
  return response;
}

std::string text_of(std::span<const EmbeddedFile> files, std::string_view name) {
  return std::string(embedded_file(files, name)->text);
}

HttpResponse error_for(const HttpRequest& request, int status, const std::string& text) {
  return for_programs(request.path) ? json_error(status, text) : HttpResponse::plain(status, text);
}

}  // namespace

const Site::Route Site::kRoutes[] = {
    {"/", &Site::page_now},
    {"/why", &Site::page_why},
    {"/search", &Site::page_search},
    {"/questions", &Site::page_questions},
    {"/questions/", &Site::page_question},
    {"/report", &Site::page_report},
    {"/api/status", &Site::api_status},
    {"/api/why", &Site::api_why},
    {"/api/search", &Site::api_search},
    {"/api/query/", &Site::api_query},
    {"/api/events", &Site::api_events},
    {"/metrics", &Site::metrics},
};

// Of which file, and of which run, that is under way or not.
Result<std::string> Site::status_key(Database& database) const {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) return errno_error("open " + path_);
  Result<Statement> query =
      database.prepare("SELECT id, end_reason FROM run ORDER BY id DESC LIMIT 1");
  if (!query) return query.error();
  Result<bool> row = query->step();
  if (!row) return row.error();
  return fmt::format("{} {} {} {} {}", info.st_dev, info.st_ino, *row ? query->integer(0) : 0,
                     *row ? query->text(1) : "", run_lock_holder(path_).has_value());
}

Result<StatusView> Site::status(Database& database) {
  constexpr int64_t kTimesAsLong = 10;
  const std::lock_guard lock(status_mutex_);
  Result<std::string> key = status_key(database);
  if (!key) return key.error();
  const SystemClock clock;
  const int64_t begun = clock.monotonic_ms();
  if (status_ && status_key_ == *key && begun < status_until_ms_) return *status_;
  Result<StatusView> view = read_status_view(database, path_, true);
  if (!view) return view;
  status_ = *view;
  status_key_ = *key;
  const int64_t ended = clock.monotonic_ms();
  status_until_ms_ = ended + kTimesAsLong * (ended - begun);
  return view;
}

HttpResponse Site::answer(const HttpRequest& request) {
  if (request.path == "/serve.css") {
    return asset("text/css; charset=utf-8",
                 text_of(report_files(), "report.css") + text_of(serve_files(), "serve.css"));
  }
  if (request.path == "/serve.js") {
    return asset("text/javascript; charset=utf-8", text_of(serve_files(), "serve.js"));
  }
  for (const Route& route : kRoutes) {
    if (!matches(route.path, request.path)) continue;
    Result<Database> database = Database::open_reader(path_);
    if (!database) return error_for(request, 503, database.error().message());
    const int64_t until = SystemClock().monotonic_ms() + kRequestMs;
    const QueryBudget budget(
        *database, [this, until] { return stopped_ || SystemClock().monotonic_ms() > until; });
    return (this->*route.answer)(request, *database);
  }
  return error_for(request, 404, "there is no such page");
}

}  // namespace crawl
