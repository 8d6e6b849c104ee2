// SPDX-License-Identifier: MIT
#include "base/limits.h"
#include "crawler/canonical_option.h"
#include "crawler/command_options.h"

namespace crawl {

namespace {

constexpr int64_t kLockWaitMsMax = int64_t{36'500} * 86'400'000;
constexpr int64_t kWatchdogMsMin = 100;
constexpr int64_t kWatchdogMsMax = 24 * 3'600'000;

ValueReader read_short(std::string& target, bool may_be_empty) {
  return [&target, may_be_empty](const std::string& value) -> std::string {
    if (value.size() > kShortBytesMax || (value.empty() && !may_be_empty)) {
      return "the text must have 1 to " + std::to_string(kShortBytesMax) + " bytes";
    }
    target = value;
    return "";
  };
}

void declare_parser(OptionSet& set, std::string& fetcher, int& fetchers, int64_t& watchdog_ms) {
  set.value("-f,--fetchers", "N", "processes that parse [1; parse --jsonl: one per CPU]",
            read_number(fetchers, 1, 1024));
  set.value("--fetcher", "PATH", "the crawl-fetcher to start [beside crawl]", read_text(fetcher));
  set.value("--watchdog", "TIME", "", read_duration(watchdog_ms, kWatchdogMsMin, kWatchdogMsMax),
            Shown::kNo);
}

}  // namespace

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
  if (options.jsonl && !words.empty()) return unexpected_argument(words[0]);
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
  if (options.jsonl) return words.empty() ? "" : unexpected_argument(words[0]);
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
  if (options.jsonl && !words.empty()) return unexpected_argument(words[0]);
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
            read_duration(options.lock_wait_ms, 0, kLockWaitMsMax));
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

}  // namespace crawl
