// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"
#include "crawler/read_support.h"
#include "storage/explain.h"
#include "storage/queries.h"
#include "web/robots.h"

namespace crawl {

namespace {

constexpr int kLinkCountBudgetMs = 2'000;
constexpr size_t kNearest = 3;
constexpr size_t kVisitsShown = 10;

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("  {:<12}{}\n", label, text);
}

std::string explained(const Explanation& explanation) {
  std::string text = line("that means", explanation.meaning);
  if (!explanation.advice.empty()) text += line("to do", explanation.advice);
  return text;
}

std::string fate_text(const UrlStory& story) {
  if (story.state == name(UrlState::kSkipped)) {
    std::string text = line("skipped", escape_for_terminal(story.reason));
    const std::optional<SkipReason> reason = skip_reason_named(story.reason);
    return reason ? text + explained(explain(*reason)) : text;
  }
  if (story.state == name(UrlState::kPending)) {
    return line("pending", story.fetched ? "waits to be fetched again" : "not fetched yet") +
           explained(explain(Outcome::kNone));
  }
  std::string outcome = story.outcome;
  if (story.status != 0) outcome += fmt::format(" (HTTP status {})", story.status);
  std::string text = line("outcome", escape_for_terminal(outcome));
  const std::string& detail = story.reason.empty() ? story.detail : story.reason;
  if (!detail.empty()) text += line("detail", escape_for_terminal(detail));
  const std::optional<Outcome> known = outcome_named(story.outcome);
  if (known) text += explained(explain(*known));
  return text;
}

std::string content_text(const UrlStory& story) {
  if (!story.fetched) return {};
  std::string text;
  if (!story.redirect.empty()) text += line("leads to", escape_for_terminal(story.redirect));
  if (!story.title.empty()) text += line("title", escape_for_terminal(story.title));
  if (!story.content_type.empty()) text += line("type", escape_for_terminal(story.content_type));
  if (story.has_body) {
    text += line("body", format_bytes(static_cast<uint64_t>(story.bytes)) + ", see: crawl cat");
  }
  return text;
}

std::string origin_text(const UrlStory& story) {
  std::string text;
  if (story.chain.empty()) {
    text += line("found", story.state == name(UrlState::kSkipped) ? "as a seed" : "it is a seed");
  } else {
    text += line("found on", escape_for_terminal(story.chain.front().url));
    for (size_t i = 1; i < story.chain.size(); ++i) {
      text += line(i == 1 ? "by way of" : "", escape_for_terminal(story.chain[i].url));
    }
  }
  if (!story.seed.empty()) {
    std::string seed = escape_for_terminal(story.seed);
    if (!story.tag.empty()) seed += fmt::format(" (tag {})", escape_for_terminal(story.tag));
    text += line("seed", seed);
  }
  text += line("depth", std::to_string(story.depth));
  if (story.hops > 0) text += line("redirects", fmt::format("{} led here", story.hops));
  return text + line("first seen", iso8601_utc(story.first_seen_at));
}

std::string robots_text(const UrlStory& story, const Url& url) {
  if (!story.host) return {};
  const RobotsRow& robots = story.host->robots[url.scheme() == kRobotsSchemes[0] ? 0 : 1];
  switch (robots.state) {
    case RobotsState::kUnknown:
      return line("robots.txt", "not asked for yet");
    case RobotsState::kUnavailable:
      return line("robots.txt", "the host has none: everything is allowed");
    case RobotsState::kUnreachable:
      return line("robots.txt", "could not be had: nothing is allowed for now");
    case RobotsState::kIgnored:
      return line("robots.txt", "ignored, as --robots ignore says");
    case RobotsState::kOk:
      break;
  }
  const Result<RobotsRules> rules = RobotsRules::deserialize(robots.rules);
  if (!rules) return line("robots.txt", "its stored rules cannot be read");
  std::string path(url.path());
  if (url.has_query()) path += fmt::format("?{}", url.query());
  const RobotsDecision decision = rules->decide(path);
  if (decision.rule == nullptr) {
    return line("robots.txt", decision.allowed ? "allows it: no rule matches"
                                               : "refuses it: its rules are too costly to match");
  }
  const std::string rule =
      fmt::format("{}: {}", decision.rule->allow ? "Allow" : "Disallow", decision.rule->pattern);
  return line("robots.txt", fmt::format("{} it by \"{}\"", decision.allowed ? "allows" : "refuses",
                                        escape_for_terminal(rule)));
}

std::string visits_text(const UrlStory& story) {
  std::string text;
  const size_t skipped =
      story.visits.size() > kVisitsShown ? story.visits.size() - kVisitsShown : 0;
  if (skipped > 0) text += line("visits", fmt::format("({} earlier ones)", skipped));
  for (size_t i = skipped; i < story.visits.size(); ++i) {
    const VisitInfo& visit = story.visits[i];
    std::string what = fmt::format("{}  run {}  {}", iso8601_utc(visit.at), visit.run_id,
                                   escape_for_terminal(visit.outcome));
    if (visit.status != 0) what += fmt::format(" {}", visit.status);
    if (!visit.change.empty()) what += fmt::format("  {}", escape_for_terminal(visit.change));
    text += line(i == 0 ? "visits" : "", what);
  }
  return text;
}

Result<std::string> links_text(Database& database, const UrlStory& story) {
  const Result<LinkCount> to = count_links_to(database, story.id, kLinkCountBudgetMs);
  if (!to) return to.error();
  return line("links", fmt::format("{}{} to it, {} on it", to->complete ? "" : "at least ",
                                   to->count, story.links_out));
}

ExitCode unknown(const ReadOptions& options, Database& database, const Url& url) {
  std::string text = fmt::format("{} was never seen by this crawl", url.href());
  const Result<std::vector<std::string>> near =
      nearest_urls(database, url.authority(), url.href(), kNearest);
  if (!near) return report_error(options, near.error());
  if (near->empty()) {
    text += "; no URL of its host was";
  } else {
    text += "; nearest known:";
    for (const std::string& known : *near) text += " " + known;
  }
  return report_line(options, ExitCode::kNoInput, text);
}

ExitCode why(const ReadOptions& options, Database& database, const Url& url) {
  const Result<std::optional<UrlStory>> found = read_url(database, url.href());
  if (!found) return report_error(options, found.error());
  if (!*found) return unknown(options, database, url);
  const UrlStory& story = **found;
  std::string text = escape_for_terminal(story.url) + "\n";
  text += fate_text(story);
  text += content_text(story);
  text += origin_text(story);
  text += robots_text(story, url);
  text += line("attempts", fmt::format("{} without a final outcome, {} fetchers died of it",
                                       story.attempts, story.strikes));
  Result<std::string> links = links_text(database, story);
  if (!links) return report_error(options, links.error());
  return print(options, text + *links + visits_text(story));
}

}  // namespace

ExitCode command_why(const ReadOptions& options) {
  return for_each_url_asked(
      options, [&](Database& database, const Url& url) { return why(options, database, url); });
}

}  // namespace crawl
