// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/columns.h"
#include "base/units.h"
#include "reader/read_support.h"
#include "reader/status_view.h"
#include "storage/explain.h"

namespace crawl {

namespace {

std::string run_line(const StatusView& view) {
  const auto& [answer, holder, running, live] = view;
  if (!answer.last_run) return holder ? "a first run is starting" : "no run yet";
  const RunInfo& run = *answer.last_run;
  std::string line = fmt::format("run {}: ", run.id);
  if (running) return line + (*holder > 0 ? fmt::format("running (PID {})", *holder) : "running");
  if (run.end_reason.empty() || run.end_reason == "died") {
    return line + "died (it was killed, or the machine stopped); nothing that was stored is lost";
  }
  return line + fmt::format("ended ({})", run.end_reason);
}

ShownText run_text(const StatusView& view) {
  ShownText text;
  text.line(run_line(view));
  if (!view.answer.last_run) return text;
  if (view.holder && !view.running) {
    text.line(fmt::format("  PID {} holds the database: a run that begins, or crawl prune",
                          *view.holder));
  }
  const RunInfo& run = *view.answer.last_run;
  std::string line =
      fmt::format("  {}, {}, started {}", counted(run.pages, "page"),
                  format_bytes(static_cast<uint64_t>(std::max<int64_t>(run.bytes, 0))),
                  iso8601_utc(run.started_at));
  if (run.ended_at) line += fmt::format(", ended {}", iso8601_utc(*run.ended_at));
  text.line(line);
  if (!view.answer.sandbox.empty()) text.line("  " + view.answer.sandbox);
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
  if (kind == "archive_behind") return "not all is in the archive: crawl export warc catches up";
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

// As the live lines of the run itself have it.
ShownText live_text(const LiveAnswer& live, int64_t now_ms) {
  ShownText text;
  std::string line = fmt::format("  {:.1f} pages/s in the last minute", live.pages_per_second);
  if (live.left_ms) line += ", " + format_duration_ms(*live.left_ms / 1000 * 1000) + " left";
  if (live.hosts_ready) {
    line += fmt::format(", hosts: {} to ask now, {} wait for their delay",
                        group_digits(*live.hosts_ready), group_digits(*live.hosts_waiting));
  }
  text.line(line);
  if (!live.fetchers.empty()) text.line("fetchers: pages in the last minute, and the latest");
  for (const LiveFetcher& fetcher : live.fetchers) {
    line = fmt::format("  {:>9}  {:>6}", fetcher.pid, group_digits(fetcher.pages));
    if (!fetcher.last_url.empty()) {
      const int64_t age_ms = std::max<int64_t>(0, now_ms - fetcher.last_at) / 1000 * 1000;
      line += fmt::format("  {:>8} ago  {}", format_duration_ms(age_ms), fetcher.last_url);
    }
    text.line(line);
  }
  return text;
}

}  // namespace

ShownText status_text(const ReadOptions& options, const StatusView& view, int64_t now_ms) {
  const StatusAnswer& answer = view.answer;
  ShownText text;
  text.line(fmt::format("{}: {}", options.database,
                        format_bytes(static_cast<uint64_t>(answer.file_bytes))));
  text += run_text(view);
  if (view.live) text += live_text(*view.live, now_ms);
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
  text.line(next_line(options, answer, view.running));
  return text;
}

}  // namespace crawl
