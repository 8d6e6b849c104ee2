// SPDX-License-Identifier: MIT
// What programs ask: JSON, server-sent events (WHATWG HTML §9.2) and metrics. docs/serve.md.
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "reader/json_lines.h"
#include "reader/metrics.h"
#include "reader/questions.h"
#include "reader/read_support.h"
#include "reader/row_printer.h"
#include "reader/status_view.h"
#include "reader/story_view.h"
#include "serve/site.h"
#include "storage/lock.h"

namespace crawl {

namespace {

constexpr int64_t kRowsDefault = 100;
constexpr int64_t kRowsMax = 10'000;
constexpr size_t kAnswerBytesMax = size_t{16} << 20;
constexpr int64_t kRunningMs = 1'000;  // between two events
constexpr int64_t kQuietMs = 10'000;
constexpr int kListenersMax = 32;  // half of the connections there are

HttpResponse json(std::string body) {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

HttpResponse failure(const Error& error) {
  return json_error(error.code == Errc::kInvalid ? 400 : 503, error.message());
}

}  // namespace

HttpResponse json_error(int status, std::string_view text) {
  HttpResponse response = json(dump_line({{"error", text}}).bytes());
  response.status = status;
  return response;
}

HttpResponse Site::api_status(const HttpRequest& /*request*/, Database& database) {
  Result<StatusView> view = status(database);
  if (!view) return failure(view.error());
  ReadOptions options;
  options.database = path_;
  return json(status_json(options, *view).bytes());
}

HttpResponse Site::api_why(const HttpRequest& request, Database& database) {
  const Result<AskedUrl> asked = asked_url(request.query("url"));
  if (!asked) return json_error(400, asked.error().message());
  const Result<StoryView> story = read_story(database, asked->url, asked->stored);
  if (!story) return failure(story.error());
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const StoryRow& row : story->rows) {
    rows.push_back({{"label", row.label}, {"text", row.text}});
  }
  return json(dump_line({{"url", story->url ? *story->url : asked->url.href()},
                         {"known", story->url.has_value()},
                         {"story", std::move(rows)},
                         {"near", story->near}})
                  .bytes());
}

HttpResponse Site::api_query(const HttpRequest& request, Database& database) {
  const std::string name = request.path.substr(std::string_view("/api/query/").size());
  Result<std::vector<std::string>> names = question_names(database);
  if (!names) return failure(names.error());
  const std::string view = view_of_question(name);
  const bool known = std::any_of(names->begin(), names->end(), [&](const std::string& one) {
    return view_of_question(one) == view;
  });
  if (!known) return json_error(404, "there is no question " + name);
  const std::optional<int64_t> limit = request.number("limit", kRowsDefault, 1, kRowsMax);
  if (!limit) return json_error(400, "limit is a number from 1 to 10000");
  Result<Statement> statement = database.prepare("SELECT * FROM \"" + view + "\"");
  if (!statement) return failure(statement.error());
  HttpResponse response = json("");
  {
    Output output(response.body, kAnswerBytesMax);
    const auto printer = make_row_printer(RowFormat::kJson, *statement, output, 0);
    const Result<bool> more = print_rows(*statement, *printer, *limit);
    if (!more) return json_error(503, "this takes too long here; crawl query has all the time");
    if (output.failed())
      return json_error(400, "this is too much here: ask for fewer rows, or crawl query");
  }
  return response;
}

HttpResponse Site::api_events(const HttpRequest& /*request*/, Database& /*database*/) {
  if (++listeners_ > kListenersMax) {
    --listeners_;
    return json_error(503, "too many are listening");
  }
  const std::shared_ptr<void> listener(nullptr, [this](void*) { --listeners_; });
  HttpResponse response;
  response.content_type = "text/event-stream";
  response.stream = [this, listener,
                     wait_until = int64_t{0}]() mutable -> std::optional<std::string> {
    const SystemClock clock;
    while (!stopped_ && clock.monotonic_ms() < wait_until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (stopped_) return std::nullopt;
    const std::optional<int64_t> holder = run_lock_holder(path_);
    wait_until = clock.monotonic_ms() + (holder ? kRunningMs : kQuietMs);
    Result<Database> database = Database::open_reader(path_);
    if (!database) return "event: error\ndata: {}\n\n";
    Result<LiveAnswer> live = read_live(*database, clock.wall_ms());
    if (!live) return "event: error\ndata: {}\n\n";
    nlohmann::ordered_json event = live_json(*live);
    event["running"] = holder.has_value() && !live->ended;
    return "event: live\ndata: " + dump_line(event).bytes() + "\n";
  };
  return response;
}

HttpResponse Site::metrics(const HttpRequest& /*request*/, Database& database) {
  Result<StatusView> view = status(database);
  if (!view) return failure(view.error());
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text(metrics_of(*view));
  return response;
}

}  // namespace crawl
