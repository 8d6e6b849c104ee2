// SPDX-License-Identifier: MIT
#pragma once

// The options of a run, as parsed and checked; the command line's spelling and help are in
// options.cc.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "base/log.h"
#include "base/vocabulary.h"
#include "crawler/host_sections.h"
#include "crawler/traps.h"
#include "seeds/reader.h"
#include "web/canonical.h"

namespace crawl {

enum class RobotsPolicy : uint8_t { kObey, kIgnore };

struct RunOptions {
  std::vector<std::string> seeds;        // files, "-", or URLs
  std::vector<std::string> input_files;  // seeds that -i names, until they are among the others
  bool strict = false;                   // a bad line in a seeds file is an error
  std::string database = "crawl.db";
  std::string fetcher;   // "" : beside crawl, or ../libexec/crawl
  int fetchers = 0;      // 0: available_cpus()
  int concurrency = 64;  // transfers in flight, all fetchers together
  int host_concurrency = 1;
  int address_concurrency = 8;
  int64_t delay_ms = 1000;
  double delay_factor = 2;  // of a host's latency
  int64_t depth = 20;
  int64_t max_pages = 0;  // 0: no limit
  int64_t max_time_ms = 0;
  int64_t max_bytes = 0;  // of decoded bodies
  Scope scope = Scope::kHost;
  std::vector<std::string> include;  // RE2; when any is given, a URL must match one
  std::vector<std::string> exclude;
  int64_t max_size = 10 << 20;  // bytes of one decoded body
  int64_t timeout_ms = 30'000;
  int retries = 2;
  int64_t host_patience_ms = 10 * 60'000;  // then a host that does not answer is given up
  int64_t outage_patience_ms = 3'600'000;  // then a run that nobody answers ends
  int64_t retry_wait_ms = 10'000;          // before the first retry; doubled for each further one
  int max_redirects = 10;
  std::string user_agent;  // "" : "crawl/VERSION (+contact)"
  std::string contact;
  std::vector<std::string> headers;
  HostSections hosts;
  RobotsPolicy robots = RobotsPolicy::kObey;
  bool follow_nofollow = false;  // --follow-nofollow
  bool http2 = false;
  std::string proxy;
  std::string ca_file;
  bool insecure = false;
  bool allow_private = false;
  bool keep_body = true;
  std::string warc;  // folder of the archive that follows the crawl; "": none
  bool sitemaps = true;
  bool assets = false;
  std::vector<std::string> types;  // media types whose bodies are kept unread: "image/*"
  CanonicalOptions canonicalize;
  TrapGuard::Options traps;
  int keep_versions = 1;  // bodies of one page
  int64_t revisit_ms =
      20 * 3'600'000;  // when a run starts with nothing pending: fetch again what is older
  bool quiet = false;
  int verbosity = 0;
  bool progress = true;
  LogFormat log_format = LogFormat::kText;
  std::string metrics_file;  // "": none
  int64_t lock_wait_ms = 0;
  int64_t watchdog_ms = 30'000;  // hidden: no heartbeat for so long kills a fetcher
  SandboxMode sandbox = SandboxMode::kOn;
  std::string test_hook;  // hidden: passed to the fetcher, which ignores it in production

  std::string effective_user_agent() const;
  std::string robots_agent() const;  // product token of the effective user agent: up to '/' or ' '
  // Media types whose bodies are kept unread, a space between; with --assets all, unless --types
  // says which.
  std::string kept_types() const;
  std::string deciding_json() const;  // of to_json() what decides whether a URL is wanted
  std::string to_json() const;  // for runs.options; header values and proxy credentials left out
};

}  // namespace crawl
