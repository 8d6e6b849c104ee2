// SPDX-License-Identifier: MIT
#pragma once

// From the words of the command line and the configuration files to checked options. docs/usage.md
// lists every option.

#include <string>
#include <variant>
#include <vector>

#include "crawler/command_import.h"
#include "crawler/command_prune.h"
#include "crawler/command_serve.h"
#include "crawler/options.h"
#include "crawler/part_commands.h"
#include "reader/commands.h"

namespace crawl {

// Help was asked for: goes to stdout, exit 0.
struct ShowText {
  std::string text;
};
struct ShowVersion {};  // --version

// The command line (kUsage) or a configuration file (kConfig) is wrong. One line, without "crawl:
// ".
struct UsageError {
  ExitCode code = ExitCode::kUsage;
  std::string message;
};

using CommandLine =
    std::variant<RunOptions, StatusOptions, WhyOptions, CatOptions, QueryOptions, SearchOptions,
                 CheckOptions, BackupOptions, UrlOptions, RobotsOptions, ParseOptions, DemoOptions,
                 PruneOptions, ServeOptions, ReportOptions, ExportOptions, ImportOptions, ShowText,
                 ShowVersion, UsageError>;

// Read where they exist, before --config FILE; later ones win over earlier ones, and the command
// line over all.
using ConfigFiles = std::vector<std::string>;

// `words` are the arguments without the program's name.
CommandLine parse_command_line(const std::vector<std::string>& words, const ConfigFiles& config);

// For all users of this machine.
inline constexpr const char* kSystemConfigPath = "/etc/crawl/config.toml";
// $XDG_CONFIG_HOME/crawl/config.toml, else ~/.config/crawl/config.toml; "" where neither is known.
// A relative $XDG_CONFIG_HOME is ignored (XDG Base Directory Specification).
std::string user_config_path(const char* xdg_config_home, const char* home);

}  // namespace crawl
