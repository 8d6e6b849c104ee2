// SPDX-License-Identifier: MIT
#include "serve/indexer.h"

#include <utility>

#include "base/thread.h"
#include "storage/database.h"
#include "storage/search_index.h"

namespace crawl {

Indexer::~Indexer() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Indexer::wake() {
  const std::lock_guard lock(mutex_);
  if (state_.working || stopped_) return;
  if (thread_.joinable()) thread_.join();  // it has ended
  state_ = {};
  Result<std::thread> thread = start_thread([this] { work(); });  // which waits for the mutex
  if (!thread) {
    state_.problem = thread.error().message();
    return;
  }
  state_.working = true;
  thread_ = std::move(*thread);
}

Indexer::State Indexer::state() {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Indexer::work() {
  const Result<void> done = bring_up_to_date();
  const std::lock_guard lock(mutex_);
  state_.working = false;
  if (!done && !stopped_) state_.problem = done.error().message();
}

Result<void> Indexer::bring_up_to_date() {
  Result<Database> database = Database::open_reader(path_);
  if (!database) return database.error();
  Result<SearchFile> index = updated_index(*database, SearchFile::path_beside(*database),
                                           [this](int64_t done, int64_t total) {
                                             const std::lock_guard lock(mutex_);
                                             state_.done = done;
                                             state_.total = total;
                                             return !stopped_;
                                           });
  if (!index) return index.error();
  return {};
}

}  // namespace crawl
