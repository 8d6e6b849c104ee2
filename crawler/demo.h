// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace crawl {

// Rows as lines with aligned columns, the last one not padded, cells escaped for a terminal and cut
// to `cell_max` characters.
std::string aligned_table(const std::vector<std::vector<std::string>>& rows, size_t cell_max);

}  // namespace crawl
