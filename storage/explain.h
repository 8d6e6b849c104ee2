// SPDX-License-Identifier: MIT
#pragma once

// What each outcome and each skip reason means, in plain words, and what a person can do about it.
// The one place with these texts.

#include <optional>
#include <string_view>

#include "base/vocabulary.h"

namespace crawl {

struct Explanation {
  std::string_view meaning;  // a sentence without its full stop
  std::string_view advice;   // the same; "" where nothing is to be done
};

Explanation explain(Outcome outcome);    // kNone: not fetched yet
Explanation explain(SkipReason reason);  // kNone: all ""
std::optional<SkipReason> skip_reason_named(std::string_view name);
// What a kind of trap (`urls.rule`) means: "its path repeats itself". "" for an unknown name.
std::string_view trap_rule_text(std::string_view rule);

}  // namespace crawl
