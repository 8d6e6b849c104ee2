// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace crawl {

// Of the library this program runs with: "3.40.1".
std::string_view sqlite_version();

}  // namespace crawl
