// SPDX-License-Identifier: MIT
#include "reader/story_view.h"

#include <fmt/format.h>

#include <utility>

#include "storage/story.h"

namespace crawl {

namespace {

constexpr int kScanBudgetMs = 2'000;
constexpr size_t kNearest = 3;

}  // namespace

Result<StoryView> read_story(Database& database, const Url& url, const std::string& stored) {
  StoryView view;
  const Result<std::optional<UrlStory>> found = read_url(database, stored);
  if (!found) return found.error();
  if (!*found) {
    Result<std::vector<std::string>> near =
        nearest_urls(database, url.authority(), url.href(), kNearest);
    if (!near) return near.error();
    view.near = std::move(*near);
    return view;
  }
  const UrlStory& story = **found;
  const Result<LinkCount> links = count_links_to(database, story.id, kScanBudgetMs);
  if (!links) return links.error();
  const Result<LikePages> like = find_like_pages(database, story, kScanBudgetMs);
  if (!like) return like.error();

  view.url = story.url;
  view.rows = fate_rows(story);
  view.rows += content_rows(story);
  view.rows += like_rows(story, *like);
  view.rows += origin_rows(story);
  view.rows += robots_rows(story, url);
  view.rows +=
      story_row("attempts", fmt::format("{} without a final outcome, {} fetchers died of it",
                                        story.attempts, story.strikes));
  view.rows += links_rows(story, *links);
  view.rows += visits_rows(story);
  view.rows += due_rows(story);
  return view;
}

}  // namespace crawl
