// SPDX-License-Identifier: MIT
#pragma once

// Keeps the full text index (docs/search.md) up to date in the background, when somebody searches.

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"

namespace crawl {

class Indexer {
 public:
  explicit Indexer(std::string database) : path_(std::move(database)) {}
  ~Indexer();
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  struct State {
    bool working = false;
    int64_t done = 0, total = 0;  // of what is to be read
    std::string problem;          // why the last time ended too soon; "": it did not
  };
  // Begins, unless it is at it. Returns at once.
  void wake();
  State state();
  void stop() { stopped_ = true; }

 private:
  void work();
  Result<void> bring_up_to_date();

  const std::string path_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;  // of what follows
  State state_;
  std::thread thread_;
};

}  // namespace crawl
