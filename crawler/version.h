// SPDX-License-Identifier: MIT
#pragma once

// What `crawl --version` says: a fact per line, its name first.

#include <string>

namespace crawl {

// Of this program, then of the fetcher that it would start: asked by starting it with --version,
// for at most some seconds; a line that begins with "fetcher" says where it is, or what is wrong.
std::string version_text();

}  // namespace crawl
