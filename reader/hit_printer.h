// SPDX-License-Identifier: MIT
#pragma once

// What was found, as people and programs want it.

#include <vector>

#include "reader/json_lines.h"
#include "reader/row_format.h"
#include "storage/search.h"

namespace crawl {

// As a table: title, URL and the snippet under it, wrapped to the terminal at `fd`, with the
// matches in bold where it can show that and NO_COLOR is not set. False: it could not be written.
bool print_hits(const std::vector<SearchHit>& hits, RowFormat format, Output& output, int fd);

}  // namespace crawl
