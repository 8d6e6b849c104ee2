// SPDX-License-Identifier: MIT
#include "crawler/request_extras.h"

#include <algorithm>

#include "base/ascii.h"
#include "web/credentials.h"
#include "web/url.h"

namespace crawl {

namespace {

bool has(const std::vector<std::string>& lines, std::string_view name) {
  return std::any_of(lines.begin(), lines.end(), [name](const std::string& line) {
    return same_ignoring_case(header_name(line), name);
  });
}

// One Cookie field is all that a request may have (RFC 6265 §5.4).
void add_cookies(std::vector<std::string>& lines, const std::string& cookies) {
  for (std::string& line : lines) {
    if (!same_ignoring_case(header_name(line), "Cookie")) continue;
    line += "; " + cookies;
    return;
  }
  lines.push_back("Cookie: " + cookies);
}

// Of a host's settings, those that may go to this URL.
void add_own(const HostSettings& own, const Url& url, int64_t now_s, RequestExtras& extras) {
  const bool safe = url.scheme() == "https" || own.over_http.value_or(false);
  if (own.headers) {
    for (const HeaderLine& header : *own.headers) {
      if (safe || !header.secret) extras.headers.push_back(header.line);
      extras.withheld |= !safe && header.secret;
    }
  }
  const std::string cookies = own.cookies ? own.cookies->header_value(url, now_s) : "";
  extras.withheld |= !safe && (own.authorization || !cookies.empty());
  if (!safe) return;
  if (own.authorization && !has(extras.headers, "Authorization")) {
    extras.headers.push_back("Authorization: " + *own.authorization);
  }
  if (!cookies.empty()) add_cookies(extras.headers, cookies);
}

}  // namespace

RequestBook::RequestBook(const RunOptions& options) : options_(options) {
  for (const std::string& line : options.headers) {
    (is_credential(line) ? credentials_ : shared_).push_back(line);
  }
}

RequestExtras RequestBook::extras(std::string_view url, bool seed_origin, int64_t now_s) const {
  RequestExtras extras;
  extras.proxy = options_.proxy;
  if (!options_.hosts.empty()) {
    const Result<Url> parsed = Url::parse(url);
    if (!parsed) return extras;
    const HostSettings own = options_.hosts.settings(parsed->authority());
    add_own(own, *parsed, now_s, extras);
    if (own.proxy) extras.proxy = *own.proxy;
  }
  if (!seed_origin) return extras;
  const std::vector<std::string> own = extras.headers;
  for (const std::string& line : credentials_) {
    if (!has(own, header_name(line))) extras.headers.push_back(line);
  }
  return extras;
}

int64_t RequestBook::delay_ms(std::string_view authority) const {
  return options_.hosts.settings(authority).delay_ms.value_or(options_.delay_ms);
}

bool RequestBook::has_proxy(std::string_view authority) const {
  return !options_.hosts.settings(authority).proxy.value_or(options_.proxy).empty();
}

}  // namespace crawl
