// SPDX-License-Identifier: MIT
#include "crawler/story_text.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"
#include "crawler/traps.h"
#include "storage/explain.h"
#include "web/robots.h"

namespace crawl {

std::string story_line(std::string_view label, std::string_view text) {
  return fmt::format("  {:<12}{}\n", label, text);
}

namespace {

std::string escaped_line(std::string_view label, std::string_view text) {
  return text.empty() ? "" : story_line(label, escape_for_terminal(text));
}

std::string explained(const Explanation& explanation) {
  std::string text = story_line("that means", explanation.meaning);
  if (!explanation.advice.empty()) text += story_line("to do", explanation.advice);
  return text;
}

std::string skipped_text(const UrlStory& story) {
  std::string text = escaped_line("skipped", story.reason);
  const std::string_view of_trap = trap_rule_text(story.rule);
  text += escaped_line("rule",
                       of_trap.empty() ? story.rule : fmt::format("{}: {}", story.rule, of_trap));
  const std::optional<SkipReason> reason = skip_reason_named(story.reason);
  return reason ? text + explained(explain(*reason)) : text;
}

std::string document_text(const UrlStory& story) {
  std::string text = escape_for_terminal(story.content_type);
  if (!story.document.empty()) {
    text +=
        fmt::format("{}read as {}", text.empty() ? "" : ", ", escape_for_terminal(story.document));
  }
  if (!story.lang.empty()) {
    text += fmt::format("{}language {}", text.empty() ? "" : ", ", escape_for_terminal(story.lang));
    if (!story.lang_source.empty()) {
      text += fmt::format(" (by {})", escape_for_terminal(story.lang_source));
    }
  }
  return text.empty() ? "" : story_line("type", text);
}

std::string backoff_text(const UrlStory& story) {
  if (!story.host || story.host->backoff_level == 0) return {};
  return story_line(
      "host", fmt::format("it backs off, level {}: no request before {}", story.host->backoff_level,
                          iso8601_utc(story.host->next_at)));
}

std::string redirects_text(const UrlStory& story) {
  std::string text;
  for (const RedirectStep& step : story.redirects) {
    const std::string& fate = step.outcome.empty() ? step.state : step.outcome;
    text += story_line(
        text.empty() ? "leads to" : "and then",
        fmt::format("{} ({})", escape_for_terminal(step.url), escape_for_terminal(fate)));
  }
  return text;
}

// "by a link (a, rel nofollow) that says “text”".
std::string found_by(const ChainStep& step) {
  if (step.kind.empty()) return "";
  std::string text = fmt::format("link of kind {}", escape_for_terminal(step.kind));
  if (!step.rel.empty()) text += fmt::format(", rel \"{}\"", escape_for_terminal(step.rel));
  if (!step.anchor.empty()) {
    text += fmt::format(", it says \"{}\"", escape_for_terminal(step.anchor));
  }
  return text;
}

const RobotsRow* robots_of(const UrlStory& story, const Url& url) {
  if (!story.host) return nullptr;
  for (size_t i = 0; i < kRobotsSchemes.size(); ++i) {
    if (url.scheme() == kRobotsSchemes[i]) return &story.host->robots[i];
  }
  return nullptr;
}

std::string robots_rule_text(const RobotsRow& robots, const Url& url) {
  const Result<RobotsRules> rules = RobotsRules::deserialize(robots.rules);
  if (!rules) return "its stored rules cannot be read";
  std::string path(url.path());
  if (url.has_query()) path += fmt::format("?{}", url.query());
  const RobotsDecision decision = rules->decide(path);
  if (decision.rule == nullptr) {
    return decision.allowed ? "allows it: no rule matches"
                            : "refuses it: its rules are too costly to match";
  }
  const std::string rule =
      fmt::format("{}: {}", decision.rule->allow ? "Allow" : "Disallow", decision.rule->pattern);
  return fmt::format("{} it by \"{}\"", decision.allowed ? "allows" : "refuses",
                     escape_for_terminal(rule));
}

std::string since(int64_t at) { return at == 0 ? "" : fmt::format(" since {}", iso8601_utc(at)); }

// Why the next fetch is when it is: what storage/revisit.h made of the last one.
std::string due_reason(const UrlStory& story) {
  if (story.role == name(UrlRole::kSeed)) return "with every run, as it is a seed";
  const bool missing =
      story.outcome == name(Outcome::kHttpError) || story.outcome == name(Outcome::kGone);
  if (story.role == name(UrlRole::kSitemap) && !missing) {
    return "with every run, as it is a sitemap";
  }
  if (story.listed_at > story.fetched_at) {
    return "a sitemap or a feed says that it changed on " + iso8601_utc(story.listed_at);
  }
  if (story.due_at == story.unavailable_after)
    return "it asks not to be shown any more from then on";
  if (story.due_at - story.fetched_at != story.interval_ms) {
    std::string text = story.due_at > story.fetched_at ? "soon, to see whether it is gone"
                                                       : "with the next run, as it failed";
    if (story.failures > 0) {
      text += fmt::format(" ({} in a row{})", story.failures, since(story.failing_since));
    }
    return text;
  }
  const std::string interval = format_duration_ms(story.interval_ms);
  if (story.outcome == name(Outcome::kRedirect)) return interval + " after a redirect was seen";
  if (!story.duplicate_of.empty()) {
    return interval + ", as the page says that its canonical URL is another one";
  }
  if (story.changed_at == story.fetched_at) return interval + ", less with each change";
  return interval + ", more each time it has not changed";
}

std::string urls_list(const std::vector<std::string>& urls, int64_t count) {
  std::string text;
  for (const std::string& url : urls) {
    if (!text.empty()) text += ", ";
    text += escape_for_terminal(url);
  }
  return static_cast<int64_t>(urls.size()) < count ? text + ", …" : text;
}

}  // namespace

std::string fate_text(const UrlStory& story) {
  if (story.state == name(UrlState::kSkipped)) return skipped_text(story);
  if (story.state == name(UrlState::kPending)) {
    return story_line("pending", story.fetched ? "waits to be fetched again" : "not fetched yet") +
           explained(explain(Outcome::kNone)) + backoff_text(story);
  }
  std::string outcome = story.outcome;
  if (story.status != 0 && story.page_outcome == story.outcome)
    outcome += fmt::format(" (HTTP status {})", story.status);
  std::string text = story_line("outcome", escape_for_terminal(outcome));
  text += escaped_line("detail", story.reason.empty() ? story.detail : story.reason);
  text += escaped_line("rule", story.rule);
  const std::optional<Outcome> known = outcome_named(story.outcome);
  return known ? text + explained(explain(*known)) : text;
}

std::string content_text(const UrlStory& story) {
  if (!story.fetched) return {};
  std::string text = redirects_text(story);
  text += escaped_line("title", story.title);
  text += document_text(story);
  if (story.has_body) {
    text +=
        story_line("body", format_bytes(static_cast<uint64_t>(story.bytes)) + ", see: crawl cat");
  }
  if ((story.robots_directives & 1) != 0) {
    text += story_line("noindex", "the page asks not to be indexed: no text and no body is kept");
  } else if ((story.robots_directives & 4) != 0) {
    text += story_line("noarchive", "the page asks not to be archived: no body is kept");
  }
  text += escaped_line("canonical", story.declared_canonical);
  return text;
}

std::string origin_text(const UrlStory& story) {
  std::string text;
  if (story.chain.empty()) {
    text +=
        story_line("found", story.state == name(UrlState::kSkipped) ? "as a seed" : "it is a seed");
  } else {
    text += escaped_line("found on", story.chain.front().url);
    const std::string by = found_by(story.chain.front());
    if (!by.empty()) text += story_line("found by", by);
    for (size_t i = 1; i < story.chain.size(); ++i) {
      text += escaped_line(i == 1 ? "by way of" : "", story.chain[i].url);
    }
  }
  if (!story.seed.empty()) {
    std::string seed = escape_for_terminal(story.seed);
    if (!story.tag.empty()) seed += fmt::format(" (tag {})", escape_for_terminal(story.tag));
    text += story_line("seed", seed);
  }
  if (story.role != name(UrlRole::kPage)) text += escaped_line("wanted as", story.role);
  text += story_line("depth", std::to_string(story.depth));
  if (story.hops > 0 && story.role != name(UrlRole::kSitemap))
    text += story_line("redirects", fmt::format("{} led here", story.hops));
  return text + story_line("first seen", iso8601_utc(story.first_seen_at));
}

std::string robots_text(const UrlStory& story, const Url& url) {
  const RobotsRow* robots = robots_of(story, url);
  if (robots == nullptr) return {};
  std::string text;
  switch (robots->state) {
    case RobotsState::kUnknown:
      return story_line("robots.txt", "not asked for yet");
    case RobotsState::kUnavailable:
      text = "the host has none: everything is allowed";
      break;
    case RobotsState::kUnreachable:
      text = "could not be had: nothing is allowed for now" + since(robots->failing_since);
      break;
    case RobotsState::kIgnored:
      return story_line("robots.txt", "ignored, as --robots ignore says");
    case RobotsState::kOk:
      text = robots_rule_text(*robots, url);
      break;
  }
  if (robots->fetched_at != 0) text += fmt::format(" (asked {})", iso8601_utc(robots->fetched_at));
  return story_line("robots.txt", text);
}

std::string due_text(const UrlStory& story) {
  if (story.state != name(UrlState::kDone)) return {};
  if (story.outcome == name(Outcome::kCrashedFetcher)) return story_line("due again", "never");
  if (!story.fetched || story.due_at == 0) {
    return story_line("due again", "with the next run, as it was not fetched yet");
  }
  return story_line("due again",
                    fmt::format("{}: {}", iso8601_utc(story.due_at), due_reason(story)));
}

std::string links_text(const UrlStory& story, const LinkCount& to) {
  std::string text = fmt::format("{}{} to it, {} on it", to.complete ? "" : "at least ", to.count,
                                 story.links_out);
  if (to.sitemaps > 0) {
    text += fmt::format("; {} sitemap{} it", to.sitemaps, to.sitemaps == 1 ? " lists" : "s list");
  }
  if (to.feeds > 0) text += fmt::format("; {} feeds do", to.feeds);
  if (story.listed_at != 0) {
    text += fmt::format(", changed {} as they say", iso8601_utc(story.listed_at));
  }
  return story_line("links", text);
}

std::string like_text(const UrlStory& story, const LikePages& like) {
  const std::string_view least = like.complete ? "" : "at least ";
  std::string text = escaped_line("copy of", story.duplicate_of);
  if (like.same > 0) {
    text += story_line("same as", fmt::format("{}{} others: {}", least, like.same,
                                              urls_list(like.same_urls, like.same)));
  }
  if (like.near > 0) {
    text += story_line("much like", fmt::format("{}{} others: {}", least, like.near,
                                                urls_list(like.near_urls, like.near)));
  }
  return text;
}

std::string visits_text(const UrlStory& story) {
  std::string text;
  for (const VisitInfo& visit : story.visits) {
    std::string what = fmt::format("{}  run {}  {}", iso8601_utc(visit.at), visit.run_id,
                                   escape_for_terminal(visit.outcome));
    if (visit.status != 0) what += fmt::format(" {}", visit.status);
    if (!visit.change.empty()) what += fmt::format("  {}", escape_for_terminal(visit.change));
    if (visit.change == "changed" && !visit.text_changed) what += " (not its text)";
    text += story_line(text.empty() ? "visits" : "", what);
  }
  return text;
}

}  // namespace crawl
