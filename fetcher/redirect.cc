// SPDX-License-Identifier: MIT
#include "fetcher/redirect.h"

#include "base/limits.h"

namespace crawl {

Redirect judge_location(int status, std::string_view location, const Url& base) {
  const std::string status_text = "HTTP status " + std::to_string(status);
  if (location.empty()) return {Outcome::kHttpError, status_text + " without a Location", ""};
  const auto target = Url::parse(location, base);
  if (!target) {
    return {Outcome::kRedirect, "the Location is not a URL: " + target.error().context, ""};
  }
  std::string href = target->is_http() ? target->canonical().href() : target->href();
  if (href.size() > kUrlBytesMax) {
    return {Outcome::kRedirect, "the Location is a URL that is too long", ""};
  }
  return {Outcome::kRedirect, status_text, std::move(href)};
}

}  // namespace crawl
