// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace crawl {

// serve.css and serve.js, compiled in.
extern const std::string_view kServeStyle;
extern const std::string_view kServeScript;

}  // namespace crawl
