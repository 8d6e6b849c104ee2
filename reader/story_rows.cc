// SPDX-License-Identifier: MIT
#include "reader/story_rows.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/units.h"
#include "storage/explain.h"
#include "web/robots.h"

namespace crawl {

StoryRows story_row(std::string_view label, std::string_view text) {
  StoryRows rows;
  rows.rows_.push_back({std::string(label), std::string(text)});
  return rows;
}

StoryRows& StoryRows::operator+=(const StoryRows& more) {
  rows_.insert(rows_.end(), more.rows_.begin(), more.rows_.end());
  return *this;
}

namespace {

StoryRows row_if_known(std::string_view label, std::string_view text) {
  return text.empty() ? StoryRows() : story_row(label, text);
}

StoryRows explained(const Explanation& explanation) {
  StoryRows text = story_row("that means", explanation.meaning);
  if (!explanation.advice.empty()) text += story_row("to do", explanation.advice);
  return text;
}

StoryRows skipped_rows(const UrlStory& story) {
  StoryRows text = row_if_known("skipped", story.reason);
  const std::string_view of_trap = trap_rule_text(story.rule);
  text += row_if_known("rule",
                       of_trap.empty() ? story.rule : fmt::format("{}: {}", story.rule, of_trap));
  const std::optional<SkipReason> reason = skip_reason_named(story.reason);
  return reason ? text + explained(explain(*reason)) : text;
}

StoryRows document_rows(const UrlStory& story) {
  std::string text = story.content_type;
  if (!story.document.empty()) {
    text += fmt::format("{}read as {}", text.empty() ? "" : ", ", story.document);
  }
  if (!story.lang.empty()) {
    text += fmt::format("{}language {}", text.empty() ? "" : ", ", story.lang);
    if (!story.lang_source.empty()) {
      text += fmt::format(" (by {})", story.lang_source);
    }
  }
  return row_if_known("type", text);
}

StoryRows backoff_rows(const UrlStory& story) {
  if (!story.host || story.host->backoff_level == 0) return {};
  return story_row(
      "host", fmt::format("it backs off, level {}: no request before {}", story.host->backoff_level,
                          iso8601_utc(story.host->next_at)));
}

StoryRows redirects_rows(const UrlStory& story) {
  StoryRows text;
  for (const RedirectStep& step : story.redirects) {
    const std::string& fate = step.outcome.empty() ? step.state : step.outcome;
    text +=
        story_row(text.empty() ? "leads to" : "and then", fmt::format("{} ({})", step.url, fate));
  }
  return text;
}

// "by a link (a, rel nofollow) that says “text”".
std::string found_by(const ChainStep& step) {
  if (step.kind.empty()) return "";
  std::string text = fmt::format("link of kind {}", step.kind);
  if (!step.rel.empty()) text += fmt::format(", rel \"{}\"", step.rel);
  if (!step.anchor.empty()) {
    text += fmt::format(", it says \"{}\"", step.anchor);
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
  return fmt::format("{} it by \"{}\"", decision.allowed ? "allows" : "refuses", rule);
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
    text += url;
  }
  return static_cast<int64_t>(urls.size()) < count ? text + ", …" : text;
}

}  // namespace

StoryRows fate_rows(const UrlStory& story) {
  if (story.state == name(UrlState::kSkipped)) return skipped_rows(story);
  if (story.state == name(UrlState::kPending)) {
    return story_row("pending", story.fetched ? "waits to be fetched again" : "not fetched yet") +
           explained(explain(Outcome::kNone)) + backoff_rows(story);
  }
  std::string outcome = story.outcome;
  if (story.status != 0 && story.page_outcome == story.outcome)
    outcome += fmt::format(" (HTTP status {})", story.status);
  StoryRows text = story_row("outcome", outcome);
  text += row_if_known("detail", story.reason.empty() ? story.detail : story.reason);
  text += row_if_known("rule", story.rule);
  const std::optional<Outcome> known = outcome_named(story.outcome);
  return known ? text + explained(explain(*known)) : text;
}

StoryRows content_rows(const UrlStory& story) {
  if (!story.fetched) return {};
  StoryRows text = redirects_rows(story);
  text += row_if_known("title", story.title);
  text += document_rows(story);
  if (story.has_body) {
    text +=
        story_row("body", format_bytes(static_cast<uint64_t>(story.bytes)) + ", see: crawl cat");
  }
  if ((story.robots_directives & 1) != 0) {
    text += story_row("noindex", "the page asks not to be indexed: no text and no body is kept");
  } else if ((story.robots_directives & 4) != 0) {
    text += story_row("noarchive", "the page asks not to be archived: no body is kept");
  }
  text += row_if_known("canonical", story.declared_canonical);
  return text;
}

StoryRows origin_rows(const UrlStory& story) {
  StoryRows text;
  if (story.chain.empty()) {
    const bool found = story.role == name(UrlRole::kPage) || story.role == name(UrlRole::kAsset);
    text += story_row("found", found && story.seed.empty() ? "in an archive that was imported"
                               : found                     ? "on a page that is forgotten (prune)"
                               : story.state == name(UrlState::kSkipped) ? "as a seed"
                                                                         : "it is a seed");
  } else {
    text += row_if_known("found on", story.chain.front().url);
    const std::string by = found_by(story.chain.front());
    if (!by.empty()) text += story_row("found by", by);
    for (size_t i = 1; i < story.chain.size(); ++i) {
      text += row_if_known(i == 1 ? "by way of" : "", story.chain[i].url);
    }
  }
  if (!story.seed.empty()) {
    std::string seed = story.seed;
    if (!story.tag.empty()) seed += fmt::format(" (tag {})", story.tag);
    text += story_row("seed", seed);
  }
  if (story.role != name(UrlRole::kPage)) text += row_if_known("wanted as", story.role);
  text += story_row("depth", std::to_string(story.depth));
  if (story.hops > 0 && story.role != name(UrlRole::kSitemap))
    text += story_row("redirects", fmt::format("{} led here", story.hops));
  return text + story_row("first seen", iso8601_utc(story.first_seen_at));
}

StoryRows robots_rows(const UrlStory& story, const Url& url) {
  const RobotsRow* robots = robots_of(story, url);
  if (robots == nullptr) return {};
  std::string text;
  switch (robots->state) {
    case RobotsState::kUnknown:
      return story_row("robots.txt", "not asked for yet");
    case RobotsState::kUnavailable:
      text = "the host has none: everything is allowed";
      break;
    case RobotsState::kUnreachable:
      text = "could not be had: nothing is allowed for now" + since(robots->failing_since);
      break;
    case RobotsState::kIgnored:
      return story_row("robots.txt", "ignored, as --robots ignore says");
    case RobotsState::kOk:
      text = robots_rule_text(*robots, url);
      break;
  }
  if (robots->fetched_at != 0) text += fmt::format(" (asked {})", iso8601_utc(robots->fetched_at));
  return story_row("robots.txt", text);
}

StoryRows due_rows(const UrlStory& story) {
  if (story.state != name(UrlState::kDone)) return {};
  if (story.outcome == name(Outcome::kCrashedFetcher)) return story_row("due again", "never");
  if (!story.fetched || story.due_at == 0) {
    return story_row("due again", "with the next run, as it was not fetched yet");
  }
  return story_row("due again",
                   fmt::format("{}: {}", iso8601_utc(story.due_at), due_reason(story)));
}

StoryRows links_rows(const UrlStory& story, const LinkCount& to) {
  std::string text = fmt::format("{}{} to it, {} on it", to.complete ? "" : "at least ", to.count,
                                 story.links_out);
  if (to.sitemaps > 0) {
    text += fmt::format("; {} sitemap{} it", to.sitemaps, to.sitemaps == 1 ? " lists" : "s list");
  }
  if (to.feeds > 0) text += fmt::format("; {} feeds do", to.feeds);
  if (story.listed_at != 0) {
    text += fmt::format(", changed {} as they say", iso8601_utc(story.listed_at));
  }
  return story_row("links", text);
}

StoryRows like_rows(const UrlStory& story, const LikePages& like) {
  const std::string_view least = like.complete ? "" : "at least ";
  StoryRows text = row_if_known("copy of", story.duplicate_of);
  if (like.same > 0) {
    text += story_row("same as", fmt::format("{}{} others: {}", least, like.same,
                                             urls_list(like.same_urls, like.same)));
  }
  if (like.near > 0) {
    text += story_row("much like", fmt::format("{}{} others: {}", least, like.near,
                                               urls_list(like.near_urls, like.near)));
  }
  return text;
}

StoryRows visits_rows(const UrlStory& story) {
  StoryRows text;
  for (const VisitInfo& visit : story.visits) {
    std::string what =
        fmt::format("{}  run {}  {}", iso8601_utc(visit.at), visit.run_id, visit.outcome);
    if (visit.status != 0) what += fmt::format(" {}", visit.status);
    if (!visit.change.empty()) what += fmt::format("  {}", visit.change);
    if (visit.change == "changed" && !visit.text_changed) what += " (not its text)";
    text += story_row(text.empty() ? "visits" : "", what);
  }
  return text;
}

}  // namespace crawl
