// SPDX-License-Identifier: MIT
#pragma once

// The libraries that read the web, as they are linked now, not as they were when this was built.

#include <string>

namespace crawl {

// A line for each: "libcurl 7.88.1"; and what a sandbox is made of.
std::string library_versions();

}  // namespace crawl
