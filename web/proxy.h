// SPDX-License-Identifier: MIT
#pragma once

// A proxy as the user writes it, read as libcurl reads it (CURLOPT_PROXY).

#include <cstdint>
#include <string>

#include "base/result.h"
#include "web/url.h"

namespace crawl {

// "host:port" is an HTTP proxy.
Result<Url> parse_proxy(const std::string& text);

// True when it is a proxy of a kind that libcurl knows, its scheme written out.
bool is_proxy(const std::string& text);

// The port it is reached at. `proxy` is parse_proxy(text).
uint16_t proxy_port(const std::string& text, const Url& proxy);

}  // namespace crawl
