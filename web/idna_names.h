// SPDX-License-Identifier: MIT
#pragma once

// Names on their way through ICU's IDNA (UTS 46), and those that ICU is too old for.

#include <unicode/uidna.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/newer_characters.h"

namespace crawl {

// Punycode costs the square of a label's length, and DNS knows nothing longer than 255 bytes.
inline constexpr size_t kUnicodeDomainBytesMax = 4096;

// uidna_nameToASCII_UTF8, uidna_nameToUnicodeUTF8
using Conversion = int32_t(const UIDNA*, const char*, int32_t, char*, int32_t, UIDNAInfo*,
                           UErrorCode*);

struct Converted {
  std::string text;
  uint32_t errors = UINT32_MAX;  // UIDNA_ERROR_…
};

Converted convert_name(Conversion* conversion, const UIDNA* idna, std::string_view domain);

std::u32string to_utf32(std::string_view utf8);  // U+FFFD for what is invalid
std::string to_utf8(std::u32string_view text);

// A name with characters that ICU is too old for. Each is replaced by one that ICU knows, of the
// same kind and untouched by mapping and normalisation, so that ICU judges the name as it would
// with the character itself; those that come out again are put back in their order.
class NewerDomain {
 public:
  // `domain` is mapped as far as ICU does not do it. nullopt: there is no such character in it,
  // encoded or not.
  static std::optional<NewerDomain> find(std::u32string_view domain);

  struct Forms {
    Converted unicode;
    Converted ascii;
  };
  // Once.
  Forms process(const UIDNA* idna);

 private:
  char32_t stand_in(char32_t c);
  bool put_back(std::u32string& text);
  bool keeps_decoded(std::u32string_view result) const;

  std::vector<std::u32string> labels_;  // decoded
  std::vector<bool> decoded_;           // those that were encoded
  std::array<std::deque<char32_t>, kNewerKinds> originals_;
};

}  // namespace crawl
