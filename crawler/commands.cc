// SPDX-License-Identifier: MIT
#include "crawler/commands.h"

#include <limits>
#include <type_traits>

#include "base/limits.h"
#include "crawler/canonical_option.h"
#include "crawler/configured.h"
#include "crawler/export_options.h"
#include "crawler/help.h"
#include "crawler/option_set.h"
#include "crawler/run_options.h"
#include "reader/questions.h"
#include "storage/search.h"

namespace crawl {
namespace {

using Words = std::vector<std::string>;

constexpr int64_t kWatchdogMsMin = 100;
constexpr int64_t kWatchdogMsMax = 24 * 3'600'000;
constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
constexpr int64_t kTimeMax = int64_t{36'500} * 86'400'000;

UsageError usage(std::string message) { return {ExitCode::kUsage, std::move(message)}; }

UsageError unexpected(const std::string& word) { return usage("unexpected argument " + word); }

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

template <typename Options>
std::string take_nothing(Options& /*options*/, Words words) {
  return words.empty() ? "" : unexpected(words[0]).message;
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

void declare_database(OptionSet& set, ReadOptions& options) {
  set.value("-d,--db", "FILE", "the database [crawl.db]",
            [&options](const std::string& value) -> std::string {
              if (value.empty() || value.find('\0') != std::string::npos)
                return not_a(value, "a path");
              options.database = value;
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

// --- what reads a database

void declare_status(OptionSet& set, StatusOptions& options) {
  declare_database(set, options);
  set.flag("--json", "as one JSON object", options.json);
  set.flag("--check", "one line for monitoring; exit 0: ok, 1: warning, 2: critical, 3: unknown",
           options.check);
  set.value("--max-age", "TIME", "--check: critical when the last run is older [36h]",
            read_duration(options.age_max_ms, 1000, kTimeMax));
}

void declare_check(OptionSet& set, CheckOptions& options) { declare_database(set, options); }

void declare_why(OptionSet& set, WhyOptions& options) { declare_database(set, options); }

std::string take_why(WhyOptions& options, Words words) {
  options.urls = std::move(words);
  return options.urls.empty() ? "why: no URL given" : "";
}

void declare_cat(OptionSet& set, CatOptions& options) {
  declare_database(set, options);
  set.flag("--text", "the visible text instead of the body", options.text_only);
  set.value("--run", "N", "as run N left it (see --keep-versions)",
            read_number(options.run, 1, kAny));
}

std::string take_cat(CatOptions& options, Words words) {
  options.urls = std::move(words);
  return options.urls.empty() ? "cat: no URL given" : "";
}

void declare_query(OptionSet& set, QueryOptions& options) {
  declare_database(set, options);
  const auto format = [&](const char* name, const char* help, RowFormat wanted) {
    set.choice(name, help, [&options, wanted] { options.format = wanted; });
  };
  format("--csv", "as CSV, safe to open in a spreadsheet", RowFormat::kCsv);
  format("--json", "as a JSON array of objects", RowFormat::kJson);
  format("--jsonl", "as a JSON object per line", RowFormat::kJsonl);
  set.value("--limit", "N", "at most N rows, 0: all [of a named question, as a table: 50]",
            read_number(options.rows_max, 0, kAny));
}

std::string take_query(QueryOptions& options, Words words) {
  if (words.empty()) return "";
  options.question = std::move(words.front());
  options.parameters.assign(words.begin() + 1, words.end());
  return options.question.empty() ? "the SQL is empty" : "";
}

void declare_search(OptionSet& set, SearchOptions& options) {
  declare_database(set, options);
  set.value("--limit", "N", "at most N pages [10]", read_number(options.limit, 1, kSearchLimitMax));
  set.value("--offset", "N", "leave out the first N [0]",
            read_number(options.offset, 0, kSearchOffsetMax));
  set.choice("--json", "as a JSON array of objects",
             [&options] { options.format = RowFormat::kJson; });
  set.choice("--jsonl", "as a JSON object per line",
             [&options] { options.format = RowFormat::kJsonl; });
  set.value("--index", "FILE", "the index [FILE.search, beside the database]",
            read_text(options.index));
  set.flag("--no-update", "search the index as it is", options.update, false);
  set.flag("--only-update", "bring the index up to date, and search nothing", options.only_update);
  set.flag("-q,--quiet", "print results and errors only", options.quiet);
}

std::string take_search(SearchOptions& options, Words words) {
  for (const std::string& word : words) options.words.append(word).append(1, ' ');
  if (options.only_update) return words.empty() ? "" : unexpected(words[0]).message;
  return words.empty() ? "search: for which words?" : "";
}

void declare_report(OptionSet& set, ReportOptions& options) {
  declare_database(set, options);
  set.value("-o,--output", "FILE", "write it here; an older page is replaced [stdout]",
            [&options](const std::string& value) -> std::string {
              if (value.empty()) return not_a(value, "a path");
              options.file = value;
              return "";
            });
  set.value("--limit", "N", "at most N rows in each table [50]",
            read_number(options.rows_max, 1, 10'000));
  set.value("--patience", "TIME", "at most this long for each of its questions [10s]",
            read_duration(options.patience_ms, 1, kTimeMax));
}

void declare_backup(OptionSet& set, BackupOptions& options) {
  declare_database(set, options);
  set.flag("-q,--quiet", "print errors only", options.quiet);
}

std::string take_backup(BackupOptions& options, Words words) {
  if (words.empty()) return "backup: where to? name a file that is not there yet";
  if (words.size() > 1) return unexpected(words[1]).message;
  options.destination = std::move(words.front());
  return options.destination.empty() ? "backup: '' is not a path" : "";
}

ValueReader read_optional(std::optional<int64_t>& target,
                          ValueReader (*reader)(int64_t&, int64_t, int64_t), int64_t min,
                          int64_t max) {
  return [=, &target](const std::string& value) {
    int64_t read = 0;
    const std::string problem = reader(read, min, max)(value);
    if (problem.empty()) target = read;
    return problem;
  };
}

void declare_prune(OptionSet& set, PruneOptions& options) {
  declare_database(set, options);
  set.value("--versions", "N", "keep the last N versions of each page (see --keep-versions)",
            read_optional(options.versions, read_number, 1, 1'000'000));
  set.value("--gone", "TIME",
            "empty pages that are gone for longer, and forget them where nothing refers to them",
            read_optional(options.gone_ms, read_duration, 0, kTimeMax));
  set.value("--history", "TIME", "remove older events, and older visits that had changed nothing",
            read_optional(options.history_ms, read_duration, 0, kTimeMax));
  set.flag("--vacuum", "then make the file smaller", options.vacuum);
  set.flag("--dry-run", "only say what would be removed", options.dry_run);
  set.flag("-q,--quiet", "print errors only", options.quiet);
  set.value("--lock-wait", "TIME", "wait so long for a run to end [0]",
            read_duration(options.lock_wait_ms, 0, kTimeMax));
}

std::string take_prune(PruneOptions& options, Words words) {
  if (!words.empty()) return unexpected(words[0]).message;
  const bool anything = options.versions || options.gone_ms || options.history_ms || options.vacuum;
  return anything ? "" : "prune: say what: --versions N, --gone TIME, --history TIME or --vacuum";
}

// ADDRESS, PORT, ADDRESS:PORT or [IPv6]:PORT.
ValueReader read_listen(ServeOptions& options) {
  return [&options](const std::string& value) -> std::string {
    const std::string wrong =
        not_a(value, "an address to listen on: 8017, 127.0.0.1:8017, [::1]:8017");
    std::string address = value;
    std::string port;
    const size_t colon = value.rfind(':');
    const bool six = value.starts_with('[');
    if (value.find_first_not_of("0123456789") == std::string::npos) {
      address.clear();
      port = value;
    } else if (colon != std::string::npos && (!six || colon > value.find(']'))) {
      address = value.substr(0, colon);
      port = value.substr(colon + 1);
    }
    if (six) {
      if (!address.ends_with(']')) return wrong;
      address = address.substr(1, address.size() - 2);
    }
    if (!port.empty() && !read_number(options.port, 0, 65'535)(port).empty()) return wrong;
    if (!address.empty()) options.address = address;
    return "";
  };
}

void declare_serve(OptionSet& set, ServeOptions& options) {
  declare_database(set, options);
  set.value("--listen", "ADDRESS:PORT", "where browsers find it [127.0.0.1:8017]",
            read_listen(options));
  set.value("--token-file", "FILE",
            "who asks must know the token in this file; needed where others can reach the address",
            read_text(options.token_file));
}

void declare_export(OptionSet& set, ExportOptions& options) {
  declare_database(set, options);
  declare_export_options(set, options);
}

void declare_import(OptionSet& set, ImportOptions& options) {
  declare_database(set, options);
  set.flag("--warc", "FILE... are WARC files", options.warc);
  set.value("--max-size", "SIZE", "of one page, decompressed [10MiB]",
            read_size(options.max_size, 1, static_cast<int64_t>(kBodyBytesCeiling)));
  set.value("--keep-versions", "N", "bodies kept of each page, the current one included [1]",
            read_number(options.keep_versions, 1, 1'000'000));
  set.value("-f,--fetchers", "N", "processes that parse [one per CPU]",
            read_number(options.fetchers, 1, 1024));
  set.value("--fetcher", "PATH", "the crawl-fetcher to start [beside crawl]",
            read_text(options.fetcher));
  set.value("--lock-wait", "TIME", "wait so long for a run to end [0]",
            read_duration(options.lock_wait_ms, 0, kTimeMax));
  set.flag("-q,--quiet", "print errors only", options.quiet);
  set.value("--watchdog", "TIME", "",
            read_duration(options.watchdog_ms, kWatchdogMsMin, kWatchdogMsMax), Shown::kNo);
  set.value("--test-hook", "SPEC", "", read_short(options.test_hook, true), Shown::kNo);
}

std::string take_import(ImportOptions& options, Words words) {
  if (!options.warc) return "import: say what the files are: --warc";
  options.files = std::move(words);
  return options.files.empty() ? "import: no file given" : "";
}

// --- the parts of a crawl on their own

void declare_url(OptionSet& set, UrlOptions& options) {
  set.value("--base", "URL", "resolve against this URL", read_text(options.base));
  set.value("--canonicalize", "LIST",
            "the form that a crawl with this option stores: sort, session, tracking, index, or all",
            read_canonical(options.canonicalize));
  set.list_of(canonical_choices());
  set.flag("-v,--explain", "the parts, and each step to the canonical form, as well",
           options.explain);
  set.flag("--jsonl",
           "answer stdin: {\"input\",\"base\"?,\"canonicalize\"?} per line gives {\"href\"} or "
           "{\"error\"}",
           options.jsonl);
}

std::string take_url(UrlOptions& options, Words words) {
  if (options.jsonl && !words.empty()) return unexpected(words[0]).message;
  if (!options.jsonl && words.empty()) return "url: no URL given";
  options.urls = std::move(words);
  return "";
}

void declare_robots(OptionSet& set, RobotsOptions& options) {
  set.value("--agent", "NAME", "product token of the robot [crawl]",
            read_short(options.agent, false));
  set.flag("--jsonl", "answer stdin: {\"robots\",\"agent\",\"url\"} per line gives {\"allowed\"}",
           options.jsonl);
  declare_parser(set, options.fetcher, options.fetchers, options.watchdog_ms);
}

std::string take_robots(RobotsOptions& options, Words words) {
  if (options.jsonl) return words.empty() ? "" : unexpected(words[0]).message;
  if (words.size() < 2) return "robots: name a robots.txt file ('-': stdin) and at least one URL";
  options.file = words.front();
  options.urls.assign(words.begin() + 1, words.end());
  return "";
}

void declare_parse(OptionSet& set, ParseOptions& options) {
  set.value("--base", "URL", "the page's URL, for relative links", read_text(options.base));
  set.value("--content-type", "TYPE", "as the header would say [text/html]",
            read_short(options.content_type, true));
  set.flag("--jsonl", "answer stdin: {\"html\" or \"base64\",\"base\",\"content_type\"} per line",
           options.jsonl);
  declare_parser(set, options.fetcher, options.fetchers, options.watchdog_ms);
  set.value("--test-hook", "SPEC", "", read_short(options.test_hook, true), Shown::kNo);
}

std::string take_parse(ParseOptions& options, Words words) {
  if (options.jsonl && !words.empty()) return unexpected(words[0]).message;
  if (!options.jsonl && words.empty()) return "parse: no file given ('-': stdin)";
  options.files = std::move(words);
  return "";
}

void declare_demo(OptionSet& set, DemoOptions& options) {
  set.value("-d,--db", "FILE", "keep the database here [a temporary one]",
            read_text(options.database));
  set.value("-f,--fetchers", "N", "fetcher processes [one per CPU]",
            read_number(options.fetchers, 1, 1024));
  set.value("--fetcher", "PATH", "the crawl-fetcher to start [beside crawl]",
            read_text(options.fetcher));
  set.flag("-q,--quiet", "print the result only", options.quiet);
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
                             "Prints what the last run has done.", declare_status, take_nothing),
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
