// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/units.h"
#include "reader/json_lines.h"
#include "reader/read_support.h"
#include "storage/explain.h"
#include "storage/lock.h"
#include "storage/queries.h"

namespace crawl {

namespace {

using Json = nlohmann::ordered_json;

int64_t count_of(const std::vector<Count>& counts, std::string_view name) {
  const auto found = std::find_if(counts.begin(), counts.end(),
                                  [&](const Count& count) { return count.name == name; });
  return found == counts.end() ? 0 : found->count;
}

// One word: running, died, or why the last run ended.
std::string run_state(const StatusAnswer& answer, std::optional<int64_t> holder) {
  if (holder) return "running";
  if (!answer.last_run) return "none";
  return answer.last_run->end_reason.empty() ? "died" : answer.last_run->end_reason;
}

std::string run_line(const StatusAnswer& answer, std::optional<int64_t> holder) {
  if (!answer.last_run) return holder ? "a first run is starting" : "no run yet";
  const RunInfo& run = *answer.last_run;
  std::string line = fmt::format("run {}: ", run.id);
  if (holder) return line + (*holder > 0 ? fmt::format("running (PID {})", *holder) : "running");
  if (run.end_reason.empty() || run.end_reason == "died") {
    return line + "died (it was killed, or the machine stopped); nothing that was stored is lost";
  }
  return line + fmt::format("ended ({})", run.end_reason);
}

ShownText run_text(const StatusAnswer& answer, std::optional<int64_t> holder) {
  ShownText text;
  text.line(run_line(answer, holder));
  if (!answer.last_run) return text;
  const RunInfo& run = *answer.last_run;
  std::string line =
      fmt::format("  {} pages, {}, started {}", run.pages,
                  format_bytes(static_cast<uint64_t>(std::max<int64_t>(run.bytes, 0))),
                  iso8601_utc(run.started_at));
  if (run.ended_at) line += fmt::format(", ended {}", iso8601_utc(*run.ended_at));
  text.line(line);
  if (!answer.sandbox.empty()) text.line("  " + answer.sandbox);
  return text;
}

template <typename Explain>
ShownText counts_text(std::string_view title, const std::vector<Count>& counts, Explain meaning) {
  ShownText text;
  if (!counts.empty()) text.line(title);
  for (const Count& count : counts) {
    std::string line =
        fmt::format("  {:>9}  {:<20} {}", count.count, count.name, meaning(count.name));
    line.resize(line.find_last_not_of(' ') + 1);
    text.line(line);
  }
  return text;
}

ShownText hosts_text(std::string_view title, const std::vector<HostRow>& hosts,
                     int64_t HostRow::*number) {
  ShownText text;
  if (!hosts.empty()) text.line(title);
  for (const HostRow& host : hosts) {
    text.line(fmt::format("  {:>9}  {}", host.*number, host.name));
  }
  return text;
}

std::string_view trouble_text(const std::string& kind) {
  if (kind == "fetcher_crashed") return "a fetcher died; what it was busy with was tried again";
  if (kind == "quarantined") return "a page that fetchers died of is left alone";
  if (kind == "outage_began") return "nobody answered for a while";
  if (kind == "host_given_up") return "a host was silent for --host-patience";
  return "";
}

ShownText duplicates_text(const StatusAnswer& answer) {
  const int64_t exact = answer.exact_duplicates.value_or(0);
  const int64_t near = answer.near_duplicates.value_or(0);
  ShownText text;
  if (exact > 0 || near > 0) text.line("duplicates");
  if (exact > 0) {
    text.line(fmt::format("  {:>9}  exact: their bodies are stored once (view duplicates)", exact));
  }
  if (near > 0) {
    text.line(
        fmt::format("  {:>9}  near: their texts are much alike (view near_duplicates)", near));
  }
  return text;
}

ShownText events_text(const std::vector<EventRow>& events) {
  ShownText text;
  if (!events.empty()) text.line("last events");
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    std::string line = fmt::format("  {}  {}", iso8601_utc(event->at), event->kind);
    if (event->pid) line += fmt::format("  PID {}", *event->pid);
    if (event->code) line += fmt::format("  code {}", *event->code);
    if (event->signal) line += fmt::format("  signal {}", *event->signal);
    if (!event->url.empty()) line += "  " + event->url;
    if (!event->text.empty()) line += "  " + event->text;
    text.line(line);
  }
  return text;
}

std::string next_line(const ReadOptions& options, const StatusAnswer& answer, bool running) {
  const std::string database = database_option(options);
  const int64_t pending = count_of(answer.states, name(UrlState::kPending));
  if (running) return fmt::format("next: crawl why{} URL   tells what became of a URL", database);
  if (pending > 0) {
    return fmt::format("next: crawl{} SEEDS   goes on with the {} URLs that are pending", database,
                       pending);
  }
  return fmt::format("next: crawl{} SEEDS   fetches again what is due", database);
}

ShownText status_text(const ReadOptions& options, const StatusAnswer& answer,
                      std::optional<int64_t> holder) {
  ShownText text;
  text.line(fmt::format("{}: {}", options.database,
                        format_bytes(static_cast<uint64_t>(answer.file_bytes))));
  text += run_text(answer, holder);
  text += counts_text("URLs", answer.states, [](const std::string&) { return ""; });
  text += counts_text("outcomes", answer.outcomes, [](const std::string& word) {
    const std::optional<Outcome> outcome = outcome_named(word);
    return outcome ? explain(*outcome).meaning : std::string_view{};
  });
  text += counts_text("skipped", answer.reasons, [](const std::string& word) {
    const std::optional<SkipReason> reason = skip_reason_named(word);
    return reason ? explain(*reason).meaning : std::string_view{};
  });
  text += counts_text("traps, by rule", answer.traps, trap_rule_text);
  text += duplicates_text(answer);
  text += hosts_text("hosts with most pages", answer.most_pages, &HostRow::pages);
  text += hosts_text("hosts with most errors", answer.most_errors, &HostRow::errors);
  text += hosts_text("slowest hosts, ms to answer", answer.slowest, &HostRow::latency_ms);
  text += counts_text("changes in the last run", answer.changes.value_or(std::vector<Count>()),
                      [](const std::string&) { return "crawl query changes"; });
  if (answer.broken_links.value_or(0) > 0) {
    text.line("broken links");
    text.line(
        fmt::format("  {:>9}  {:<20} crawl query broken-links", *answer.broken_links, "links"));
  }
  text += counts_text("troubles of the last run", answer.troubles, trouble_text);
  text += events_text(answer.last_events);
  text.line(next_line(options, answer, holder.has_value()));
  return text;
}

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

ShownText status_json(const ReadOptions& options, const StatusAnswer& answer,
                      std::optional<int64_t> holder) {
  Json json = {{"database", options.database},
               {"bytes", answer.file_bytes},
               {"state", run_state(answer, holder)},
               {"pid", number_or_null(holder)},
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
  return dump_indented(json);
}

// --- for monitoring: one line, and an exit code as monitoring plugins have it

enum class Health { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };

struct Verdict {
  Health health = Health::kOk;
  std::string text;
};

Verdict judge(const StatusAnswer& answer, std::optional<int64_t> holder, int64_t now_ms,
              int64_t age_max_ms) {
  if (!answer.last_run) return {Health::kWarning, "no run yet"};
  const RunInfo& run = *answer.last_run;
  const int64_t pending = count_of(answer.states, name(UrlState::kPending));
  const int64_t age_ms = std::max<int64_t>(0, now_ms - run.ended_at.value_or(run.started_at));
  std::string text = fmt::format("run {} ", run.id);
  const std::string word = run_state(answer, holder);
  text += holder ? fmt::format("running for {}", format_duration_ms(age_ms))
                 : fmt::format("{} {} ago", word == "died" ? word : "ended (" + word + ")",
                               format_duration_ms(age_ms));
  text += fmt::format(", {} pages, {} pending", run.pages, pending);
  for (const Count& trouble : answer.troubles) {
    text += fmt::format(", {} {}", trouble.count, trouble.name);
  }
  const bool failed =
      word == "died" || word == "failed" || word == "disk_full" || word == "network_gone";
  if (failed && !holder) return {Health::kCritical, text};
  if (age_ms > age_max_ms) {
    return {Health::kCritical,
            text + fmt::format(" (older than {}, --max-age)", format_duration_ms(age_max_ms))};
  }
  const bool warn = !answer.troubles.empty() || word == "interrupted";
  return {warn ? Health::kWarning : Health::kOk, text};
}

ExitCode tell_health(const StatusOptions& options, const Verdict& verdict) {
  constexpr const char* kWords[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  ShownText text;
  text.line(fmt::format("{}: {}", kWords[static_cast<size_t>(verdict.health)], verdict.text));
  const ExitCode printed = print(options, text);
  return printed != ExitCode::kDone ? printed : static_cast<ExitCode>(verdict.health);
}

}  // namespace

ExitCode command_status(const StatusOptions& options) {
  Result<Database> database = Database::open_reader(options.database);
  if (!database) {
    return options.check ? tell_health(options, {Health::kUnknown, database.error().message()})
                         : report_error(options, database.error());
  }
  const Result<StatusAnswer> answer = read_status(*database, options.database);
  if (!answer && options.check) {
    return tell_health(options, {Health::kUnknown, answer.error().message()});
  }
  if (!answer) return report_error(options, answer.error());
  const std::optional<int64_t> holder = run_lock_holder(options.database);
  if (options.check) {
    return tell_health(options,
                       judge(*answer, holder, SystemClock().wall_ms(), options.age_max_ms));
  }
  return print(options, options.json ? status_json(options, *answer, holder)
                                     : status_text(options, *answer, holder));
}

}  // namespace crawl
