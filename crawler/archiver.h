// SPDX-License-Identifier: MIT
#pragma once

// `--warc DIR`: `crawl export warc` in a process of its own, which follows the database. It reads
// what was committed, so that whatever it does the crawl does not wait for it, and what it has not
// archived when anything dies it archives the next time.

#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/result.h"
#include "ipc/child_process.h"

namespace crawl {

class Archiver {
 public:
  struct Options {
    std::string database, folder;
    bool tells = false;  // how far it is, on a terminal
  };
  // Starts it; it goes on until finish(). What goes wrong it says on stderr itself.
  static Result<std::unique_ptr<Archiver>> start(EventLoop& loop, Logger& log,
                                                 const Options& options);

  // Nothing more will be committed: waits until what is left is archived. A signal that comes
  // meanwhile, which makes `signals()` another, ends it with what it has, within seconds. Returns
  // its exit code.
  Result<int> finish(const std::function<int()>& signals);

 private:
  Archiver() = default;
  std::unique_ptr<ChildProcess> child_;
  EventLoop* loop_ = nullptr;
  Logger* log_ = nullptr;
  ExitStatus ended_;
  bool expected_ = false;  // to end
};

}  // namespace crawl
