// SPDX-License-Identifier: MIT
#pragma once

// Files that hold a secret: a password, a token, header lines. Errors never show what is in them.

#include <string>
#include <vector>

#include "base/result.h"

namespace crawl {

// All bytes of a file. Where everybody may read it, `warnings` gets a line that says so.
Result<std::string> read_secret_file(const std::string& path, size_t bytes_max,
                                     std::vector<std::string>& warnings);
// The one line of a secret: without its end, not empty, without control characters.
Result<std::string> secret_line(std::string text, const std::string& path);

}  // namespace crawl
