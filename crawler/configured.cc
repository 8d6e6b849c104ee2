// SPDX-License-Identifier: MIT
#include "crawler/configured.h"

#include <algorithm>
#include <cstdlib>

#include "crawler/config_file.h"
#include "crawler/help.h"
#include "crawler/option_set.h"
#include "crawler/run_options.h"
#include "crawler/secrets.h"
#include "web/credentials.h"
#include "web/proxy.h"

namespace crawl {
namespace {

UsageError usage(std::string message) { return {ExitCode::kUsage, std::move(message)}; }

const char* environment(const char* name) { return ::getenv(name); }

// A file is copied, shown and kept under version control. "" or what is wrong with the entry.
std::string refuse_secrets(const ConfigEntry& entry) {
  if (entry.key == "header") {
    const auto secret = std::find_if(entry.values.begin(), entry.values.end(),
                                     [](const std::string& line) { return is_credential(line); });
    if (secret == entry.values.end()) return "";
    return "header: a secret does not stand in this file: give " +
           std::string(header_name(*secret)) +
           " in a table [host.\"NAME\"], from the environment or a file";
  }
  if (entry.key != "proxy" || entry.values.empty()) return "";
  const std::string& proxy = entry.values.back();
  if (names_environment(proxy) || !is_proxy(proxy) || parse_proxy(proxy)->password().empty()) {
    return "";
  }
  return "proxy: a secret does not stand in this file: write ${NAME} in place of the password and "
         "put it into the environment";
}

// An entry for all hosts. "" or what is wrong with it.
std::string apply_to_all(OptionSet& set, ConfigEntry entry, const std::string& place) {
  std::string problem = refuse_secrets(entry);
  if (!problem.empty()) return problem;
  if (entry.key == "proxy") {
    for (std::string& value : entry.values) {
      auto text = url_with_environment(value, environment);
      if (!text) return "proxy: " + text.error().message();
      value = std::move(*text);
    }
  }
  return set.apply(entry, place);
}

std::string apply_to_host(const OptionSet& set, HostSections& hosts, const ConfigEntry& entry,
                          const std::string& path) {
  std::string problem = hosts.apply(entry, path);
  const bool misplaced = !entry.key.empty() && set.knows(entry.key);
  if (problem.empty() || HostSections::knows(entry.key) || !misplaced) return problem;
  return "'" + entry.key + "' is for all hosts: such options stand before the first table";
}

enum class Secrets : uint8_t { kUsed, kLeftAlone };

// Where what files say goes.
struct Target {
  OptionSet& set;
  HostSections& hosts;
  Secrets secrets;
};

std::string apply_entry(const Target& target, const ConfigEntry& entry, const std::string& path,
                        const std::string& place) {
  if (!entry.host.empty()) return apply_to_host(target.set, target.hosts, entry, path);
  if (target.secrets == Secrets::kLeftAlone) return target.set.apply(entry, place);
  return apply_to_all(target.set, entry, place);
}

// Nothing at `path` is fine unless `required`.
std::optional<UsageError> apply_config(const Target& target, const std::string& path,
                                       bool required) {
  Result<std::vector<ConfigEntry>> entries = read_config_file(path);
  if (!entries) {
    if (!required && entries.error().code == Errc::kNotFound) return std::nullopt;
    return UsageError{ExitCode::kConfig, entries.error().message()};
  }
  for (const ConfigEntry& entry : *entries) {
    const std::string place = path + ":" + std::to_string(entry.line);
    const std::string problem = apply_entry(target, entry, path, place);
    if (!problem.empty()) return UsageError{ExitCode::kConfig, place + ": " + problem};
  }
  return std::nullopt;
}

std::optional<UsageError> apply_configs(const Target& target, const ConfigFiles& config) {
  for (const std::string& path : config) {
    if (path.empty()) continue;
    if (auto error = apply_config(target, path, false)) return error;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CommandLine> read_configured(const std::vector<std::string>& words,
                                           const ConfigFiles& config, const Declare& declare,
                                           const HelpHead& head, Configured& result) {
  // First the command line alone: it may be wrong, or name the configuration file.
  Configured scratch;
  std::string config_file;
  OptionSet first(head.line, head.text);
  declare(first, scratch);
  declare_run_options(first, scratch.options, config_file);
  const OptionSet::Parsed parsed = first.parse(words);
  if (parsed.help) return ShowText{first.help() + examples_for_help(head.command)};
  if (!parsed.error.empty()) return usage(parsed.error);

  // Then the files, and the command line over them.
  std::string unused;
  OptionSet all(head.line, head.text);
  declare(all, result);
  declare_run_options(all, result.options, unused);
  HostSections& hosts = result.options.hosts;
  const Target target{all, hosts, Secrets::kUsed};
  if (auto error = apply_configs(target, config)) return *error;
  if (!config_file.empty()) {
    if (auto error = apply_config(target, config_file, true)) return *error;
  }
  const std::string unloaded = hosts.load(environment);
  if (!unloaded.empty()) return UsageError{ExitCode::kConfig, unloaded};
  result.options.seeds = all.parse(words).positionals;
  result.settings = all.settings();
  const std::string problem = check_run_options(result.options);
  if (!problem.empty()) return usage(problem);
  return std::nullopt;
}

CommandLine parse_run(const std::vector<std::string>& words, const ConfigFiles& config,
                      const std::string& text) {
  Configured run;
  const auto nothing_else = [](OptionSet&, Configured&) {};
  const HelpHead head = {"run", "crawl [run] [OPTIONS] SEEDS...", text};
  auto other = read_configured(words, config, nothing_else, head, run);
  if (other) return *other;
  RunOptions& options = run.options;
  options.seeds.insert(options.seeds.end(), options.input_files.begin(), options.input_files.end());
  if (options.seeds.empty()) {
    return usage("no seeds: name a file with URLs, '-' for stdin, or URLs (crawl --help)");
  }
  return options;
}

std::optional<UsageError> configured_database(const ConfigFiles& config, std::string& database) {
  RunOptions options;
  std::string unused;
  OptionSet set("", "");
  declare_run_options(set, options, unused);
  auto error = apply_configs({set, options.hosts, Secrets::kLeftAlone}, config);
  database = options.database;
  return error;
}

}  // namespace crawl
