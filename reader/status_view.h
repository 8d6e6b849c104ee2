// SPDX-License-Identifier: MIT
#pragma once

// What `crawl status` says, for people and for programs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/shown_text.h"
#include "reader/commands.h"
#include "storage/database.h"
#include "storage/live.h"
#include "storage/queries.h"

namespace crawl {

struct StatusView {
  StatusAnswer answer;
  std::optional<int64_t> holder;   // the PID of who is writing to it; 0: not known
  bool running = false;            // it is the last run; else one that begins, or a prune
  std::optional<LiveAnswer> live;  // then
};

// As `path` has it at this moment; not `whole`: as read_status() says, and without `live`.
Result<StatusView> read_status_view(Database& database, const std::string& path, bool whole);

// 0 where there is none of that name.
int64_t count_of(const std::vector<Count>& counts, std::string_view name);
// One word: none, running, died, or why the last run ended.
std::string run_state(const StatusView& view);

ShownText status_text(const ReadOptions& options, const StatusView& view, int64_t now_ms);
nlohmann::ordered_json live_json(const LiveAnswer& live);
ShownText status_json(const ReadOptions& options, const StatusView& view);

}  // namespace crawl
