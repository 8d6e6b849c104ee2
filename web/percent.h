// SPDX-License-Identifier: MIT
#pragma once

// Percent-encoding by the URL Standard (§1.3). The percent-encode sets are bits of one table, so
// that asking for any of them is one load.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

using PercentSet = uint8_t;
inline constexpr PercentSet kC0ControlSet = 1;
inline constexpr PercentSet kFragmentSet = 2;
inline constexpr PercentSet kQuerySet = 4;
inline constexpr PercentSet kSpecialQuerySet = 8;
inline constexpr PercentSet kPathSet = 16;
inline constexpr PercentSet kUserinfoSet = 32;

constexpr std::array<PercentSet, 256> make_percent_sets() {
  std::array<PercentSet, 256> sets{};
  const auto add = [&sets](std::string_view bytes, PercentSet to) {
    for (const char c : bytes) {
      PercentSet& set = sets[static_cast<unsigned char>(c)];
      set = static_cast<PercentSet>(set | to);
    }
  };
  for (size_t c = 0; c < sets.size(); ++c) {
    if (c < 0x20 || c > 0x7E) sets[c] = 0xFF;
  }
  add(" \"<>`", kFragmentSet);
  add(" \"#<>", kQuerySet | kSpecialQuerySet | kPathSet | kUserinfoSet);
  add("'", kSpecialQuerySet);
  add("?^`{}", kPathSet | kUserinfoSet);
  add("/:;=@[\\]|", kUserinfoSet);
  return sets;
}
inline constexpr std::array<PercentSet, 256> kPercentSets = make_percent_sets();

inline bool in_percent_set(char c, PercentSet set) {
  return (kPercentSets[static_cast<unsigned char>(c)] & set) != 0;
}

// Appends `bytes` (UTF-8) to `out`, those in `set` as "%XX".
void append_percent_encoded(std::string_view bytes, PercentSet set, std::string& out);

// "%41" → "A"; a "%" without two hex digits behind it stays.
std::string percent_decode(std::string_view text);

}  // namespace crawl
