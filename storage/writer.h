// SPDX-License-Identifier: MIT
#pragma once

// The writer thread: owns the only writing connection, applies WriteUnits in order, groups them
// into transactions (by count, bytes and time), answers reads of the frontier's tail from the same
// connection (so that they see everything submitted before them), and does every checkpoint.
//
// submit*() and take_replies() are called from the coordinator's loop thread; a reply makes
// notify_fd() readable.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "storage/database.h"
#include "storage/records.h"

namespace crawl {

// Everything submitted up to and including `ticket` is durable (or, for the read replies,
// answered).
struct Committed {
  uint64_t ticket = 0;
};

// Pending URLs of a host after (after_rank, after_id), in order of (rank, id).
struct TailLoaded {
  int64_t host_id = 0;
  std::vector<PendingUrl> urls;
  bool more = false;  // the limit was reached: there may be more behind the last one
};

// Done URLs that a sitemap or a feed says have changed since: pending again. Answers every unit
// whose `listed` is not empty, once it is applied.
struct Revived {
  struct Entry {
    int64_t host_id = 0;
    PendingUrl url;
  };
  std::vector<Entry> urls;
};

// The writer cannot go on (disk full, I/O error). The open transaction has been rolled back; units
// not yet confirmed by Committed are not stored. Nothing is written any more.
struct WriteFailed {
  Error error;
};

using WriterReply = std::variant<Committed, TailLoaded, Revived, WriteFailed>;

class Writer {
 public:
  struct Options {
    int commit_units = 256;          // commit when so many units are applied,
    size_t commit_bytes = 8u << 20;  // or so many bytes,
    int commit_ms = 200;             // or the oldest applied unit is so old
    // The interval at which a page is fetched again before its own changes have told a better one;
    // at least an hour, at most 30 days.
    int64_t revisit_ms = 20 * 3'600'000;
    int keep_versions = 1;  // texts and bodies of so many versions of a page are kept
    int64_t checkpoint_bytes = 64ll << 20;  // a log this long is copied back into the database
  };

  // Takes the connection and starts the thread. `run_id` marks visits and events.
  static Result<std::unique_ptr<Writer>> start(Database database, int64_t run_id,
                                               const Options& options);
  // Commits what was submitted, checkpoints, stops the thread, closes the connection.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  uint64_t submit(WriteUnit unit);  // returns its ticket, rising by one
  void request_tail(int64_t host_id, int64_t after_rank, int64_t after_id, int limit);
  void flush();  // commit as soon as everything submitted is applied

  int notify_fd() const;                    // readable: take_replies() has something
  std::vector<WriterReply> take_replies();  // never blocks
  size_t queued_bytes() const;              // submitted and not yet applied: for back-pressure

  // Commits everything submitted, then records the run's end (run.ended_at, end_reason; its pages
  // and bytes stand already), checkpoints and stops. Call once, last. Blocks.
  Result<void> finish(const std::string& end_reason, int64_t ended_at);

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crawl
