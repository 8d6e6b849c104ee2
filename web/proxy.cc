// SPDX-License-Identifier: MIT
#include "web/proxy.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace crawl {

bool is_proxy(const std::string& text) {
  static constexpr std::array<std::string_view, 6> kSchemes = {"http",    "https",  "socks4",
                                                               "socks4a", "socks5", "socks5h"};
  const Result<Url> url = Url::parse(text);
  return url && !url->host().empty() &&
         std::find(kSchemes.begin(), kSchemes.end(), url->scheme()) != kSchemes.end();
}

Result<Url> parse_proxy(const std::string& text) {
  const bool has_scheme = text.find("://") != std::string::npos;
  return Url::parse(has_scheme ? text : "http://" + text);
}

uint16_t proxy_port(const std::string& text, const Url& proxy) {
  if (proxy.port()) return *proxy.port();
  // The default ports of libcurl: 443 for an https proxy, 1080 for all others, unless ":80" was
  // written, which the URL parser drops.
  if (proxy.scheme() == "https") return 443;
  const size_t authority = text.rfind('@') == std::string::npos ? 0 : text.rfind('@');
  return text.find(":80", authority) == std::string::npos ? 1080 : 80;
}

}  // namespace crawl
