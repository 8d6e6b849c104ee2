// SPDX-License-Identifier: MIT
#include "crawler/canonical_option.h"

#include <iterator>
#include <vector>

#include "crawler/suggest.h"

namespace crawl {

Result<CanonicalOptions> read_canonical_list(const std::string& list) {
  std::string_view unknown;
  const std::optional<CanonicalOptions> options = parse_canonical_options(list, unknown);
  if (options) return *options;
  const std::vector<std::string> choices(std::begin(kCanonicalChoices),
                                         std::end(kCanonicalChoices));
  std::string problem = not_a(std::string(unknown), "one of ");
  for (const std::string& choice : choices) {
    problem += (choice == choices.front() ? "" : ", ") + choice;
  }
  const std::optional<std::string> meant = nearest(unknown, choices);
  if (meant && *meant != unknown) problem += "; did you mean " + *meant + "?";
  if (meant && *meant == unknown) problem += "; " + *meant + " stands alone";
  return Error{Errc::kInvalid, 0, std::move(problem)};
}

ValueReader read_canonical(CanonicalOptions& target) {
  return [&target](const std::string& value) -> std::string {
    const Result<CanonicalOptions> options = read_canonical_list(value);
    if (!options) return options.error().context;
    target = options.value();
    return "";
  };
}

}  // namespace crawl
