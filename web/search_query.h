// SPDX-License-Identifier: MIT
#pragma once

// What a person looks for, as typed: docs/search.md.
//   fetch queue       pages with both words
//   "fetch queue"     side by side; so is what is cut into several words (pg_stat, 全文検索)
//   fetch*            words that begin so
//   -queue            pages without it; also -"a phrase", -site:…
//   site:example.com  of this host and those below it; site:example.com/docs/ of this folder

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crawl {

inline constexpr size_t kSearchBytesMax = 2048;
inline constexpr size_t kSearchTermsMax = 32;

// Words side by side.
struct SearchTerm {
  std::vector<std::string> words;  // folded (words.h); at least one
  bool is_prefix = false;          // the last one need only begin so
  bool operator==(const SearchTerm& other) const = default;
};

struct SearchQuery {
  std::vector<SearchTerm> wanted;    // all of them; at least one
  std::vector<SearchTerm> unwanted;  // none of them
  // Keys of site_keys(), without their being cut: of any of these, of none of these.
  std::vector<std::string> sites, other_sites;
};

// kInvalid: one line that says what is wrong, for whoever typed it.
Result<SearchQuery> parse_search_query(std::string_view typed);

// What a page at `url`, in canonical form, is found by with "site:": its host, those above it, with
// and without the port, and the folders that it lies in.
std::vector<std::string> site_keys(std::string_view url);

}  // namespace crawl
