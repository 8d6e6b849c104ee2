// SPDX-License-Identifier: MIT
#pragma once

// Cookies that a user has brought along: a file in Netscape's format, as browsers' exporters, curl
// and yt-dlp write it, and which of them go with a request (RFC 6265 §5.1.3, §5.1.4, §5.4). What
// servers set is not kept.
//
// A line has seven fields with tabs between: domain, TRUE where hosts below it count too, path,
// TRUE where it goes over https alone, the time it expires (seconds since 1970, 0: with the
// session, which here is the run), name, value. '#' begins a comment, but "#HttpOnly_" a cookie
// that scripts do not see.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "web/url.h"

namespace crawl {

struct Cookie {
  std::string domain;  // as a URL's host is serialised, no dot before it
  bool host_only = true;
  std::string path;  // begins with '/'
  bool secure = false;
  int64_t expires_s = 0;  // 0: with the session
  std::string name;       // "" : the value stands alone
  std::string value;
};

class CookieJar {
 public:
  static constexpr size_t kCookiesMax = 10'000;
  static constexpr size_t kHeaderBytesMax = 16'384;  // of the cookies of one request

  // `source` names the text in errors: "cookies.txt:12: …". They never quote it.
  static Result<CookieJar> parse(std::string_view text, std::string_view source);

  // A Cookie header's value for the URL: "a=1; b=2"; "" where no cookie is for it. Those that would
  // make it too long are left out.
  std::string header_value(const Url& url, int64_t now_s) const;
  size_t size() const { return size_; }
  size_t expired(int64_t now_s) const;

 private:
  void add(Cookie cookie);

  std::unordered_map<std::string, std::vector<Cookie>> by_domain_;  // in the file's order
  size_t size_ = 0;
};

// RFC 6265 §5.1.4.
bool cookie_path_matches(std::string_view request_path, std::string_view cookie_path);

}  // namespace crawl
