// SPDX-License-Identifier: MIT
#pragma once

// What single characters are to words.h, and how they are folded.

#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

enum class LetterKind : uint8_t {
  kNone,            // separates words
  kSpaced,          // a letter or digit of a script with spaces between words
  kUnspaced,        // of one without
  kMark,            // belongs to the letter before it
  kIgnored,         // as if it were not there
  kZeroWidthSpace,  // separates words where spaces do; ignored where they do not
};

LetterKind letter_kind(char32_t c);

// Adds the folded form of a word or letter; nothing is added where nothing remains.
void append_folded(std::string_view utf8, std::string& folded);

}  // namespace crawl
