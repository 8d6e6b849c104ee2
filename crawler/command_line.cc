// SPDX-License-Identifier: MIT
#include "crawler/command_line.h"

#include <unistd.h>

#include <algorithm>

#include "base/suggest.h"
#include "crawler/commands.h"
#include "crawler/configured.h"
#include "crawler/help.h"

namespace crawl {
namespace {

using Words = std::vector<std::string>;

UsageError usage(std::string message) { return {ExitCode::kUsage, std::move(message)}; }

// The help without a command: all of them, and the options of a run.
std::string overview() {
  return "A polite, parallel web crawler that keeps every page in SQLite.\n\nCommands:\n" +
         list_of_commands() +
         "  crawl COMMAND --help, crawl help TOPIC, crawl --version\n\n"
         "SEEDS are files (one URL per line), '-' for stdin, or URLs. The options below are those "
         "of a run.";
}

// A bare word that is no file is more likely a command mistyped than a seeds file missing.
std::optional<UsageError> mistaken_command(const std::string& word) {
  if (word.empty() || word.find_first_of("./:-") != std::string::npos ||
      access(word.c_str(), F_OK) == 0) {
    return std::nullopt;
  }
  Words names;
  std::string list;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    list += (list.empty() ? "" : ", ") + command.name;
  }
  const std::optional<std::string> meant = nearest(word, names);
  if (meant) return usage("unknown command " + word + "; did you mean " + *meant + "?");
  return usage(word + " is neither a command (" + list + ") nor a file");
}

}  // namespace

CommandLine parse_command_line(const Words& words, const ConfigFiles& config) {
  if (words.empty()) return parse_run(words, {}, overview());
  if (words[0] == "--version" || words[0] == "-V") return ShowVersion{};
  if (const Command* command = command_named(words[0])) {
    return command->parse({words.begin() + 1, words.end()}, config);
  }
  if (auto error = mistaken_command(words[0])) return *error;
  return parse_run(words, config, overview());
}

std::string user_config_path(const char* xdg_config_home, const char* home) {
  const std::string file = "/crawl/config.toml";
  if (xdg_config_home != nullptr && *xdg_config_home == '/') return xdg_config_home + file;
  if (home != nullptr && *home == '/') return home + ("/.config" + file);
  return "";
}

}  // namespace crawl
