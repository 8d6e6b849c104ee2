// SPDX-License-Identifier: MIT
#include "crawler/commands.h"

#include <type_traits>

#include "crawler/command_options.h"
#include "crawler/configured.h"
#include "crawler/export_options.h"
#include "crawler/help.h"
#include "crawler/option_set.h"
#include "crawler/run_options.h"
#include "reader/questions.h"

namespace crawl {
namespace {

UsageError usage(std::string message) { return {ExitCode::kUsage, std::move(message)}; }

// A command whose options are `Options`: `declare` names them, `take` puts the words that are no
// options where they belong, and answers "" or what is wrong with them.
template <typename Options>
Command command(std::string arguments, std::string summary, std::string description,
                void (*declare)(OptionSet&, Options&), std::string (*take)(Options&, Words)) {
  Command result;
  result.name = arguments.substr(0, arguments.find(' '));
  result.usage = "crawl " + result.name + " [OPTIONS]" + arguments.substr(result.name.size());
  result.arguments = std::move(arguments);
  result.summary = std::move(summary);
  result.description = std::move(description);
  result.options = [declare] {
    Options options;
    OptionSet set("", "");
    declare(set, options);
    return set.shown();
  };
  result.parse = [declare, take, name = result.name, usage_line = result.usage,
                  description = result.description](const Words& words,
                                                    const ConfigFiles& config) -> CommandLine {
    Options options;
    if constexpr (std::is_base_of_v<ReadOptions, Options>) {
      if (auto error = configured_database(config, options.database)) return *error;
    }
    OptionSet set(usage_line, description);
    declare(set, options);
    OptionSet::Parsed parsed = set.parse(words);
    if (parsed.help) return ShowText{set.help() + examples_for_help(name)};
    if (std::is_same_v<Options, SearchOptions> && parsed.error.starts_with("unknown option -") &&
        !parsed.error.starts_with("unknown option --")) {
      parsed.error += "; a -word that pages are not to have stands behind --";
    }
    if (!parsed.error.empty()) return usage(parsed.error);
    const std::string problem = take(options, std::move(parsed.positionals));
    if (!problem.empty()) return usage(problem);
    return options;
  };
  return result;
}

Command run_command() {
  const std::string text = "Crawls from the seeds, or resumes where the last run ended.";
  const auto options = [] {
    RunOptions run;
    std::string config_file;
    OptionSet set("", "");
    declare_run_options(set, run, config_file);
    return set.shown();
  };
  return {"run",
          "crawl [run] [OPTIONS] SEEDS...",
          "[run] [OPTIONS] SEEDS...",
          "crawl; again: resume, and when done, revisit what is due",
          [text](const Words& words, const ConfigFiles& config) {
            return parse_run(words, config, text);
          },
          text,
          options};
}

Command with_words(Command command, Words first_words) {
  command.first_words = std::move(first_words);
  return command;
}

Words questions() {
  Words names;
  for (const Question& question : kQuestions) names.emplace_back(question.name);
  return names;
}

Command config_command() {
  const std::string usage_line = "crawl config [--host HOST] [OPTIONS]";
  const std::string text =
      "Prints the options that a run would have, as a configuration file, and where each comes "
      "from.";
  const auto options = [] {
    Configured configured;
    std::string config_file;
    OptionSet set("", "");
    declare_config_options(set, configured);
    declare_run_options(set, configured.options, config_file);
    return set.shown();
  };
  return {"config",
          usage_line,
          "config [--host HOST]",
          "the options in force, and where each comes from",
          [usage_line, text](const Words& words, const ConfigFiles& config) {
            return parse_config_command(words, config, usage_line, text);
          },
          text,
          options};
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      run_command(),
      command<StatusOptions>("status", "what the last run has done",
                             "Prints what the last run has done.", declare_status, take_status),
      command<WhyOptions>("why URL...", "what became of a URL, and why",
                          "Tells what became of each URL, and why.", declare_why, take_why),
      command<CatOptions>("cat URL...", "the stored body of a page",
                          "Writes the stored bodies of pages to stdout.", declare_cat, take_cat),
      with_words(
          command<QueryOptions>(
              "query [SQL|NAME [VALUE...]]", "ask in SQL, or a ready-made question",
              "Prints the answer to SQL that reads, or to a ready-made question (without a NAME: "
              "lists them). Each VALUE stands for a '?' in the SQL; '-' reads the SQL from stdin.",
              declare_query, take_query),
          questions()),
      command<SearchOptions>(
          "search WORDS...", "full text search",
          "Prints the pages that have all WORDS, best first: 'a phrase' in double quotes, begin*, "
          "site:example.com or site:example.com/folder/; after --, -word for pages without it. The "
          "index is made at the first search, and brought up to date at each.",
          declare_search, take_search),
      command<ReportOptions>("report", "what was found, as a page with charts",
                             "Writes a page of HTML that tells what was found: it is whole in "
                             "itself and loads nothing.",
                             declare_report, take_nothing),
      command<CheckOptions>("check", "check the database", "Checks that the database is whole.",
                            declare_check, take_nothing),
      command<BackupOptions>("backup DEST", "copy the database, also while a crawl runs",
                             "Copies the database as it is at this moment to a new file, also "
                             "while a crawl is writing to it.",
                             declare_backup, take_backup),
      command<ServeOptions>(
          "serve", "show the crawl in a browser, also while it runs",
          "Shows the crawl in a browser: progress, search, what became of a URL, the "
          "report; and answers programs (/api/, /metrics).",
          declare_serve, take_nothing),
      command<PruneOptions>(
          "prune", "remove what has become old",
          "Removes from the database what has become old, while no run writes to it.",
          declare_prune, take_prune),
      command<ImportOptions>("import FILE...", "pages out of WARC files",
                             "Stores what WARC files hold, of crawl or of others, as pages of the "
                             "database. Fetch times are those of the files.",
                             declare_import, take_import),
      with_words(
          command<ExportOptions>(
              "export FORMAT", "pages and links, as other programs read them",
              "Writes what is stored as jsonl or csv (pages), sitemap, graphml or edges (links), "
              "as it is at this moment, also while a crawl is writing; warc adds what is new since "
              "the last time to the archive in -o DIR.",
              declare_export, take_export_words),
          export_formats()),
      command<UrlOptions>("url URL...", "what a URL is, normalised",
                          "Prints each URL as the URL Standard writes it.", declare_url, take_url),
      command<RobotsOptions>("robots FILE URL...", "what a robots.txt says about URLs",
                             "Tells what a robots.txt says about URLs (or paths).", declare_robots,
                             take_robots),
      command<ParseOptions>("parse FILE...", "what a page yields, as JSON",
                            "Prints what each page yields, as JSON.", declare_parse, take_parse),
      config_command(),
      command<DemoOptions>(
          "demo", "crawl a small site that is part of this program",
          "Crawls a small site that is part of this program, and shows the result.", declare_demo,
          take_nothing),
      help_command(),
  };
  return all;
}

const Command* command_named(const std::string& name) {
  for (const Command& command : commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace crawl
