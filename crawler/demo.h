// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/shown_text.h"

namespace crawl {

// Rows as lines with aligned columns, the last one not padded, cells cut to `cell_max` characters.
ShownText aligned_table(const std::vector<std::vector<std::string>>& rows, size_t cell_max);

}  // namespace crawl
