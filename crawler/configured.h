// SPDX-License-Identifier: MIT
#pragma once

// The options of a command, with what the user's configuration files say.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crawler/command_line.h"
#include "crawler/option_set.h"

namespace crawl {

// The options of a run, and where each comes from.
struct Configured {
  RunOptions options;
  std::vector<OptionSet::Setting> settings;
  std::string host;  // crawl config --host
};
using Declare = std::function<void(OptionSet&, Configured&)>;
// What its help says first.
struct HelpHead {
  std::string command;  // "run"
  std::string line;     // "crawl [run] [OPTIONS] SEEDS..."
  std::string text;
};

// Files and command line together; whatever is no option is in options.seeds. `declare` adds
// options to those of a run. Something else than nothing: the help was asked for, or something is
// wrong.
std::optional<CommandLine> read_configured(const std::vector<std::string>& words,
                                           const ConfigFiles& config, const Declare& declare,
                                           const HelpHead& head, Configured& result);

// `crawl run`. `text`: what its help says above the options.
CommandLine parse_run(const std::vector<std::string>& words, const ConfigFiles& config,
                      const std::string& text);
// `crawl config`, which has an option more.
void declare_config_options(OptionSet& set, Configured& target);
CommandLine parse_config_command(const std::vector<std::string>& words, const ConfigFiles& config,
                                 const std::string& line, const std::string& text);

// --db as the configuration has it, so that reading finds what a run has written. Secrets are not
// looked at: whoever reads need not have them.
std::optional<UsageError> configured_database(const ConfigFiles& config, std::string& database);

}  // namespace crawl
