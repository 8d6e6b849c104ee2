// SPDX-License-Identifier: MIT
#include "crawler/canonical_option.h"

#include <iterator>

#include "base/suggest.h"

namespace crawl {

Result<CanonicalOptions> read_canonical_list(const std::string& list) {
  std::string_view unknown;
  const std::optional<CanonicalOptions> options = parse_canonical_options(list, unknown);
  if (options) return *options;
  const std::string word(unknown);
  if (word == "all" || word == "none")
    return Error{Errc::kInvalid, 0, "'" + word + "' stands alone"};
  const std::vector<std::string> choices = canonical_choices();
  std::string problem;
  for (const std::string& choice : choices) problem += (problem.empty() ? "" : ", ") + choice;
  problem = not_a(word, "one of " + problem);
  if (const std::optional<std::string> meant = nearest(word, choices)) {
    problem += "; did you mean " + *meant + "?";
  }
  return Error{Errc::kInvalid, 0, std::move(problem)};
}

std::vector<std::string> canonical_choices() {
  return {std::begin(kCanonicalChoices), std::end(kCanonicalChoices)};
}

}  // namespace crawl
