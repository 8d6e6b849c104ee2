// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "web/url.h"

namespace crawl {

// What a 3xx response with this Location is: a redirect, or an error where there is none.
struct Redirect {
  Outcome outcome = Outcome::kRedirect;
  std::string detail;
  std::string location;  // the target, canonical where it is http; "" where it is not usable
};
Redirect judge_location(int status, std::string_view location, const Url& base);

}  // namespace crawl
