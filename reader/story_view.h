// SPDX-License-Identifier: MIT
#pragma once

// What became of a URL, and why: all that `crawl why` tells.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "reader/story_rows.h"
#include "storage/database.h"
#include "web/url.h"

namespace crawl {

struct StoryView {
  std::optional<std::string> url;  // as it is stored; nullopt: it was never seen
  StoryRows rows;                  // then none
  std::vector<std::string> near;   // then known URLs of its host that are much like it
};

// Within a few seconds: what takes longer to count says "at least". `stored` is the name that the
// URL's row has (reader/read_support.h).
Result<StoryView> read_story(Database& database, const Url& url, const std::string& stored);

}  // namespace crawl
