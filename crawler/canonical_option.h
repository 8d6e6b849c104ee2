// SPDX-License-Identifier: MIT
#pragma once

// The value of --canonicalize, for crawls and for `crawl url`.

#include <optional>
#include <string>

#include "base/result.h"
#include "crawler/option_set.h"
#include "web/canonical.h"

namespace crawl {

// "sort,session,tracking,index" in any number, "all" or "none". kInvalid: `context` names the word
// that is none of these, and the nearest.
Result<CanonicalOptions> read_canonical_list(const std::string& list);
ValueReader read_canonical(std::optional<CanonicalOptions>& target);

}  // namespace crawl
