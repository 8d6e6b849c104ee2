// SPDX-License-Identifier: MIT
#pragma once

// The nearest valid word for one that was mistyped.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crawl {

// Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b` (optimal
// string alignment distance).
size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that `word`, in capitals or not, most likely meant: the one at the least distance,
// at most a third of the word's letters (and at least one), else the first that `word` is a
// beginning of. nullopt: none is near. Dashes in front count as part of the word but not as
// letters.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace crawl
