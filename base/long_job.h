// SPDX-License-Identifier: MIT
#pragma once

// What a command that takes a while owes to whoever waits for it: how far it is, on a terminal, and
// an end in good order at SIGINT, SIGTERM or SIGHUP.

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/live_lines.h"

namespace crawl {

class LongJob {
 public:
  // One at a time in a process. `name` begins the line: "backup: 12 %".
  LongJob(std::string name, int err_fd, bool quiet);
  ~LongJob();
  LongJob(const LongJob&) = delete;
  LongJob& operator=(const LongJob&) = delete;

  // Call as often as you like: the line is drawn anew five times a second. Without a `total` (0) it
  // tells the count. False: a signal has come, and the job is to end.
  bool go_on(int64_t done, int64_t total);
  // The same where there is nothing new to tell.
  static bool interrupted();
  // Takes the line off the terminal, where a message is to come.
  static void make_way();
  // From here on signals end the process at once: whoever reads a pipe that it writes to may let it
  // wait for ever.
  static void end_at_signals();
  // What a shell says of a command that the signal has ended: 128 and its number.
  static int exit_code();

 private:
  const SystemClock clock_;
  const std::string name_;
  LiveLines line_;
  const bool shown_;
  int64_t drawn_ms_ = 0;
};

}  // namespace crawl
