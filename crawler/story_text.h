// SPDX-License-Identifier: MIT
#pragma once

// The paragraphs of `crawl why`: a URL's story (storage/story.h) in plain words. Each line is
// "  label       text\n"; everything that came from elsewhere is escaped for a terminal.

#include <string>
#include <string_view>

#include "storage/story.h"
#include "web/url.h"

namespace crawl {

std::string story_line(std::string_view label, std::string_view text);

std::string fate_text(const UrlStory& story);     // state, outcome or reason, the rule, the meaning
std::string content_text(const UrlStory& story);  // what is stored of it
std::string origin_text(const UrlStory& story);   // how it was found
std::string robots_text(const UrlStory& story, const Url& url);
std::string due_text(const UrlStory& story);  // when it is fetched again, and why then
std::string links_text(const UrlStory& story, const LinkCount& to);
std::string like_text(const UrlStory& story, const LikePages& like);
std::string visits_text(const UrlStory& story);

}  // namespace crawl
