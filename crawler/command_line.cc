// SPDX-License-Identifier: MIT
#include "crawler/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "crawler/canonical_option.h"
#include "crawler/config_file.h"
#include "crawler/option_set.h"
#include "crawler/run_options.h"
#include "crawler/suggest.h"
#include "ipc/messages.h"
#include "storage/sqlite_version.h"

namespace crawl {
namespace {

using Words = std::vector<std::string>;

#if defined(__clang__)
#define CRAWL_COMPILER __VERSION__
#else
#define CRAWL_COMPILER "GCC " __VERSION__
#endif

constexpr int64_t kWatchdogMsMin = 100;
constexpr int64_t kWatchdogMsMax = 24 * 3'600'000;

UsageError usage(std::string message) { return {ExitCode::kUsage, std::move(message)}; }

std::string version_text() {
  return "crawl " CRAWL_VERSION "\nSQLite " + std::string(sqlite_version()) +
         "\ncompiler " CRAWL_COMPILER "\nprotocol " + std::to_string(kProtocolVersion) + "\n";
}

constexpr const char* kOverview =
    "A polite, parallel web crawler that keeps every page in SQLite.\n"
    "\n"
    "Commands:\n"
    "  crawl [run] [OPTIONS] SEEDS...  crawl; again: resume, and when done, revisit what is due\n"
    "  crawl status                    what the last run has done\n"
    "  crawl why URL...                what became of a URL, and why\n"
    "  crawl cat URL...                the stored body of a page\n"
    "  crawl check                     check the database\n"
    "  crawl url URL...                what a URL is, normalised\n"
    "  crawl robots FILE URL...        what a robots.txt says about URLs\n"
    "  crawl parse FILE...             what a page yields, as JSON\n"
    "  crawl demo                      crawl a small site that is part of this program\n"
    "  crawl COMMAND --help, crawl --version\n"
    "\n"
    "SEEDS are files (one URL per line), '-' for stdin, or URLs. The options below are those of a "
    "run.";

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

CommandLine parse_run(const Words& words, const std::string& user_config, bool overview) {
  const std::string line = "crawl [run] [OPTIONS] SEEDS...";
  const std::string text =
      overview ? kOverview : "Crawls from the seeds, or resumes where the last run ended.";
  // First the command line alone: it may be wrong, or name the configuration file.
  RunOptions scratch;
  std::string config_file;
  OptionSet first(line, text);
  declare_run_options(first, scratch, config_file);
  const OptionSet::Parsed parsed = first.parse(words);
  if (parsed.help) return ShowText{first.help()};
  if (!parsed.error.empty()) return usage(parsed.error);

  // Then the files, and the command line over them.
  RunOptions options;
  std::string unused;
  OptionSet all(line, text);
  declare_run_options(all, options, unused);
  if (!user_config.empty()) {
    if (auto error = apply_config(all, user_config, false)) return *error;
  }
  if (!config_file.empty()) {
    if (auto error = apply_config(all, config_file, true)) return *error;
  }
  options.seeds = all.parse(words).positionals;
  const std::string problem = check_run_options(options);
  if (!problem.empty()) return usage(problem);
  if (options.seeds.empty()) {
    return usage("no seeds: name a file with URLs, '-' for stdin, or URLs (crawl --help)");
  }
  return options;
}

// --db as the user's configuration has it, so that reading finds what a run has written.
std::optional<UsageError> configured_database(const std::string& user_config,
                                              std::string& database) {
  if (user_config.empty()) return std::nullopt;
  RunOptions options;
  std::string unused;
  OptionSet set("", "");
  declare_run_options(set, options, unused);
  auto error = apply_config(set, user_config, false);
  database = options.database;
  return error;
}

void declare_database(OptionSet& set, std::string& database) {
  set.value("-d,--db", "FILE", "the database [crawl.db]",
            [&database](const std::string& value) -> std::string {
              if (value.empty() || value.find('\0') != std::string::npos)
                return not_a(value, "a path");
              database = value;
              return "";
            });
}

void declare_parser(OptionSet& set, std::string& fetcher, int& fetchers, int64_t& watchdog_ms) {
  set.value("-f,--fetchers", "N", "processes that parse [1; parse --jsonl: one per CPU]",
            read_number(fetchers, 1, 1024));
  set.value("--fetcher", "PATH", "the crawl-fetcher to start [beside crawl]", read_text(fetcher));
  set.value("--watchdog", "TIME", "", read_duration(watchdog_ms, kWatchdogMsMin, kWatchdogMsMax),
            Shown::kNo);
}

// The common end of each command: help, an error, or the words that are no options.
std::optional<CommandLine> settled(const OptionSet& set, const OptionSet::Parsed& parsed) {
  if (parsed.help) return ShowText{set.help()};
  if (!parsed.error.empty()) return usage(parsed.error);
  return std::nullopt;
}

UsageError unexpected(const std::string& word) { return usage("unexpected argument " + word); }

CommandLine parse_status(const Words& words, const std::string& user_config) {
  StatusOptions options;
  if (auto error = configured_database(user_config, options.database)) return *error;
  OptionSet set("crawl status [OPTIONS]", "Prints what the last run has done.");
  declare_database(set, options.database);
  set.flag("--json", "as one JSON object", options.json);
  const OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (!parsed.positionals.empty()) return unexpected(parsed.positionals[0]);
  return options;
}

CommandLine parse_check(const Words& words, const std::string& user_config) {
  CheckOptions options;
  if (auto error = configured_database(user_config, options.database)) return *error;
  OptionSet set("crawl check [OPTIONS]", "Checks that the database is whole.");
  declare_database(set, options.database);
  const OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (!parsed.positionals.empty()) return unexpected(parsed.positionals[0]);
  return options;
}

CommandLine parse_why(const Words& words, const std::string& user_config) {
  WhyOptions options;
  if (auto error = configured_database(user_config, options.database)) return *error;
  OptionSet set("crawl why [OPTIONS] URL...", "Tells what became of each URL, and why.");
  declare_database(set, options.database);
  const OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (parsed.positionals.empty()) return usage("why: no URL given");
  options.urls = parsed.positionals;
  return options;
}

CommandLine parse_cat(const Words& words, const std::string& user_config) {
  CatOptions options;
  if (auto error = configured_database(user_config, options.database)) return *error;
  OptionSet set("crawl cat [OPTIONS] URL...", "Writes the stored bodies of pages to stdout.");
  declare_database(set, options.database);
  set.flag("--text", "the visible text instead of the body", options.text_only);
  set.value("--run", "N", "as run N left it (see --keep-versions)",
            read_number(options.run, 1, std::numeric_limits<int64_t>::max()));
  const OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (parsed.positionals.empty()) return usage("cat: no URL given");
  options.urls = parsed.positionals;
  return options;
}

CommandLine parse_url(const Words& words, const std::string& /*user_config*/) {
  UrlOptions options;
  OptionSet set("crawl url [OPTIONS] URL...", "Prints each URL as the URL Standard writes it.");
  set.value("--base", "URL", "resolve against this URL", read_text(options.base));
  set.value("--canonicalize", "LIST",
            "the form that a crawl with this option stores: sort, session, tracking, index, or all",
            read_canonical(options.canonicalize));
  set.flag("-v,--explain", "the parts, and each step to the canonical form, as well",
           options.explain);
  set.flag("--jsonl",
           "answer stdin: {\"input\",\"base\"?,\"canonicalize\"?} per line gives {\"href\"} or "
           "{\"error\"}",
           options.jsonl);
  const OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (options.jsonl && !parsed.positionals.empty()) return unexpected(parsed.positionals[0]);
  if (!options.jsonl && parsed.positionals.empty()) return usage("url: no URL given");
  options.urls = parsed.positionals;
  return options;
}

ValueReader read_short(std::string& target, bool may_be_empty) {
  return [&target, may_be_empty](const std::string& value) -> std::string {
    if (value.size() > kShortBytesMax || (value.empty() && !may_be_empty)) {
      return "the text must have 1 to " + std::to_string(kShortBytesMax) + " bytes";
    }
    target = value;
    return "";
  };
}

CommandLine parse_robots(const Words& words, const std::string& /*user_config*/) {
  RobotsOptions options;
  OptionSet set("crawl robots [OPTIONS] FILE URL...",
                "Tells what a robots.txt says about URLs (or paths).");
  set.value("--agent", "NAME", "product token of the robot [crawl]",
            read_short(options.agent, false));
  set.flag("--jsonl", "answer stdin: {\"robots\",\"agent\",\"url\"} per line gives {\"allowed\"}",
           options.jsonl);
  declare_parser(set, options.fetcher, options.fetchers, options.watchdog_ms);
  OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (options.jsonl)
    return parsed.positionals.empty() ? CommandLine(options) : unexpected(parsed.positionals[0]);
  if (parsed.positionals.size() < 2)
    return usage("robots: name a robots.txt file ('-': stdin) and at least one URL");
  options.file = parsed.positionals.front();
  options.urls.assign(parsed.positionals.begin() + 1, parsed.positionals.end());
  return options;
}

CommandLine parse_parse(const Words& words, const std::string& /*user_config*/) {
  ParseOptions options;
  OptionSet set("crawl parse [OPTIONS] FILE...", "Prints what each page yields, as JSON.");
  set.value("--base", "URL", "the page's URL, for relative links", read_text(options.base));
  set.value("--content-type", "TYPE", "as the header would say [text/html]",
            read_short(options.content_type, true));
  set.flag("--jsonl", "answer stdin: {\"html\" or \"base64\",\"base\",\"content_type\"} per line",
           options.jsonl);
  declare_parser(set, options.fetcher, options.fetchers, options.watchdog_ms);
  set.value("--test-hook", "SPEC", "", read_short(options.test_hook, true), Shown::kNo);
  const OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (options.jsonl && !parsed.positionals.empty()) return unexpected(parsed.positionals[0]);
  if (!options.jsonl && parsed.positionals.empty())
    return usage("parse: no file given ('-': stdin)");
  options.files = parsed.positionals;
  return options;
}

CommandLine parse_demo(const Words& words, const std::string& /*user_config*/) {
  DemoOptions options;
  OptionSet set("crawl demo [OPTIONS]",
                "Crawls a small site that is part of this program, and shows the result.");
  set.value("-d,--db", "FILE", "keep the database here [a temporary one]",
            read_text(options.database));
  set.value("-f,--fetchers", "N", "fetcher processes [one per CPU]",
            read_number(options.fetchers, 1, 1024));
  set.value("--fetcher", "PATH", "the crawl-fetcher to start [beside crawl]",
            read_text(options.fetcher));
  set.flag("-q,--quiet", "print the result only", options.quiet);
  const OptionSet::Parsed parsed = set.parse(words);
  if (auto end = settled(set, parsed)) return *end;
  if (!parsed.positionals.empty()) return unexpected(parsed.positionals[0]);
  return options;
}

CommandLine parse_named_run(const Words& words, const std::string& user_config) {
  return parse_run(words, user_config, false);
}

struct CommandEntry {
  const char* name;
  CommandLine (*parse)(const Words&, const std::string& user_config);
};

constexpr CommandEntry kCommands[] = {
    {"run", parse_named_run}, {"status", parse_status}, {"why", parse_why},
    {"cat", parse_cat},       {"check", parse_check},   {"url", parse_url},
    {"robots", parse_robots}, {"parse", parse_parse},   {"demo", parse_demo},
};

// A bare word that is no file is more likely a command mistyped than a seeds file missing.
std::optional<UsageError> mistaken_command(const std::string& word) {
  if (word.empty() || word.find_first_of("./:-") != std::string::npos ||
      access(word.c_str(), F_OK) == 0) {
    return std::nullopt;
  }
  Words commands;
  std::string list;
  for (const CommandEntry& command : kCommands) {
    commands.emplace_back(command.name);
    list += (list.empty() ? "" : ", ") + commands.back();
  }
  const std::optional<std::string> meant = nearest(word, commands);
  if (meant) return usage("unknown command " + word + "; did you mean " + *meant + "?");
  return usage(word + " is neither a command (" + list + ") nor a file");
}

}  // namespace

CommandLine parse_command_line(const Words& words, const std::string& user_config) {
  if (words.empty()) return parse_run(words, "", true);
  if (words[0] == "--version" || words[0] == "-V") return ShowText{version_text()};
  for (const CommandEntry& command : kCommands) {
    if (words[0] == command.name)
      return command.parse({words.begin() + 1, words.end()}, user_config);
  }
  if (auto error = mistaken_command(words[0])) return *error;
  return parse_run(words, user_config, true);
}

std::string user_config_path(const char* xdg_config_home, const char* home) {
  const std::string file = "/crawl/config.toml";
  if (xdg_config_home != nullptr && *xdg_config_home == '/') return xdg_config_home + file;
  if (home != nullptr && *home == '/') return home + ("/.config" + file);
  return "";
}

}  // namespace crawl
