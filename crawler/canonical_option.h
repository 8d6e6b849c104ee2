// SPDX-License-Identifier: MIT
#pragma once

// The value of --canonicalize, for crawls and for `crawl url`.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crawler/option_set.h"
#include "web/canonical.h"

namespace crawl {

// "sort,session,tracking,index" in any number, "all" or "none". kInvalid: `context` names the word
// that is none of these, and the nearest.
Result<CanonicalOptions> read_canonical_list(const std::string& list);
// Those words.
std::vector<std::string> canonical_choices();

template <typename Target>  // CanonicalOptions, or an optional of it
ValueReader read_canonical(Target& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    Result<CanonicalOptions> options = read_canonical_list(value);
    if (!options) return options.error().context;
    target = *options;
    return "";
  };
  return {&target, read, [&target] {
            const std::optional<CanonicalOptions> options = target;
            return options ? toml_string(canonical_options_text(*options)) : "";
          }};
}

}  // namespace crawl
