// SPDX-License-Identifier: MIT
#pragma once

// The words of a text, as full text search compares them: docs/search.md.
//
// A word is a run of letters, digits and marks; "++" behind a letter and "#" behind one or two
// belong to it (C++, C#). Scripts that put no spaces between words (Han, kana, Hangul, Thai, Lao,
// Khmer, Myanmar …) are cut into pairs instead: each letter with the next one, the last of a run
// alone. So whatever is looked for, wherever its words may begin, is a row of such pairs.
//
// Folded are case, width and other compatibility forms (NFKC_Casefold); accents of Latin and Greek,
// "ø", "ł", "æ" and the like; the stress and "ё" of Cyrillic, the points of Hebrew and Arabic and
// the forms of alef, yeh and kaf; digits of all scripts. Invisible characters are ignored.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

inline constexpr size_t kWordBytesMax = 96;  // folded; what is longer is cut off there

struct Word {
  enum class Kind : uint8_t {
    kWord,
    kPair,  // two letters of a run without spaces
    kLast,  // the last letter of such a run
  };
  Kind kind = Kind::kWord;
  std::string_view folded;  // valid until the next call; never empty, no spaces
  // Where it stands in the text, in bytes; of a pair, where its first letter ends as well.
  size_t begin = 0, end = 0, first_end = 0;
};

// Invalid bytes of UTF-8 separate words.
class WordCutter {
 public:
  // `text` must outlive it.
  explicit WordCutter(std::string_view text) : text_(text) {}

  bool next(Word& word);

 private:
  // A letter of a run without spaces, with its marks.
  struct Letter {
    std::string folded;
    size_t begin = 0, end = 0;
  };
  bool next_in_run(Word& word);
  bool take_word(size_t begin, Word& word);
  bool read_letter(Letter& letter);
  void take_suffix();

  std::string_view text_;
  size_t at_ = 0;
  bool in_run_ = false;
  Letter letter_, following_;
  std::string folded_;
};

}  // namespace crawl
