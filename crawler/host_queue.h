// SPDX-License-Identifier: MIT
#pragma once

// The pending URLs of one host, in order of (rank, id): a bounded front in memory, the tail in the
// database. A URL is in exactly one of four places:
//   front    in memory, may be fetched
//   delayed  in memory, waiting for its retry time
//   held     handed out; comes back by push() or delay(), or ends with release()
//   tail     only in the database: exactly the pending rows behind the *watermark* that are not
//   held
//            or delayed
// The tail is read in batches: begin_load() names the place to read from, finish_load() takes the
// rows. Rows that are pushed between the two are kept aside, since the reading may have missed
// them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "storage/records.h"

namespace crawl {

class HostQueue {
 public:
  static constexpr size_t kFrontMax = 256;
  static constexpr int kLoadLimit = 192;

  using Key = std::pair<int64_t, int64_t>;  // rank, url id

  // A host whose pending rows, if any, are in the database.
  static HostQueue unloaded();
  // A host without pending rows.
  HostQueue() = default;

  void push(PendingUrl url);                      // a new pending row, or one that was held
  void delay(PendingUrl url, int64_t ready_ms);   // a held one, to be retried
  std::optional<PendingUrl> pop(int64_t now_ms);  // becomes held
  void release(int64_t url_id);                   // a held one that needs no further fetch

  // When pop() will have something: nullopt, nothing in memory; otherwise a time that may be past.
  std::optional<int64_t> ready_ms() const;
  // The URL that pop() would give; nullptr when it would give none.
  const PendingUrl* peek(int64_t now_ms) const;

  bool wants_load() const { return tail_ && !loading_ && front_.size() < kFrontMax / 4; }
  bool loading() const { return loading_; }
  Key begin_load();
  void finish_load(std::vector<PendingUrl> urls, bool more);

  // Nothing pending anywhere, nothing held.
  bool finished() const {
    return front_.empty() && delayed_.empty() && held_.empty() && !tail_ && !loading_;
  }

 private:
  static constexpr Key kFirst = {-1, 0};

  void insert(PendingUrl url);

  std::map<Key, PendingUrl> front_;
  std::multimap<int64_t, PendingUrl> delayed_;
  std::unordered_set<int64_t> held_;  // ids handed out or delayed: still pending in the database
  bool tail_ = false;                 // there may be rows behind the watermark
  Key watermark_ = kFirst;            // meaningful while tail_
  bool loading_ = false;
  std::vector<PendingUrl> arrived_;  // pushed behind the watermark while loading
  // Ended while loading: the reading may have seen them pending.
  std::unordered_set<int64_t> released_;
};

}  // namespace crawl
