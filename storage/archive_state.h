// SPDX-License-Identifier: MIT
#pragma once

// How far an archive has followed a database, kept beside the archive's files in a small database
// of its own: after any crash it says what of these files counts.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "storage/database.h"

namespace crawl {

class ArchiveState {
 public:
  struct Position {
    int64_t source = 0;    // the fingerprint seed of the database that it follows; 0: none yet
    int64_t visit_id = 0;  // everything up to here is archived
    std::string file;      // being written; "": none
    int64_t bytes = 0;     // of it
    int64_t serial = 0;    // of the next file
    int64_t visit_at = 0;  // when that visit was: tells it from one of another history; 0: unknown
    int64_t began = -1;    // `visit_id` when the file that is being written was begun; -1: unknown
  };

  // Opens the state of the archive in `folder`, or makes it. kBusy: another process writes there.
  // kCorrupt: the file of that name is none of ours. kVersion: a newer crawl wrote it.
  static Result<ArchiveState> open(const std::string& folder);

  const Position& position() const { return position_; }
  // One transaction: where it is, and lines for the index of the file that is being written.
  Result<void> commit(const Position& position, const std::vector<std::string>& lines);
  // These lines, sorted by their bytes.
  Result<void> for_each_line(const std::function<bool(std::string_view)>& visit);
  // The same position as commit(), with a new file: its lines are forgotten.
  Result<void> close_file(const Position& position);

 private:
  ArchiveState(UniqueFd folder, Database database)
      : folder_(std::move(folder)), database_(std::move(database)) {}
  Result<void> store(const Position& position);
  Result<void> end(Result<void> done, const Position& position);

  UniqueFd folder_;  // locked
  Database database_;
  Position position_;
};

}  // namespace crawl
