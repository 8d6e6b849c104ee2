// SPDX-License-Identifier: MIT
#include "base/suggest.h"

#include <algorithm>

#include "base/ascii.h"

namespace crawl {

size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the dynamic programming table: two back (for swaps), the previous and the current
  // one.
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[b.size()];
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  constexpr size_t kWordBytesMax = 100;  // nothing of ours is longer, and the table is quadratic
  if (word.size() > kWordBytesMax) return std::nullopt;
  const size_t letters = word.size() - std::min(word.find_first_not_of('-'), word.size());
  size_t best_distance = std::max<size_t>(1, letters / 3) + 1;
  std::optional<std::string> best;
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  for (const std::string& candidate : candidates) {
    // All that is ours is in lower case.
    const size_t distance =
        std::min(edit_distance(word, candidate), edit_distance(lower, candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  if (best || letters < 2) return best;
  const auto starts = [&](const std::string& candidate) { return candidate.starts_with(word); };
  const auto found = std::find_if(candidates.begin(), candidates.end(), starts);
  if (found != candidates.end()) return *found;
  return std::nullopt;
}

}  // namespace crawl
