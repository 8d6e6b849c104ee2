// SPDX-License-Identifier: MIT
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "reader/json_lines.h"
#include "reader/status_view.h"

namespace crawl {

namespace {

using Json = nlohmann::ordered_json;

Json counts_json(const std::vector<Count>& counts) {
  Json json = Json::object();
  for (const Count& count : counts) json[count.name] = count.count;
  return json;
}

Json robots_json(const HostRow& host) {
  Json json = Json::object();
  for (size_t i = 0; i < host.robots.size(); ++i) {
    if (host.robots[i].state == RobotsState::kUnknown) continue;
    json[std::string(kRobotsSchemes[i])] = name(host.robots[i].state);
  }
  return json;
}

Json hosts_json(const std::vector<HostRow>& hosts) {
  Json json = Json::array();
  for (const HostRow& host : hosts) {
    json.push_back({{"host", host.name},
                    {"pages", host.pages},
                    {"errors", host.errors},
                    {"robots", robots_json(host)},
                    {"delay_ms", host.delay_ms},
                    {"latency_ms", host.latency_ms}});
  }
  return json;
}

Json number_or_null(std::optional<int64_t> value) { return value ? Json(*value) : Json(); }

Json events_json(const std::vector<EventRow>& events) {
  Json json = Json::array();
  for (const EventRow& event : events) {
    json.push_back({{"at", iso8601_utc(event.at)},
                    {"kind", event.kind},
                    {"pid", number_or_null(event.pid)},
                    {"code", number_or_null(event.code)},
                    {"signal", number_or_null(event.signal)},
                    {"url", event.url},
                    {"text", event.text}});
  }
  return json;
}

}  // namespace

nlohmann::ordered_json live_json(const LiveAnswer& live) {
  Json fetchers = Json::array();
  for (const LiveFetcher& fetcher : live.fetchers) {
    fetchers.push_back(
        {{"pid", fetcher.pid},
         {"pages", fetcher.pages},
         {"last_url", fetcher.last_url.empty() ? Json() : Json(fetcher.last_url)},
         {"last_at", fetcher.last_url.empty() ? Json() : Json(iso8601_utc(fetcher.last_at))}});
  }
  return {{"run", live.run},
          {"pages", live.pages},
          {"bytes", live.bytes},
          {"pending", number_or_null(live.pending)},
          {"pages_per_second", live.pages_per_second},
          {"left_ms", number_or_null(live.left_ms)},
          {"hosts_ready", number_or_null(live.hosts_ready)},
          {"hosts_waiting", number_or_null(live.hosts_waiting)},
          {"fetchers", fetchers}};
}

ShownText status_json(const ReadOptions& options, const StatusView& view) {
  const StatusAnswer& answer = view.answer;
  Json json = {{"database", options.database},
               {"bytes", answer.file_bytes},
               {"state", run_state(view)},
               {"pid", number_or_null(view.holder)},
               {"runs", answer.runs},
               {"run", nullptr},
               {"urls", counts_json(answer.states)},
               {"outcomes", counts_json(answer.outcomes)},
               {"skipped", counts_json(answer.reasons)},
               {"traps", counts_json(answer.traps)},
               {"exact_duplicates", number_or_null(answer.exact_duplicates)},
               {"near_duplicates", number_or_null(answer.near_duplicates)},
               {"most_pages", hosts_json(answer.most_pages)},
               {"most_errors", hosts_json(answer.most_errors)},
               {"slowest", hosts_json(answer.slowest)},
               {"changes", answer.changes ? counts_json(*answer.changes) : Json()},
               {"broken_links", number_or_null(answer.broken_links)},
               {"troubles", counts_json(answer.troubles)},
               {"sandbox", answer.sandbox},
               {"last_events", events_json(answer.last_events)}};
  if (answer.last_run) {
    const RunInfo& run = *answer.last_run;
    json["run"] = {{"id", run.id},
                   {"started_at", iso8601_utc(run.started_at)},
                   {"ended_at", run.ended_at ? Json(iso8601_utc(*run.ended_at)) : Json()},
                   {"end_reason", run.end_reason.empty() ? Json() : Json(run.end_reason)},
                   {"pages", run.pages},
                   {"bytes", run.bytes}};
  }
  if (view.live) json["live"] = live_json(*view.live);
  return dump_indented(json);
}

}  // namespace crawl
