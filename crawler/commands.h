// SPDX-License-Identifier: MIT
#pragma once

// Every command: its name, its help, its options.

#include <functional>
#include <string>
#include <vector>

#include "crawler/command_line.h"

namespace crawl {

struct Command {
  std::string name;
  std::string usage;      // "crawl why [OPTIONS] URL..."
  std::string arguments;  // of the shortest use: "why URL..."
  std::string summary;    // of the overview: "what became of a URL, and why"
  std::function<CommandLine(const std::vector<std::string>& words, const ConfigFiles& config)>
      parse;
};

// In the order in which people meet them.
const std::vector<Command>& commands();

}  // namespace crawl
