// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/commands.h"

namespace crawl {

struct ImportOptions : ReadOptions {
  std::vector<std::string> files;
  bool warc = false;  // the format was named
  int64_t max_size = 10 << 20;
  int64_t keep_versions = 1;
  int64_t lock_wait_ms = 0;
  int fetchers = 0;  // 0: one per CPU
  std::string fetcher, test_hook;
  int64_t watchdog_ms = 30'000;
  bool quiet = false;
};

// `crawl import --warc FILE…`: what archives hold becomes pages of the database, which is made
// where it is missing. kNoSeeds (65): a file is none, or damaged; what could be read of it is
// stored. kBusy: another run holds the database.
ExitCode command_import(const ImportOptions& options);

}  // namespace crawl
