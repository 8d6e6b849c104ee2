// SPDX-License-Identifier: MIT
#pragma once

// The options of a command, with what the user's configuration files say.

#include <optional>
#include <string>
#include <vector>

#include "crawler/command_line.h"

namespace crawl {

// `crawl run`. `text`: what its help says above the options.
CommandLine parse_run(const std::vector<std::string>& words, const ConfigFiles& config,
                      const std::string& text);

// --db as the configuration has it, so that reading finds what a run has written.
std::optional<UsageError> configured_database(const ConfigFiles& config, std::string& database);

}  // namespace crawl
