// SPDX-License-Identifier: MIT
#include "crawler/configured.h"

#include "crawler/config_file.h"
#include "crawler/help.h"
#include "crawler/option_set.h"
#include "crawler/run_options.h"

namespace crawl {
namespace {

UsageError usage(std::string message) { return {ExitCode::kUsage, std::move(message)}; }

// Reads `path` into `set`. Nothing there is fine unless `required`.
std::optional<UsageError> apply_config(OptionSet& set, const std::string& path, bool required) {
  Result<std::vector<ConfigEntry>> entries = read_config_file(path);
  if (!entries) {
    if (!required && entries.error().code == Errc::kNotFound) return std::nullopt;
    return UsageError{ExitCode::kConfig, entries.error().message()};
  }
  for (const ConfigEntry& entry : *entries) {
    const std::string problem = set.apply(entry);
    if (problem.empty()) continue;
    return UsageError{ExitCode::kConfig, path + ":" + std::to_string(entry.line) + ": " + problem};
  }
  return std::nullopt;
}

std::optional<UsageError> apply_configs(OptionSet& set, const ConfigFiles& config) {
  for (const std::string& path : config) {
    if (path.empty()) continue;
    if (auto error = apply_config(set, path, false)) return error;
  }
  return std::nullopt;
}

}  // namespace

CommandLine parse_run(const std::vector<std::string>& words, const ConfigFiles& config,
                      const std::string& text) {
  const std::string line = "crawl [run] [OPTIONS] SEEDS...";
  // First the command line alone: it may be wrong, or name the configuration file.
  RunOptions scratch;
  std::string config_file;
  OptionSet first(line, text);
  declare_run_options(first, scratch, config_file);
  const OptionSet::Parsed parsed = first.parse(words);
  if (parsed.help) return ShowText{first.help() + examples_for_help("run")};
  if (!parsed.error.empty()) return usage(parsed.error);

  // Then the files, and the command line over them.
  RunOptions options;
  std::string unused;
  OptionSet all(line, text);
  declare_run_options(all, options, unused);
  if (auto error = apply_configs(all, config)) return *error;
  if (!config_file.empty()) {
    if (auto error = apply_config(all, config_file, true)) return *error;
  }
  options.seeds = all.parse(words).positionals;
  options.seeds.insert(options.seeds.end(), options.input_files.begin(), options.input_files.end());
  const std::string problem = check_run_options(options);
  if (!problem.empty()) return usage(problem);
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
  auto error = apply_configs(set, config);
  database = options.database;
  return error;
}

}  // namespace crawl
