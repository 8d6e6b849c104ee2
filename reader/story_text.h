// SPDX-License-Identifier: MIT
#pragma once

// The paragraphs of `crawl why`: a URL's story (storage/story.h) in plain words. Each line is
// "  label       text".

#include <string_view>

#include "base/shown_text.h"
#include "storage/story.h"
#include "web/url.h"

namespace crawl {

ShownText story_line(std::string_view label, std::string_view text);

ShownText fate_text(const UrlStory& story);     // state, outcome or reason, the rule, the meaning
ShownText content_text(const UrlStory& story);  // what is stored of it
ShownText origin_text(const UrlStory& story);   // how it was found
ShownText robots_text(const UrlStory& story, const Url& url);
ShownText due_text(const UrlStory& story);  // when it is fetched again, and why then
ShownText links_text(const UrlStory& story, const LinkCount& to);
ShownText like_text(const UrlStory& story, const LikePages& like);
ShownText visits_text(const UrlStory& story);

}  // namespace crawl
