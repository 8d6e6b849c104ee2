// SPDX-License-Identifier: MIT
#pragma once

// Where a run's database lies: whether there is room for what it is yet to store, and whether the
// file is still the one that its path names.

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace crawl {

class DatabaseDisk {
 public:
  // Of a database that is open, or is about to be made.
  explicit DatabaseDisk(std::string path);

  // The log may become so long before it is copied back: 64 MiB, less on a small disk, where it
  // must not take the room that the database needs.
  int64_t log_bytes() const { return log_bytes_; }
  // And a commit so large: so that the log does not become much longer than that.
  size_t commit_bytes() const { return static_cast<size_t>(log_bytes_ / 8); }

  // kIo when the file has been removed or replaced. What cannot be found out is no trouble.
  Result<void> check_place() const;
  // And kFull once too little is free for a run to end well that has `queued_bytes` to store.
  Result<void> check(size_t queued_bytes) const;

 private:
  const std::string path_;
  std::optional<struct stat> file_;  // as it was opened
  int64_t log_bytes_;
};

}  // namespace crawl
