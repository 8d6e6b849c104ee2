// SPDX-License-Identifier: MIT
#pragma once

// One run per database: a write lock (fcntl) on "<database>.lock". The kernel releases it when the
// process dies, however it dies; a file left behind by a killed run is harmless and used again.

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

class RunLock {
 public:
  // Tries for `wait_ms` (0: once). kBusy names the PID of the holder. The lock belongs to the
  // process: a second acquire in the same process would succeed, and must not be tried.
  static Result<RunLock> acquire(const std::string& database_path, int64_t wait_ms,
                                 const Clock& clock);
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&& other) noexcept;
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  ~RunLock();  // removes the file

 private:
  RunLock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  void release();

  UniqueFd fd_;
  std::string path_;
};

// The PID of another process that holds the lock (0 when the kernel cannot name it here); nullopt
// when none does. Creates nothing. Not for the holder itself, whose lock this would release.
std::optional<int64_t> run_lock_holder(const std::string& database_path);

}  // namespace crawl
