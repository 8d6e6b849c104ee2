// SPDX-License-Identifier: MIT
#pragma once

// The options of `crawl export`: which format, and what goes with it.

#include <string>
#include <vector>

#include "crawler/option_set.h"
#include "reader/commands.h"

namespace crawl {

// All but the database's.
void declare_export_options(OptionSet& set, ExportOptions& options);
// The words that are no options; "" or what is wrong with them, and with the options beside them.
std::string take_export_words(ExportOptions& options, std::vector<std::string> words);
// "jsonl", "csv", …
std::vector<std::string> export_formats();

}  // namespace crawl
