// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "reader/read_support.h"
#include "reader/story_view.h"

namespace crawl {

namespace {

ExitCode unknown(const ReadOptions& options, const StoryView& story, const Url& url) {
  std::string text = fmt::format("{} was never seen by this crawl", url.href());
  if (story.near.empty()) {
    text += "; no URL of its host was";
  } else {
    text += "; nearest known:";
    for (const std::string& known : story.near) text += " " + known;
  }
  return report_line(options, ExitCode::kNoInput, text);
}

ExitCode why(const ReadOptions& options, Database& database, const Url& url,
             const std::string& stored) {
  const Result<StoryView> story = read_story(database, url, stored);
  if (!story) return report_error(options, story.error());
  if (!story->url) return unknown(options, *story, url);
  ShownText text;
  text.line(*story->url);
  for (const StoryRow& row : story->rows) {
    text.line(fmt::format("  {:<12}{}", row.label, row.text));
  }
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
