// SPDX-License-Identifier: MIT
#include "storage/writer.h"

#include <sqlite3.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/thread.h"
#include "base/unique_fd.h"
#include "storage/apply.h"
#include "storage/resume.h"

namespace crawl {

namespace {

using SteadyClock = std::chrono::steady_clock;

// A log that could not be copied back whole, because a reader holds an old snapshot, is tried again
// when it has grown by a part; one that keeps growing is worth a short wait for that reader.
constexpr int64_t kCheckpointAgainPart = 4;
constexpr int64_t kTimesLongerWorthWaiting = 4;
constexpr int kCheckpointWaitMs = 200;
constexpr int kFinalCheckpointWaitMs = 2'000;

struct QueuedUnit {
  uint64_t ticket;
  size_t bytes;
  WriteUnit unit;
};

struct RunEnd {
  std::string reason;
  int64_t ended_at;
};

struct Stop {
  std::optional<RunEnd> end;
};

using Item = std::variant<QueuedUnit, TailRequest, Stop>;

}  // namespace

struct Writer::State {
  State(Database opened, int64_t run, const Options& wanted)
      : database(std::move(opened)), run_id(run), options(wanted) {}

  // --- any thread
  void push(Item item);
  void reply(WriterReply answer);

  // --- the writer thread
  void run();
  std::optional<Item> next();
  void handle(QueuedUnit unit);
  void handle(const TailRequest& request);
  void handle(const Stop& stop);
  bool flush_due() const;  // under mutex
  bool commit_due() const;
  Result<void> begin();
  void commit();
  void fail(Error error);
  void checkpoint_if_long();

  Database database;
  const int64_t run_id;
  const Options options;
  UniqueFd event;

  std::mutex mutex;
  std::condition_variable wake;      // of the writer thread
  std::deque<Item> queue;            // under mutex
  uint64_t flush_ticket = 0;         // under mutex: commit as soon as this one is applied
  std::vector<WriterReply> replies;  // under mutex
  std::atomic<size_t> queued_bytes = 0;
  uint64_t last_ticket = 0;  // the loop thread's

  // The writer thread's own, until it is joined.
  std::unique_ptr<UnitApplier> applier;
  uint64_t applied_ticket = 0;
  uint64_t committed_ticket = 0;
  int open_units = 0;  // applied and not committed; 0: no transaction is open
  size_t open_bytes = 0;
  SteadyClock::time_point opened_at;
  int64_t log_bytes = 0;         // length of the write-ahead log after the last commit
  int64_t checkpoint_tried = 0;  // its length at the last try
  int64_t page_size = 0;
  std::optional<Error> failure;
  std::optional<Error> end_failure;
  bool stopped = false;
  std::thread thread;
};

void Writer::State::push(Item item) {
  {
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(item));
  }
  wake.notify_one();
}

void Writer::State::reply(WriterReply answer) {
  {
    const std::lock_guard lock(mutex);
    auto* committed = std::get_if<Committed>(&answer);
    auto* before = replies.empty() ? nullptr : std::get_if<Committed>(&replies.back());
    if (committed != nullptr && before != nullptr) {
      *before = *committed;  // says all that the earlier one said
    } else {
      replies.push_back(std::move(answer));
    }
  }
  const uint64_t one = 1;
  // Can only fail when the counter is at its maximum, where the descriptor is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(event.fd(), &one, sizeof one);
}

void Writer::State::run() {
  while (!stopped) {
    std::optional<Item> item = next();
    if (item) std::visit([this](auto& value) { handle(std::move(value)); }, *item);
    if (open_units > 0 && (!item || commit_due())) commit();
  }
  applier.reset();
  // Nobody else has the handle: closing removes the log, which the last checkpoint emptied.
  const Database closing = std::move(database);
}

// The next item, or nothing when it is time to commit.
std::optional<Item> Writer::State::next() {
  std::unique_lock lock(mutex);
  const auto ready = [this] { return !queue.empty() || flush_due(); };
  if (open_units > 0) {
    wake.wait_until(lock, opened_at + std::chrono::milliseconds(options.commit_ms), ready);
  } else {
    wake.wait(lock, ready);
  }
  if (queue.empty()) return std::nullopt;
  Item item = std::move(queue.front());
  queue.pop_front();
  return item;
}

bool Writer::State::flush_due() const {
  return open_units > 0 && flush_ticket > committed_ticket && applied_ticket >= flush_ticket;
}

bool Writer::State::commit_due() const {
  if (open_units >= options.commit_units || open_bytes >= options.commit_bytes) return true;
  return SteadyClock::now() - opened_at >= std::chrono::milliseconds(options.commit_ms);
}

Result<void> Writer::State::begin() {
  if (open_units > 0) return {};
  opened_at = SteadyClock::now();
  return database.execute("BEGIN IMMEDIATE");
}

void Writer::State::handle(QueuedUnit unit) {
  if (!failure) {
    Result<void> done = begin();
    Revived revived;
    if (done) done = applier->apply(unit.unit, revived);
    if (done) {
      ++open_units;
      open_bytes += unit.bytes;
      applied_ticket = unit.ticket;
      if (!unit.unit.listed.empty()) reply(std::move(revived));
    } else {
      fail(done.error());
    }
  }
  queued_bytes.fetch_sub(unit.bytes, std::memory_order_relaxed);
  bool flush = false;
  {
    const std::lock_guard lock(mutex);
    flush = flush_due();
  }
  if (flush) commit();
}

void Writer::State::handle(const TailRequest& request) {
  if (failure) return;
  Result<TailLoaded> tail = applier->load_tail(request);
  if (tail) {
    reply(std::move(*tail));
  } else {
    fail(tail.error());
  }
}

void Writer::State::handle(const Stop& stop) {
  stopped = true;
  if (open_units > 0) commit();
  if (!failure && stop.end) {
    auto recorded = end_run(database, run_id, stop.end->reason, stop.end->ended_at);
    if (!recorded) end_failure = recorded.error();
  }
  if (!failure && !end_failure) {
    const Result<void> emptied =
        database.checkpoint(SQLITE_CHECKPOINT_TRUNCATE, kFinalCheckpointWaitMs);
    if (!emptied) end_failure = emptied.error();
  }
  if (failure) end_failure = failure;
}

void Writer::State::commit() {
  Result<void> done = applier->store_counters();
  if (done) done = database.execute("COMMIT");
  if (!done) {
    fail(done.error());
    return;
  }
  open_units = 0;
  open_bytes = 0;
  committed_ticket = applied_ticket;
  reply(Committed{applied_ticket});
  checkpoint_if_long();
}

void Writer::State::fail(Error error) {
  if (sqlite3_get_autocommit(database.handle()) == 0) {
    sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  open_units = 0;
  open_bytes = 0;
  failure = error;
  reply(WriteFailed{std::move(error)});
}

void Writer::State::checkpoint_if_long() {
  if (log_bytes < checkpoint_tried) checkpoint_tried = 0;  // the log began anew
  const int64_t again = checkpoint_tried + options.checkpoint_bytes / kCheckpointAgainPart;
  if (log_bytes < options.checkpoint_bytes || log_bytes < again) return;
  checkpoint_tried = log_bytes;
  const bool wait = log_bytes >= kTimesLongerWorthWaiting * options.checkpoint_bytes;
  const Result<void> done = wait ? database.checkpoint(SQLITE_CHECKPOINT_RESTART, kCheckpointWaitMs)
                                 : database.checkpoint(SQLITE_CHECKPOINT_PASSIVE, 0);
  if (!done) fail(done.error());  // or the log would grow for ever
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Writer>> Writer::start(Database database, int64_t run_id,
                                              const Options& options) {
  auto state = std::make_unique<State>(std::move(database), run_id, options);
  state->event.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!state->event) return errno_error("eventfd");
  Result<std::unique_ptr<UnitApplier>> applier =
      UnitApplier::create(state->database, run_id, {options.revisit_ms, options.keep_versions});
  if (!applier) return applier.error();
  state->applier = std::move(*applier);
  {
    Result<Statement> query = state->database.prepare("PRAGMA page_size");
    if (!query) return query.error();
    if (Result<bool> row = query->step(); !row) return row.error();
    state->page_size = query->integer(0);
  }
  // Instead of an automatic checkpoint, note how long the log has become.
  sqlite3_wal_hook(
      state->database.handle(),
      [](void* context, sqlite3*, const char*, int frames) {
        auto* self = static_cast<State*>(context);
        self->log_bytes = frames * self->page_size;
        return SQLITE_OK;
      },
      state.get());

  auto thread = start_thread([raw = state.get()] { raw->run(); });
  if (!thread) return thread.error();
  state->thread = std::move(*thread);
  return std::unique_ptr<Writer>(new Writer(std::move(state)));
}

Writer::~Writer() {
  if (!state_->thread.joinable()) return;
  state_->push(Stop{});
  state_->thread.join();
}

uint64_t Writer::submit(WriteUnit unit) {
  const uint64_t ticket = ++state_->last_ticket;
  const size_t bytes = unit.bytes();
  state_->queued_bytes.fetch_add(bytes, std::memory_order_relaxed);
  state_->push(QueuedUnit{ticket, bytes, std::move(unit)});
  return ticket;
}

void Writer::request_tail(int64_t host_id, int64_t after_rank, int64_t after_id, int limit) {
  state_->push(TailRequest{host_id, after_rank, after_id, limit});
}

void Writer::flush() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->flush_ticket = state_->last_ticket;
  }
  state_->wake.notify_one();
}

int Writer::notify_fd() const { return state_->event.fd(); }

std::vector<WriterReply> Writer::take_replies() {
  uint64_t count = 0;
  // Emptied before the replies are taken, so that one that comes in between is announced again.
  [[maybe_unused]] const ssize_t got = ::read(state_->event.fd(), &count, sizeof count);
  std::vector<WriterReply> taken;
  const std::lock_guard lock(state_->mutex);
  taken.swap(state_->replies);
  return taken;
}

size_t Writer::queued_bytes() const { return state_->queued_bytes.load(std::memory_order_relaxed); }

Result<void> Writer::finish(const std::string& end_reason, int64_t ended_at) {
  CRAWL_CHECK(state_->thread.joinable());
  state_->push(Stop{RunEnd{end_reason, ended_at}});
  state_->thread.join();
  if (state_->end_failure) return *state_->end_failure;
  return {};
}

}  // namespace crawl
