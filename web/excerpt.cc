// SPDX-License-Identifier: MIT
#include "web/excerpt.h"

#include <algorithm>
#include <utility>

#include "web/words.h"

namespace crawl {

namespace {

struct SeenWord {
  std::string folded;
  size_t begin = 0, end = 0, first_end = 0;
  bool is_pair = false;
};

// The last words of a text, as many as the longest term has.
class RecentWords {
 public:
  explicit RecentWords(size_t count) : words_(std::max<size_t>(count, 1)) {}

  void add(const Word& word) {
    SeenWord& slot = words_[count_++ % words_.size()];
    slot.folded = word.folded;
    slot.begin = word.begin;
    slot.end = word.end;
    slot.first_end = word.first_end;
    slot.is_pair = word.kind == Word::Kind::kPair;
  }
  size_t count() const { return std::min(count_, words_.size()); }
  // 0: the latest.
  const SeenWord& back(size_t steps) const { return words_[(count_ - 1 - steps) % words_.size()]; }

 private:
  std::vector<SeenWord> words_;
  size_t count_ = 0;
};

bool ends_here(const RecentWords& recent, const SearchTerm& term) {
  const size_t length = term.words.size();
  if (recent.count() < length) return false;
  const std::string& last = recent.back(0).folded;
  if (term.is_prefix ? !last.starts_with(term.words.back()) : last != term.words.back()) {
    return false;
  }
  for (size_t i = 1; i < length; ++i) {
    if (recent.back(i).folded != term.words[length - 1 - i]) return false;
  }
  return true;
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool is_inside(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Not inside a character.
size_t character_begin(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && is_inside(text[at])) --at;
  return at;
}

// Adds to the pieces on one line: any white space is one space.
class OneLine {
 public:
  void add(std::string_view text, bool is_match) {
    for (const char c : text) {
      if (is_space(c)) {
        if (!space_) space_is_match_ = is_match;
        space_ = !pieces_.empty();
        continue;
      }
      if (space_) append(' ', space_is_match_ && is_match);
      space_ = false;
      append(c, is_match);
    }
  }
  std::vector<TextPiece> take() { return std::move(pieces_); }

 private:
  void append(char c, bool is_match) {
    if (pieces_.empty() || pieces_.back().is_match != is_match) pieces_.push_back({"", is_match});
    pieces_.back().text += c;
  }

  std::vector<TextPiece> pieces_;
  bool space_ = false, space_is_match_ = false;
};

void add_marked(std::string_view text, const std::vector<TextMatch>& matches, size_t begin,
                size_t end, OneLine& line) {
  size_t at = begin;
  for (const TextMatch& match : matches) {
    if (match.end <= at || match.begin >= end) continue;
    const size_t from = std::max(at, match.begin);
    const size_t to = std::min(end, match.end);
    line.add(text.substr(at, from - at), false);
    line.add(text.substr(from, to - from), true);
    at = to;
  }
  line.add(text.substr(at, end - at), false);
}

struct Window {
  size_t first = 0, last = 0;  // of the matches
  size_t terms = 0;            // different ones in it
};

// With most different terms within `bytes`; of several, the one with most matches, and of those the
// first.
Window best_window(const std::vector<TextMatch>& matches, size_t bytes) {
  std::vector<size_t> counts(kSearchTermsMax);
  Window best;
  size_t distinct = 0;
  size_t first = 0;
  for (size_t last = 0; last < matches.size(); ++last) {
    if (counts[matches[last].term]++ == 0) ++distinct;
    while (first < last && matches[last].end - matches[first].begin > bytes) {
      if (--counts[matches[first++].term] == 0) --distinct;
    }
    const bool more_matches = distinct == best.terms && last - first > best.last - best.first;
    if (distinct > best.terms || more_matches) best = {first, last, distinct};
  }
  return best;
}

// Where to begin so that `at` is shown in its context: at the beginning of its line, or of a word
// at most `bytes` before.
size_t begin_before(std::string_view text, size_t at, size_t bytes) {
  const size_t lowest = at > bytes ? at - bytes : 0;
  const size_t line = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  if (line != std::string_view::npos && line >= lowest) return line + 1;
  if (lowest == 0) return 0;
  for (size_t i = lowest; i < at; ++i) {
    if (is_space(text[i])) return i + 1;
  }
  return character_begin(text, lowest);
}

size_t end_after(std::string_view text, size_t at, size_t highest) {
  if (highest >= text.size()) return text.size();
  for (size_t i = highest; i > at; --i) {
    if (is_space(text[i])) return i;
    if (highest - i > 40) break;  // no spaces here
  }
  return std::max(at, character_begin(text, highest));
}

}  // namespace

std::vector<TextMatch> find_matches(std::string_view text, const std::vector<SearchTerm>& terms,
                                    size_t matches_max) {
  size_t longest = 1;
  for (const SearchTerm& term : terms) longest = std::max(longest, term.words.size());
  RecentWords recent(longest);
  std::vector<TextMatch> matches;
  WordCutter cutter(text);
  for (Word word; cutter.next(word) && matches.size() < matches_max;) {
    recent.add(word);
    for (size_t i = 0; i < terms.size(); ++i) {
      if (!ends_here(recent, terms[i])) continue;
      const SeenWord& last = recent.back(0);
      const bool only_first = terms[i].is_prefix && last.is_pair;
      const SeenWord& first = recent.back(terms[i].words.size() - 1);
      matches.push_back({first.begin, only_first ? last.first_end : last.end, i});
    }
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [](const TextMatch& a, const TextMatch& b) { return a.begin < b.begin; });
  return matches;
}

size_t distinct_terms(const std::vector<TextMatch>& matches) {
  std::vector<size_t> terms;
  for (const TextMatch& match : matches) terms.push_back(match.term);
  std::sort(terms.begin(), terms.end());
  return static_cast<size_t>(std::unique(terms.begin(), terms.end()) - terms.begin());
}

std::vector<TextPiece> marked(std::string_view text, const std::vector<TextMatch>& matches) {
  OneLine line;
  add_marked(text, matches, 0, text.size(), line);
  return line.take();
}

std::vector<TextPiece> excerpt(std::string_view text, const std::vector<TextMatch>& matches,
                               size_t bytes) {
  size_t begin = 0;
  size_t end = 0;
  if (!matches.empty()) {
    const Window window = best_window(matches, bytes);
    begin = begin_before(text, matches[window.first].begin, bytes / 4);
    for (size_t i = window.first; i <= window.last; ++i) end = std::max(end, matches[i].end);
  }
  end = end_after(text, end, begin + bytes);
  OneLine line;
  const bool cut_before = text.substr(0, begin).find_first_not_of(" \n\t\r\f") != std::string::npos;
  const bool cut_after = text.find_first_not_of(" \n\t\r\f", end) != std::string_view::npos;
  if (cut_before) line.add("… ", false);
  add_marked(text, matches, begin, end, line);
  if (cut_after) line.add(" …", false);
  return line.take();
}

}  // namespace crawl
