// SPDX-License-Identifier: MIT
#pragma once

// Every command: its name, its help, its options.

#include <functional>
#include <string>
#include <vector>

#include "crawler/command_line.h"
#include "crawler/option_set.h"

namespace crawl {

struct Command {
  std::string name;
  std::string usage;      // "crawl why [OPTIONS] URL...": shells complete FILE, DIR, COMMAND, a|b
  std::string arguments;  // of the shortest use: "why URL..."
  std::string summary;    // of the overview: "what became of a URL, and why"
  std::function<CommandLine(const std::vector<std::string>& words, const ConfigFiles& config)>
      parse;
  // What the manual and the shells say of it, besides.
  std::string description = {};
  std::function<std::vector<ShownOption>()> options = {};
  std::vector<std::string> first_words = {};  // what its first argument may be, of many things
};

// In the order in which people meet them.
const std::vector<Command>& commands();
// nullptr: no command has this name.
const Command* command_named(const std::string& name);

}  // namespace crawl
