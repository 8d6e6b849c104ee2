// SPDX-License-Identifier: MIT
#pragma once

// Where a text has what is looked for, and the part of it that shows that best.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "web/search_query.h"

namespace crawl {

struct TextMatch {
  size_t begin = 0, end = 0;  // bytes of the text
  size_t term = 0;            // which of the terms
};
// In order; at most `matches_max`.
std::vector<TextMatch> find_matches(std::string_view text, const std::vector<SearchTerm>& terms,
                                    size_t matches_max);
// The number of different terms among them.
size_t distinct_terms(const std::vector<TextMatch>& matches);

struct TextPiece {
  std::string text;
  bool is_match = false;
};
// The whole text on one line, with its matches set apart.
std::vector<TextPiece> marked(std::string_view text, const std::vector<TextMatch>& matches);
// About `bytes` of it, on one line: where most of the terms are close to each other, else its
// beginning. "…" stands for what is left out.
std::vector<TextPiece> excerpt(std::string_view text, const std::vector<TextMatch>& matches,
                               size_t bytes);

}  // namespace crawl
