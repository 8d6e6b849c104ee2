// SPDX-License-Identifier: MIT
#pragma once

// `crawl prune`: the one command beside `run` that writes to a database.

#include <cstdint>
#include <optional>

#include "reader/commands.h"

namespace crawl {

struct PruneOptions : ReadOptions {
  std::optional<int64_t> versions;    // keep so many of each page
  std::optional<int64_t> gone_ms;     // pages that are gone for longer
  std::optional<int64_t> history_ms;  // visits and events that are older
  bool vacuum = false;
  bool dry_run = false;
  bool quiet = false;
  int64_t lock_wait_ms = 0;
};

// kNoInput: no such database. kBusy: a run holds it. kIo: it cannot be written, or the disk is
// full.
ExitCode command_prune(const PruneOptions& options);

}  // namespace crawl
