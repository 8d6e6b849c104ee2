// SPDX-License-Identifier: MIT
#pragma once

// The options of `crawl run`, declared: names, ranges, help.

#include <string>

#include "crawler/option_set.h"
#include "crawler/options.h"

namespace crawl {

// The values are stored into `options`, and --config's into `config_file`; both must outlive the
// set.
void declare_run_options(OptionSet& set, RunOptions& options, std::string& config_file);

// What no single option can see: "" or one line about options that contradict each other.
std::string check_run_options(const RunOptions& options);

}  // namespace crawl
