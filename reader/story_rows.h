// SPDX-License-Identifier: MIT
#pragma once

// The paragraphs of `crawl why`: a URL's story (storage/story.h) in plain words.

#include <string>
#include <string_view>
#include <vector>

#include "storage/story.h"
#include "web/url.h"

namespace crawl {

struct StoryRow {
  std::string label;  // "": goes on with the one before
  std::string text;   // not escaped yet
};

class StoryRows {
 public:
  StoryRows& operator+=(const StoryRows& more);
  friend StoryRows operator+(StoryRows rows, const StoryRows& more) { return rows += more; }
  friend StoryRows story_row(std::string_view label, std::string_view text);

  bool empty() const { return rows_.empty(); }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }

 private:
  std::vector<StoryRow> rows_;
};

StoryRows story_row(std::string_view label, std::string_view text);

StoryRows fate_rows(const UrlStory& story);     // state, outcome or reason, the rule, the meaning
StoryRows content_rows(const UrlStory& story);  // what is stored of it
StoryRows origin_rows(const UrlStory& story);   // how it was found
StoryRows robots_rows(const UrlStory& story, const Url& url);
StoryRows due_rows(const UrlStory& story);  // when it is fetched again, and why then
StoryRows links_rows(const UrlStory& story, const LinkCount& to);
StoryRows like_rows(const UrlStory& story, const LikePages& like);
StoryRows visits_rows(const UrlStory& story);

}  // namespace crawl
