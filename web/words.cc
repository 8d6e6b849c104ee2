// SPDX-License-Identifier: MIT
#include "web/words.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "web/word_fold.h"

namespace crawl {

namespace {

bool is_ascii_alnum(char c) { return is_ascii_letter(c) || is_ascii_digit(c); }

struct Character {
  LetterKind kind = LetterKind::kNone;
  size_t bytes = 1;
};

Character character_at(std::string_view text, size_t at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) {
    return {is_ascii_alnum(text[at]) ? LetterKind::kSpaced : LetterKind::kNone, 1};
  }
  const Utf8Character c = decode_utf8(text, at);
  return {c.valid ? letter_kind(c.scalar) : LetterKind::kNone, c.length};
}

void cut_to(std::string& utf8, size_t bytes_max) {
  if (utf8.size() <= bytes_max) return;
  while (bytes_max > 0 && (static_cast<unsigned char>(utf8[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  utf8.resize(bytes_max);
}

}  // namespace

bool WordCutter::next(Word& word) {
  if (in_run_) return next_in_run(word);
  while (at_ < text_.size()) {
    const Character first = character_at(text_, at_);
    if (first.kind == LetterKind::kUnspaced) {
      in_run_ = read_letter(letter_);
      if (in_run_) return next_in_run(word);
      continue;  // behind letters of which nothing remains
    }
    const size_t begin = at_;
    at_ += first.bytes;
    if (first.kind == LetterKind::kSpaced && take_word(begin, word)) return true;
  }
  return false;
}

bool WordCutter::next_in_run(Word& word) {
  word.begin = letter_.begin;
  word.first_end = letter_.end;
  if (read_letter(following_)) {
    folded_.assign(letter_.folded).append(following_.folded);
    word.kind = Word::Kind::kPair;
    word.end = following_.end;
    std::swap(letter_, following_);
  } else {
    folded_ = letter_.folded;
    word.kind = Word::Kind::kLast;
    word.end = letter_.end;
    in_run_ = false;
  }
  word.folded = folded_;
  return true;
}

// The letter at `at_`, where the next one of a run stands, or behind what is ignored there.
bool WordCutter::read_letter(Letter& letter) {
  for (;;) {
    letter.folded.clear();
    letter.begin = at_;
    size_t end = at_;
    bool has_letter = false;
    while (end < text_.size()) {
      const Character c = character_at(text_, end);
      if (c.kind == LetterKind::kNone || c.kind == LetterKind::kSpaced) break;
      if (c.kind == LetterKind::kUnspaced) {
        if (has_letter) break;
        has_letter = true;
      }
      const bool counts = c.kind == LetterKind::kUnspaced || c.kind == LetterKind::kMark;
      end += c.bytes;
      if (!has_letter) {
        letter.begin = end;
      } else if (counts) {
        letter.end = end;
      }
      if (end - letter.begin > kWordBytesMax) break;  // no letter has so many marks
    }
    if (!has_letter) return false;
    at_ = end;
    append_folded(text_.substr(letter.begin, letter.end - letter.begin), letter.folded);
    if (!letter.folded.empty()) return true;
  }
}

// The word whose first letter is at `begin`, which `at_` is behind.
bool WordCutter::take_word(size_t begin, Word& word) {
  bool is_ascii = at_ - begin == 1;
  size_t end = at_;
  while (at_ < text_.size()) {
    if (is_ascii_alnum(text_[at_])) {
      end = ++at_;
      continue;
    }
    if (static_cast<unsigned char>(text_[at_]) < 0x80) break;
    const Character c = character_at(text_, at_);
    if (c.kind == LetterKind::kNone || c.kind == LetterKind::kUnspaced ||
        c.kind == LetterKind::kZeroWidthSpace) {
      break;
    }
    is_ascii = false;
    at_ += c.bytes;
    if (c.kind != LetterKind::kIgnored) end = at_;
  }
  folded_.clear();
  // What is cut off need not be folded: folding makes three times as much at most, or a third.
  const std::string_view seen = text_.substr(begin, std::min(end - begin, 4 * kWordBytesMax));
  if (is_ascii) {
    folded_ = seen.substr(0, kWordBytesMax);
    for (char& c : folded_) c = ascii_lower(c);
  } else {
    append_folded(seen, folded_);
    cut_to(folded_, kWordBytesMax);
  }
  if (folded_.empty()) return false;
  if (at_ == end) {
    take_suffix();
    end = at_;
  }
  word = {Word::Kind::kWord, folded_, begin, end, end};
  return true;
}

// C++, C#
void WordCutter::take_suffix() {
  const std::string_view rest = text_.substr(at_, 5);
  if (!is_ascii_letter(folded_.back())) return;
  if (rest.starts_with("++") && !rest.starts_with("+++")) {
    folded_ += "++";
    at_ += 2;
  } else if (rest.starts_with('#') && folded_.size() <= 2 &&
             (rest.size() == 1 || character_at(rest, 1).kind == LetterKind::kNone)) {
    folded_ += '#';
    at_ += 1;
  }
}

}  // namespace crawl
