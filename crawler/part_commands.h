// SPDX-License-Identifier: MIT
#pragma once

// The commands that show the parts of a crawl on their own, and the demonstration. Data goes to
// stdout, messages to stderr. Bytes of documents are parsed in fetchers, as in a crawl.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crawler/options.h"
#include "web/canonical.h"

namespace crawl {

// `crawl url`: prints what each URL is by the URL Standard. kNoSeeds (65) when one of them is bad.
struct UrlOptions {
  std::string base;
  // Where given: the canonical form, as a crawl with these options stores it.
  std::optional<CanonicalOptions> canonicalize;
  // {"input","base"?,"canonicalize"?} per line of stdin → {"href","canonical"?} or {"error"}
  bool jsonl = false;
  bool explain = false;  // the parts and each step to the canonical form as well
  std::vector<std::string> urls;
};
ExitCode command_url(const UrlOptions& options);

// `crawl robots`: what a robots.txt says about URLs.
struct RobotsOptions {
  std::string agent = "crawl";
  bool jsonl = false;  // {"robots","agent","url"} per line of stdin → {"allowed"} or {"error"}
  std::string fetcher;
  int fetchers = 1;
  int64_t watchdog_ms = 30'000;
  std::string file;
  std::vector<std::string> urls;
};
ExitCode command_robots(const RobotsOptions& options);

// `crawl parse`: what a page yields, as JSON.
struct ParseOptions {
  std::string base;
  std::string content_type = "text/html";  // "": by the document's first bytes
  bool jsonl = false;  // {"html" or "base64","base"?,"content_type"?} per line of stdin
  std::string fetcher;
  int fetchers = 0;  // 0: one, and with jsonl one per CPU
  int64_t watchdog_ms = 30'000;
  std::string test_hook;
  std::vector<std::string> files;
};
ExitCode command_parse(const ParseOptions& options);

// `crawl demo`: crawls the small site that is part of this program.
struct DemoOptions {
  std::string database;  // "": in a temporary directory that is removed afterwards
  std::string fetcher;
  int fetchers = 0;
  bool quiet = false;
};
ExitCode command_demo(const DemoOptions& options);

}  // namespace crawl
