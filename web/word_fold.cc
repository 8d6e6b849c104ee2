// SPDX-License-Identifier: MIT
#include "web/word_fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <array>

#include "base/out_of_memory.h"
#include "base/utf8.h"

namespace crawl {

namespace {

// Latin, Greek and Cyrillic letters: folded one by one, by a table.
constexpr char32_t kTabledEnd = 0x0530;
constexpr char32_t kMarksBegin = 0x0300, kMarksEnd = 0x0370;

const icu::Normalizer2& normalizer(const icu::Normalizer2* (*instance)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* found = instance(status);
  if (found == nullptr) out_of_memory();  // its data is part of ICU
  return *found;
}

bool is_ascii_letter_or_digit(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Letters that are no letter with a mark, and are looked for as if they were.
std::string_view plain_spelling(char32_t c) {
  switch (c) {
    case U'æ':
      return "ae";
    case U'œ':
      return "oe";
    case U'ø':
      return "o";
    case U'ł':
      return "l";
    case U'đ':
    case U'ð':
      return "d";
    case U'ħ':
      return "h";
    case U'ı':
      return "i";
    case U'ŧ':
      return "t";
    case U'þ':
      return "th";
    case U'ё':
      return "е";
    case U'ى':
    case U'ی':
      return "ي";
    case U'ک':
      return "ك";
    case U'ة':
      return "ه";
    case U'ٱ':
      return "ا";
    default:
      return {};
  }
}

bool loses_its_marks(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(c), &status);
  return script == USCRIPT_LATIN || script == USCRIPT_GREEK || (c >= 0x0622 && c <= 0x0625);
}

// Points and accents that are not part of a composed letter; the Arabic tatweel.
bool is_dropped(char32_t c) {
  if (c == 0x0640) return true;
  const bool pointed = (c >= kMarksBegin && c < kMarksEnd) || (c >= 0x0591 && c <= 0x05C7) ||
                       (c >= 0x0610 && c <= 0x061A) || (c >= 0x064B && c <= 0x065F) ||
                       c == 0x0670 || (c >= 0x06D6 && c <= 0x06ED);
  return pointed && u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK;
}

char32_t without_marks(char32_t c) {
  static const icu::Normalizer2& nfd = normalizer(icu::Normalizer2::getNFDInstance);
  icu::UnicodeString parts;
  if (!nfd.getDecomposition(static_cast<UChar32>(c), parts)) return c;
  return static_cast<char32_t>(parts.char32At(0));
}

// A character of text in NFKC_Casefold.
void append_plain(char32_t c, std::string& folded) {
  if (c < 0x80) {
    if (is_ascii_letter_or_digit(c)) folded += static_cast<char>(c);
    return;
  }
  if (is_dropped(c) || c == 0xFFFD) return;
  const std::string_view plain = plain_spelling(c);
  if (!plain.empty()) {
    folded += plain;
    return;
  }
  const int32_t digit = u_charDigitValue(static_cast<UChar32>(c));
  if (digit >= 0) {
    folded += static_cast<char>('0' + digit);
    return;
  }
  if (!loses_its_marks(c)) return append_utf8(c, folded);
  const char32_t base = without_marks(c);
  const std::string_view spelled = plain_spelling(base);  // "ǿ"
  if (!spelled.empty()) {
    folded += spelled;
  } else {
    append_utf8(base, folded);
  }
}

void fold_slowly(std::string_view utf8, std::string& folded) {
  static const icu::Normalizer2& casefold = normalizer(icu::Normalizer2::getNFKCCasefoldInstance);
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal);
  UErrorCode status = U_ZERO_ERROR;
  casefold.normalizeUTF8(0, icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())), sink,
                         nullptr, status);
  if (status == U_MEMORY_ALLOCATION_ERROR) out_of_memory();
  for (size_t i = 0; i < normal.size();) {
    const Utf8Character c = decode_utf8(normal, i);
    if (c.valid) append_plain(c.scalar, folded);
    i += c.length;
  }
}

struct Folded {
  std::array<char, 7> bytes{};
  uint8_t size = 0;
};
using Table = std::array<Folded, kTabledEnd>;

const Table& table() {
  static const Table kTable = [] {
    Table made;
    for (char32_t c = 0x80; c < kTabledEnd; ++c) {
      std::string utf8;
      std::string folded;
      append_utf8(c, utf8);
      fold_slowly(utf8, folded);
      Folded& entry = made[c];
      entry.size = static_cast<uint8_t>(folded.copy(entry.bytes.data(), entry.bytes.size()));
    }
    return made;
  }();
  return kTable;
}

// Most letters of the scripts without spaces are folded already.
bool is_folded(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3041 && c <= 0x3096) ||
         (c >= 0x30A1 && c <= 0x30FA) || c == 0x30FC || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0x0E01 && c <= 0x0E32) || (c >= 0x0E34 && c <= 0x0E4E);
}

enum class Way { kDone, kSlow };

Way fold_quickly(std::string_view utf8, std::string& folded) {
  const Table& letters = table();
  for (size_t i = 0; i < utf8.size();) {
    const Utf8Character c = decode_utf8(utf8, i);
    const bool is_mark = c.scalar >= kMarksBegin && c.scalar < kMarksEnd;
    if (!c.valid) return Way::kSlow;
    if (c.scalar < 0x80) {
      const bool upper = c.scalar >= 'A' && c.scalar <= 'Z';
      const char32_t lower = upper ? c.scalar | 0x20 : c.scalar;
      if (is_ascii_letter_or_digit(lower)) folded += static_cast<char>(lower);
    } else if (c.scalar < kTabledEnd && !is_mark) {
      folded.append(letters[c.scalar].bytes.data(), letters[c.scalar].size);
    } else if (is_folded(c.scalar)) {
      folded.append(utf8.substr(i, c.length));
    } else {
      return Way::kSlow;
    }
    i += c.length;
  }
  return Way::kDone;
}

LetterKind kind_of_letter(char32_t c) {
  const bool fullwidth = (c >= 0xFF10 && c <= 0xFF19) || (c >= 0xFF21 && c <= 0xFF5A);
  if (fullwidth) return LetterKind::kSpaced;
  // Marks that repeat or lengthen a letter.
  if (c == 0x3005 || c == 0x303B || (c >= 0x309D && c <= 0x309E) || (c >= 0x30FD && c <= 0x30FE)) {
    return LetterKind::kUnspaced;
  }
  switch (u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_LINE_BREAK)) {
    case U_LB_IDEOGRAPHIC:
    case U_LB_CONDITIONAL_JAPANESE_STARTER:
    case U_LB_COMPLEX_CONTEXT:
    case U_LB_H2:
    case U_LB_H3:
    case U_LB_JL:
    case U_LB_JV:
    case U_LB_JT:
      return LetterKind::kUnspaced;
    default:
      return LetterKind::kSpaced;
  }
}

}  // namespace

LetterKind letter_kind(char32_t c) {
  if (c >= 0x4E00 && c <= 0x9FFF) return LetterKind::kUnspaced;
  if (c == 0x200B) return LetterKind::kZeroWidthSpace;
  if (c == 0xFF9E || c == 0xFF9F) return LetterKind::kMark;  // voice a half-width kana
  const uint32_t category = U_GET_GC_MASK(static_cast<UChar32>(c));
  if ((category & (U_GC_L_MASK | U_GC_N_MASK)) != 0) return kind_of_letter(c);
  if ((category & U_GC_M_MASK) != 0) return LetterKind::kMark;
  return (category & U_GC_CF_MASK) != 0 ? LetterKind::kIgnored : LetterKind::kNone;
}

void append_folded(std::string_view utf8, std::string& folded) {
  const size_t before = folded.size();
  if (fold_quickly(utf8, folded) == Way::kDone) return;
  folded.resize(before);
  fold_slowly(utf8, folded);
}

}  // namespace crawl
