// SPDX-License-Identifier: MIT

// The words of any bytes, what a person may type, and where a text has it (input: TYPED '\0' TEXT).
// Words lie in their text, in order, and are what they are when they are cut again; what is looked
// for is found in itself; excerpts are as valid as the text.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/escape.h"
#include "storage/search.h"
#include "web/excerpt.h"
#include "web/search_query.h"
#include "web/words.h"

namespace {

using namespace crawl;

size_t check_words(std::string_view text) {
  WordCutter cutter(text);
  size_t begin = 0;
  size_t count = 0;
  for (Word word; cutter.next(word); ++count) {
    CRAWL_CHECK(word.begin >= begin && word.begin < word.first_end);
    CRAWL_CHECK(word.first_end <= word.end && word.end <= text.size());
    CRAWL_CHECK(!word.folded.empty() && word.folded.size() <= 4 * kWordBytesMax * 18);
    CRAWL_CHECK(is_valid_utf8(word.folded));
    for (const char c : word.folded) {
      const bool plain = c < 0 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      CRAWL_CHECK(plain || c == '+' || c == '#');  // all that the index takes for a part of a word
    }
    begin = word.kind == Word::Kind::kPair ? word.first_end : word.end;
  }
  return count;
}

std::string whole(const std::vector<TextPiece>& pieces) {
  std::string text;
  for (const TextPiece& piece : pieces) {
    CRAWL_CHECK(!piece.text.empty());
    text += piece.text;
  }
  return text;
}

void check_excerpts(std::string_view text, const std::vector<SearchTerm>& terms) {
  const std::vector<TextMatch> matches = find_matches(text, terms, 100);
  for (const TextMatch& match : matches) {
    CRAWL_CHECK(match.begin < match.end && match.end <= text.size() && match.term < terms.size());
  }
  CRAWL_CHECK(distinct_terms(matches) <= terms.size());
  const bool is_valid = is_valid_utf8(text);
  for (const size_t bytes : {size_t{1}, size_t{40}, size_t{280}}) {
    const std::string shown = whole(excerpt(text, matches, bytes));
    CRAWL_CHECK(!is_valid || is_valid_utf8(shown));
    CRAWL_CHECK(shown.find('\n') == std::string::npos);
  }
  CRAWL_CHECK(whole(marked(text, matches)).size() <= text.size());
}

// Words side by side, in their order, are found in what they were typed in.
void check_found_in_itself(std::string_view typed, const SearchQuery& query) {
  for (const SearchTerm& term : query.wanted) {
    if (term.words.size() < 10) CRAWL_CHECK(!find_matches(typed, {term}, 1).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t split = std::min(input.find('\0'), input.size());
  const std::string_view typed = input.substr(0, split);
  const std::string_view text = input.substr(std::min(input.size(), split + 1));
  check_words(typed);
  check_words(text);
  (void)site_keys(text);
  const Result<SearchQuery> query = parse_search_query(typed);
  if (!query) return 0;
  CRAWL_CHECK(!query->wanted.empty());
  const std::string expression = match_expression(*query);
  CRAWL_CHECK(std::count(expression.begin(), expression.end(), '"') % 2 == 0);
  check_found_in_itself(typed, *query);
  check_excerpts(text, query->wanted);
  return 0;
}
