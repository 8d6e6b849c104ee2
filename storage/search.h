// SPDX-License-Identifier: MIT
#pragma once

// Full text search: from what is looked for to the pages that have it, best first.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/database.h"
#include "storage/search_file.h"
#include "web/excerpt.h"
#include "web/search_query.h"

namespace crawl {

inline constexpr int64_t kSearchLimitMax = 1'000;
inline constexpr int64_t kSearchOffsetMax = 100'000;

struct SearchRequest {
  SearchQuery query;
  int64_t limit = 10;  // 1 to kSearchLimitMax
  int64_t offset = 0;  // hits to leave out, at most kSearchOffsetMax
  size_t snippet_bytes = 280;
  // FTS5 gathers the places of all words that begin alike before it gives out the first.
  // What SQLite may take for it; the limit is one for the whole process, so that nobody else may
  // use SQLite meanwhile. 0: none is set.
  int64_t memory_bytes = int64_t{256} << 20;
};

struct SearchHit {
  std::string url;
  std::vector<TextPiece> title, snippet;  // on one line each; a title may be empty
  double score = 0;                       // only to be compared with others of the same answer
  int64_t changed_at = 0;                 // wall ms
  int64_t copies = 1;  // pages with this very text, this one included; the others are not shown
};

struct SearchAnswer {
  int64_t pages = 0;  // that match, copies included, as far as the index tells
  std::vector<SearchHit> hits;
  bool more = false;  // there are further ones
};

// Both are read at one moment each. A page that has changed since it was put into the index is a
// hit only if it still has all that is wanted; one that is gone, or asks to be left out by now, is
// none. Memory goes by limit and offset, whatever there is. kInvalid: too much begins like a
// prefix.
Result<SearchAnswer> search(Database& crawl, SearchFile& index, const SearchRequest& request);

// In FTS5's language. Its words are ours, so that nothing that was typed reaches it as it was.
std::string match_expression(const SearchQuery& query);

}  // namespace crawl
