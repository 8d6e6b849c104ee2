// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "reader/read_support.h"
#include "reader/story_text.h"
#include "storage/story.h"

namespace crawl {

namespace {

constexpr int kScanBudgetMs = 2'000;
constexpr size_t kNearest = 3;

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

ExitCode why(const ReadOptions& options, Database& database, const Url& url,
             const std::string& stored) {
  const Result<std::optional<UrlStory>> found = read_url(database, stored);
  if (!found) return report_error(options, found.error());
  if (!*found) return unknown(options, database, url);
  const UrlStory& story = **found;
  const Result<LinkCount> links = count_links_to(database, story.id, kScanBudgetMs);
  if (!links) return report_error(options, links.error());
  const Result<LikePages> like = find_like_pages(database, story, kScanBudgetMs);
  if (!like) return report_error(options, like.error());

  ShownText text;
  text.line(story.url);
  text += fate_text(story);
  text += content_text(story);
  text += like_text(story, *like);
  text += origin_text(story);
  text += robots_text(story, url);
  text += story_line("attempts", fmt::format("{} without a final outcome, {} fetchers died of it",
                                             story.attempts, story.strikes));
  text += links_text(story, *links);
  text += visits_text(story);
  text += due_text(story);
  return print(options, text);
}

}  // namespace

ExitCode command_why(const ReadOptions& options) {
  return for_each_url_asked(options,
                            [&](Database& database, const Url& url, const std::string& stored) {
                              return why(options, database, url, stored);
                            });
}

}  // namespace crawl
