// SPDX-License-Identifier: MIT
#include <limits>
#include <optional>

#include "crawler/command_options.h"
#include "crawler/export_options.h"
#include "storage/search.h"

namespace crawl {

namespace {

constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
constexpr int64_t kTimeMax = int64_t{36'500} * 86'400'000;

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

}  // namespace

void declare_database(OptionSet& set, ReadOptions& options) {
  set.value("-d,--db", "FILE", "the database [crawl.db]",
            [&options](const std::string& value) -> std::string {
              if (value.empty() || value.find('\0') != std::string::npos)
                return not_a(value, "a path");
              options.database = value;
              return "";
            });
}

void declare_status(OptionSet& set, StatusOptions& options) {
  declare_database(set, options);
  set.flag("--json", "as one JSON object", options.json);
  set.flag("--check", "one line for monitoring; exit 0: ok, 1: warning, 2: critical, 3: unknown",
           options.check);
  set.value("--max-age", "TIME", "--check: critical when the last run is older [36h]",
            read_duration(options.age_max_ms, 1000, kTimeMax));
}

std::string take_status(StatusOptions& options, Words words) {
  if (!words.empty()) return take_nothing(options, std::move(words));
  if (options.check && options.json) return "status: --check answers with one line, not with JSON";
  if (!options.check && options.age_max_ms > 0) return "status: --max-age goes with --check";
  return "";
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
  if (options.only_update) return words.empty() ? "" : unexpected_argument(words[0]);
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
  if (words.size() > 1) return unexpected_argument(words[1]);
  options.destination = std::move(words.front());
  return options.destination.empty() ? "backup: '' is not a path" : "";
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
  if (!words.empty()) return unexpected_argument(words[0]);
  const bool anything = options.versions || options.gone_ms || options.history_ms || options.vacuum;
  return anything ? "" : "prune: say what: --versions N, --gone TIME, --history TIME or --vacuum";
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

}  // namespace crawl
