// SPDX-License-Identifier: MIT
#pragma once

// The options of each command but `run` and `config`: declare_X() names those of X, take_X() puts
// the words that are no options where they belong, and answers "" or what is wrong with them.
//
//   read_command_options.cc    commands that work on a database
//   part_command_options.cc    the parts of a crawl on their own, and what parses with them

#include <string>
#include <vector>

#include "crawler/command_line.h"
#include "crawler/option_set.h"

namespace crawl {

using Words = std::vector<std::string>;

inline std::string unexpected_argument(const std::string& word) {
  return "unexpected argument " + word;
}

template <typename Options>
std::string take_nothing(Options& /*options*/, Words words) {
  return words.empty() ? "" : unexpected_argument(words[0]);
}

// --db, of whatever reads one.
void declare_database(OptionSet& set, ReadOptions& options);

void declare_status(OptionSet& set, StatusOptions& options);
std::string take_status(StatusOptions& options, Words words);
std::string take_why(WhyOptions& options, Words words);
void declare_cat(OptionSet& set, CatOptions& options);
std::string take_cat(CatOptions& options, Words words);
void declare_query(OptionSet& set, QueryOptions& options);
std::string take_query(QueryOptions& options, Words words);
void declare_search(OptionSet& set, SearchOptions& options);
std::string take_search(SearchOptions& options, Words words);
void declare_report(OptionSet& set, ReportOptions& options);
void declare_backup(OptionSet& set, BackupOptions& options);
std::string take_backup(BackupOptions& options, Words words);
void declare_prune(OptionSet& set, PruneOptions& options);
std::string take_prune(PruneOptions& options, Words words);
void declare_serve(OptionSet& set, ServeOptions& options);
void declare_export(OptionSet& set, ExportOptions& options);
void declare_import(OptionSet& set, ImportOptions& options);
std::string take_import(ImportOptions& options, Words words);
void declare_url(OptionSet& set, UrlOptions& options);
std::string take_url(UrlOptions& options, Words words);
void declare_robots(OptionSet& set, RobotsOptions& options);
std::string take_robots(RobotsOptions& options, Words words);
void declare_parse(OptionSet& set, ParseOptions& options);
std::string take_parse(ParseOptions& options, Words words);
void declare_demo(OptionSet& set, DemoOptions& options);
void declare_check(OptionSet& set, CheckOptions& options);
void declare_why(OptionSet& set, WhyOptions& options);

}  // namespace crawl
