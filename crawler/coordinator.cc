// SPDX-License-Identifier: MIT
#include "crawler/coordinator.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

namespace crawl {

namespace {

constexpr int64_t kStartTimeoutMs = 20'000;
constexpr int64_t kDrainMs = 10'000;  // what is under way at a gentle stop
constexpr int64_t kTidyMs = 5'000;
constexpr int kTailLoadsMax = 64;
constexpr size_t kWriterBytesMax = 64u << 20;  // beyond: results wait in the rings
constexpr size_t kResultsPerTurn = 32;

Frontier::Options frontier_options(const Coordinator::Environment& environment) {
  const RunOptions& options = environment.options;
  Frontier::Options result;
  result.politeness.jitter_seed = static_cast<uint64_t>(environment.clock.wall_ms());
  result.host_concurrency = options.host_concurrency;
  result.politeness.delay_ms = options.delay_ms;
  result.politeness.delay_factor = options.delay_factor;
  return result;
}

int address_concurrency(const RunOptions& options) {
  return std::max(options.address_concurrency, options.host_concurrency);
}

}  // namespace

Coordinator::Coordinator(const Environment& environment)
    : options_(environment.options),
      clock_(environment.clock),
      loop_(environment.loop),
      log_(environment.log),
      user_agent_(environment.options.effective_user_agent()),
      robots_agent_(environment.options.robots_agent()),
      kept_types_(environment.options.kept_types()),
      requests_(environment.options),
      private_hosts_(read_hosts_file(), environment.options.allow_private),
      frontier_(frontier_options(environment)),
      addresses_(address_concurrency(environment.options)) {}

Coordinator::~Coordinator() = default;

Result<void> Coordinator::start_fetchers(int executable_fd) {
  FetcherPool::Options pool;
  pool.executable_fd = executable_fd;
  pool.fetchers = options_.fetchers > 0 ? options_.fetchers : available_cpus();
  pool.watchdog_ms = options_.watchdog_ms;
  Configure& configure = pool.configure;
  configure.user_agent = user_agent_;
  configure.robots_agent = robots_agent_;
  for (const std::string& header : requests_.shared()) configure.headers.push_back({header});
  configure.ca_file = options_.ca_file;
  configure.insecure = options_.insecure;
  configure.http2 = options_.http2;
  configure.keep_body = options_.keep_body;
  configure.types = kept_types_;
  configure.timeout_ms = static_cast<uint32_t>(options_.timeout_ms);
  configure.connect_timeout_ms = std::min(configure.connect_timeout_ms, configure.timeout_ms);
  configure.stall_timeout_ms = std::min(configure.stall_timeout_ms, configure.timeout_ms);
  configure.body_bytes_max = static_cast<uint64_t>(options_.max_size);
  configure.sandbox = options_.sandbox;
  configure.test_hook = options_.test_hook;
  // A truthful result: text and body of one page, and what a page's links can be; or a sitemap's
  // body and its links, each of whose bytes may need three.
  size_t truthful = static_cast<size_t>(8 * options_.max_size);
  if (options_.sitemaps) truthful = std::max(truthful, 4 * kSitemapBytesMax);
  truthful += size_t{64} << 20;
  pool.result_bytes_max = std::min(truthful, kRecordBytesMax);
  pool_.emplace(loop_, pool, *this);
  waiting_for_fetcher_.resize(pool_->size());
  reserved_for_.resize(pool_->size());

  starting_ = true;
  const Result<void> started = await_first_fetcher();
  starting_ = false;
  if (!started) pool_->shut_down();
  return started;
}

// Or a stop.
Result<void> Coordinator::await_first_fetcher() {
  if (auto started = pool_->start(); !started) return started;
  const int64_t deadline = clock_.monotonic_ms() + kStartTimeoutMs;
  while (pool_->ready_count() == 0 && stops_ == 0) {
    if (auto turned = loop_.run_once(100); !turned) return turned.error();
    if (pool_error_) return *pool_error_;
    if (clock_.monotonic_ms() > deadline) {
      return Error{Errc::kIo, 0, "no fetcher became ready within 20 s"};
    }
  }
  return {};
}

void Coordinator::queue(const Found& found) {
  if (!found.pending) return;
  ++pending_;
  Host& target = host(found.host_id, found.host_name);
  target.queue.push(*found.pending);
  changed(target);
}

void Coordinator::changed(Host& target) {
  if (target.queue.wants_load() && !target.tail_wanted) {
    target.tail_wanted = true;
    tail_wanted_.push_back(target.id);
    pump_tail_loads();
  }
  frontier_.reschedule(target);
}

void Coordinator::pump_tail_loads() {
  while (tail_loads_ < kTailLoadsMax && !tail_wanted_.empty()) {
    Host* next = frontier_.find(tail_wanted_.front());
    tail_wanted_.pop_front();
    if (next == nullptr) continue;
    next->tail_wanted = false;
    if (!next->queue.wants_load()) continue;
    const HostQueue::Key after = next->queue.begin_load();
    writer_->request_tail(next->id, after.first, after.second, HostQueue::kLoadLimit);
    ++tail_loads_;
  }
}

void Coordinator::on_writer_replies() {
  for (WriterReply& reply : writer_->take_replies()) {
    if (auto* loaded = std::get_if<TailLoaded>(&reply)) {
      --tail_loads_;
      Host* target = frontier_.find(loaded->host_id);
      CRAWL_CHECK(target != nullptr);  // a loading host is never forgotten
      target->queue.finish_load(std::move(loaded->urls), loaded->more);
      changed(*target);
      pump_tail_loads();
    } else if (auto* revived = std::get_if<Revived>(&reply)) {
      --revivals_;
      for (Revived::Entry& entry : revived->urls) revive(entry);
    } else if (auto* failed = std::get_if<WriteFailed>(&reply)) {
      write_failed_ = true;
      on_write_failed(failed->error);
      stops_ = 2;  // at once
      drain_until_ms_ = 0;
    } else {
      watch_disk();
    }
  }
}

// What is whole is still committed.
void Coordinator::watch_disk() {
  if (stops_ > 0) return;
  const Result<void> well = disk_->check(writer_->queued_bytes());
  if (well) return;
  log_.error(well.error().message());
  stop(well.error().code == Errc::kFull ? "disk_full" : "failed", ExitCode::kIo);
}

void Coordinator::on_write_failed(const Error& error) {
  const bool full = error.code == Errc::kFull;
  const std::string what = "cannot write " + options_.database + ": " + error.message();
  if (full && end_.reason == "disk_full") {
    log_.warning(what + "; what was under way is fetched again");
  } else {
    log_.error(what + (full ? "; make room" : "; mend that") +
               " and run the same command again, it resumes");
  }
  end_ = {ExitCode::kIo, full ? "disk_full" : "failed"};
}

void Coordinator::fail(const std::string& text) {
  log_.error(text);
  stop("failed", ExitCode::kIo);
  stop("failed", ExitCode::kIo);
}

// A page that is done, and has changed since by what its sitemap says.
void Coordinator::revive(Revived::Entry& entry) {
  ++pending_;
  Host& target = host(entry.host_id, {});  // its row has the name
  target.queue.push(std::move(entry.url));
  changed(target);
}

void Coordinator::check_budgets() {
  if (stops_ > 0) return;
  if (options_.max_pages > 0 && pages_ >= options_.max_pages) stop("max_pages", ExitCode::kDone);
  if (options_.max_bytes > 0 && bytes_ >= options_.max_bytes) stop("max_bytes", ExitCode::kDone);
  if (options_.max_time_ms > 0 && clock_.monotonic_ms() - started_ms_ >= options_.max_time_ms) {
    stop("max_time", ExitCode::kDone);
  }
  if (network_.outage()) end_long_outage();
}

void Coordinator::stop(const std::string& reason, ExitCode code) {
  ++stops_;
  if (closing_) return;
  if (stops_ == 1) {
    end_ = {code, reason};
    drain_until_ms_ = clock_.monotonic_ms() + kDrainMs;
  } else {
    drain_until_ms_ = 0;
    if (code != ExitCode::kDone) end_ = {code, reason};
  }
}

bool Coordinator::finished() const {
  const bool none_out = leases_.size() == control_leases_;
  if (stops_ > 0) return none_out || clock_.monotonic_ms() >= drain_until_ms_;
  return none_out && revivals_ == 0 && frontier_.finished();
}

int Coordinator::wait_ms() const {
  int64_t wait = 1000;  // a lost wake-up costs at most this
  const int64_t now = clock_.monotonic_ms();
  if (stops_ > 0) wait = std::min(wait, drain_until_ms_ - now);
  if (options_.max_time_ms > 0) wait = std::min(wait, started_ms_ + options_.max_time_ms - now);
  const int64_t probe = network_.outage() && leases_.empty() ? network_.probe_at_ms() - now : 0;
  if (probe > 0) wait = std::min(wait, probe);  // else it waits for a host, as below
  if (may_hand_out() && any_fetcher_free()) {
    const std::optional<int64_t> ready = frontier_.next_ready_ms();
    if (ready) wait = std::min(wait, *ready - now);
  }
  return static_cast<int>(std::max<int64_t>(0, wait));
}

Coordinator::End Coordinator::run(Progress& progress, MetricsFile& metrics) {
  while (!finished()) {
    const bool writer_full = writer_->queued_bytes() > kWriterBytesMax;
    const size_t results = pool_->turn(writer_full ? 0 : kResultsPerTurn);
    check_budgets();
    hand_out();
    pool_->turn(0);
    show(progress, metrics);
    int wait = 0;
    if (writer_full) {
      wait = 10;
    } else if (results == 0 && pool_->prepare_to_sleep()) {
      wait = wait_ms();
    }
    auto turned = loop_.run_once(wait);
    if (!turned) {
      fail(turned.error().message());
      break;
    }
  }
  return close(progress, metrics);
}

Coordinator::End Coordinator::close(Progress& progress, MetricsFile& metrics) {
  if (stops_ == 0) {
    end_ = {ExitCode::kDone, "done"};
    if (answers_ == 0 && unreached_ > 0) end_ = {ExitCode::kUnreachable, "unreachable"};
    const std::string nothing =
        "no page was fetched; crawl why -d " + options_.database + " " + first_seed_ + " tells why";
    if (pages_ == 0 && end_.code == ExitCode::kUnreachable) {
      log_.error(nothing);  // also for cron, which hears what is printed
    } else if (pages_ == 0) {
      log_.warning(nothing);
    }
  }
  closing_ = true;
  loop_.cancel(tidy_);  // the loop may go on for others
  pool_->shut_down();
  loop_.unwatch(writer_->notify_fd());
  reader_.reset();  // whoever closes last removes the log: a reader may not
  if (!write_failed_) {
    WriteUnit unit;
    frontier_.for_each([&](Host& each) {
      if (each.dirty) unit.host_updates.push_back(host_row(each));
    });
    // Not the run's end without it: whoever has archived all takes it back.
    if (!options_.warc.empty()) unit.events.push_back(event("archive_behind", {}, options_.warc));
    writer_->submit(std::move(unit));
    auto finished = writer_->finish(end_.reason, clock_.wall_ms());
    const Result<void> there = disk_->check_place();
    if (!finished) {
      on_write_failed(finished.error());
    } else if (!there && end_.code != ExitCode::kIo) {
      log_.error(there.error().message());
      end_ = {ExitCode::kIo, "failed"};
    }
  }
  writer_.reset();
  metrics.finish(snapshot(), end_.reason);
  progress.finish(snapshot(), end_.reason);
  return end_;
}

void Coordinator::arm_tidy() {
  tidy_ = loop_.run_after(kTidyMs, [this] {
    tidy();
    arm_tidy();
  });
}

// Writes what changed about hosts, and forgets those that have nothing to do.
void Coordinator::tidy() {
  condemn_silent_fetchers();
  watch_disk();
  const int64_t now = clock_.monotonic_ms();
  WriteUnit unit;
  std::vector<int64_t> idle;
  frontier_.for_each([&](Host& each) {
    if (std::exchange(each.dirty, false)) {
      unit.host_updates.push_back(host_row(each));
    } else if (frontier_.idle(each, now)) {
      idle.push_back(each.id);  // its row was written at least one round ago
    }
  });
  for (const int64_t id : idle) frontier_.forget(id);
  if (!unit.host_updates.empty()) writer_->submit(std::move(unit));
}

// The watchdog sees a fetcher that hangs; this sees one that lives and never answers. Rounds are
// counted, not time, and none while results wait for the writer.
void Coordinator::condemn_silent_fetchers() {
  if (writer_->queued_bytes() > kWriterBytesMax) return;
  constexpr int64_t kParseMs = 60'000;  // what waits in front of it in its fetcher
  const int64_t patience_ms = 2 * options_.timeout_ms + options_.watchdog_ms + kParseMs;
  for (auto& [id, lease] : leases_) {
    if (pool_->held_up(lease.fetcher)) continue;
    if (++lease.rounds * kTidyMs <= patience_ms) continue;
    pool_->condemn(lease.fetcher, "never answered, killed", id);
  }
}

EventRow Coordinator::event(std::string kind, std::string url, std::string text) const {
  EventRow row;
  row.at = clock_.wall_ms();
  row.kind = std::move(kind);
  row.url = std::move(url);
  row.text = std::move(text);
  return row;
}

}  // namespace crawl
