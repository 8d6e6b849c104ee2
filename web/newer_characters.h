// SPDX-License-Identifier: MIT
#pragma once

// Characters that Unicode has gained since version 15 (ICU 72), up to version 17, as the IDNA
// mapping table (UTS 46 §5) has them. An older ICU refuses them as unassigned; with a newer one
// none of this is used. Marks, and characters that take part in canonical compositions, are left to
// ICU: how they are ordered and composed cannot be had from elsewhere.

#include <cstdint>
#include <optional>

namespace crawl {

// What a valid new character counts as where names are checked (RFC 5893 §2): its bidi class.
enum class NewerKind : uint8_t {
  kLeft,          // L
  kRight,         // R
  kArabic,        // AL
  kArabicNumber,  // AN
  kNeutral,       // ON
  kTerminator,    // ET
};
inline constexpr int kNewerKinds = 6;

// The kind of a character that is valid as it is, and that ICU does not know; nullopt: any other.
std::optional<NewerKind> newer_kind(char32_t c);

// What a new character is mapped to (a capital letter to its small one); itself for any other.
char32_t newer_mapping(char32_t c);

}  // namespace crawl
