// SPDX-License-Identifier: MIT
#include "crawler/coordinator.h"

#include <sys/epoll.h>
#include <unistd.h>

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
constexpr int64_t kRobotsFreshMs = 24 * 3'600'000;  // RFC 9309 §2.4

Frontier::Options frontier_options(const RunOptions& options) {
  Frontier::Options result;
  result.host_concurrency = options.host_concurrency;
  result.politeness.delay_ms = options.delay_ms;
  return result;
}

}  // namespace

Coordinator::Coordinator(const Environment& environment)
    : options_(environment.options),
      clock_(environment.clock),
      loop_(environment.loop),
      log_(environment.log),
      user_agent_(environment.options.effective_user_agent()),
      robots_agent_(environment.options.robots_agent()),
      private_hosts_(read_hosts_file(), environment.options.allow_private),
      frontier_(frontier_options(environment.options)) {}

Coordinator::~Coordinator() = default;

Result<void> Coordinator::start_fetchers(int executable_fd) {
  FetcherPool::Options pool;
  pool.executable_fd = executable_fd;
  pool.fetchers = options_.fetchers > 0 ? options_.fetchers : available_cpus();
  pool.watchdog_ms = options_.watchdog_ms;
  Configure& configure = pool.configure;
  configure.user_agent = user_agent_;
  configure.robots_agent = robots_agent_;
  for (const std::string& header : options_.headers) configure.headers.push_back({header});
  configure.proxy = options_.proxy;
  configure.ca_file = options_.ca_file;
  configure.insecure = options_.insecure;
  configure.http2 = options_.http2;
  configure.keep_body = options_.keep_body;
  configure.timeout_ms = static_cast<uint32_t>(options_.timeout_ms);
  configure.connect_timeout_ms = std::min(configure.connect_timeout_ms, configure.timeout_ms);
  configure.stall_timeout_ms = std::min(configure.stall_timeout_ms, configure.timeout_ms);
  configure.body_bytes_max = static_cast<uint64_t>(options_.max_size);
  configure.test_hook = options_.test_hook;
  pool_.emplace(loop_, pool, *this);
  waiting_for_fetcher_.resize(pool_->size());
  reserved_for_.resize(pool_->size());

  auto started = pool_->start();
  const int64_t deadline = clock_.monotonic_ms() + kStartTimeoutMs;
  while (started && !pool_error_ && pool_->ready_count() == 0) {
    auto turned = loop_.run_once(100);
    if (!turned) return turned.error();
    if (stops_ > 0) break;
    if (clock_.monotonic_ms() > deadline) {
      pool_error_ = Error{Errc::kIo, 0, "no fetcher became ready within 20 s"};
    }
  }
  if (!started || pool_error_) {
    pool_->shut_down();
    return !started ? started.error() : *pool_error_;
  }
  return {};
}

Result<void> Coordinator::open(Database database, const std::vector<Seed>& seeds,
                               ScopePolicy scope) {
  started_ms_ = clock_.monotonic_ms();
  auto start = begin_run(database, clock_.wall_ms(), getpid(), options_.to_json());
  if (!start) return start.error();
  run_id_ = start->run_id;
  previous_died_ = start->previous_died;
  discovery_.emplace(start->fingerprint_seed, std::move(scope), [this](int64_t id, const Url& url) {
    const Host* known = frontier_.find(id);
    if (known == nullptr || known->robots.state != RobotsState::kOk) return false;
    std::string target(url.path());
    if (url.has_query()) target.append("?").append(url.query());
    return !known->robots.rules.decide(target).allowed;
  });
  if (auto done = revisit_if_finished(database, *start); !done) return done.error();
  if (auto restored = restore(database, *start); !restored) return restored.error();
  auto reader = Database::open_reader(options_.database);
  if (!reader) return reader.error();
  reader_.emplace(std::move(*reader));
  std::vector<SeedRow> known_seeds;
  auto listed = for_each_seed(database, [&](const SeedRow& row) { known_seeds.push_back(row); });
  if (!listed) return listed.error();

  auto writer = Writer::start(std::move(database), run_id_, Writer::Options{});
  if (!writer) return writer.error();
  writer_ = std::move(*writer);
  auto watched =
      loop_.watch(writer_->notify_fd(), EPOLLIN, [this](uint32_t) { on_writer_replies(); });
  if (!watched) return watched.error();
  add_seeds(known_seeds, start->next_seed_id, seeds);
  arm_tidy();
  return {};
}

// A run that starts with nothing pending revisits what is due; one that has work left does that
// first.
Result<void> Coordinator::revisit_if_finished(Database& database, const RunStart& start) {
  if (start.pending > 0 || start.done == 0) return {};
  auto due = mark_due(database, clock_.wall_ms() - options_.revisit_ms);
  if (!due) return due.error();
  if (*due > 0) log_.info("revisiting " + std::to_string(*due) + " URLs that are due");
  return {};
}

Result<void> Coordinator::restore(Database& database, const RunStart& start) {
  discovery_->set_next_ids(start.next_url_id, start.next_host_id);
  auto urls = for_each_url(
      database, [&](int64_t id, std::string_view url, std::string_view state, std::string_view) {
        discovery_->restore_url(id, url, state == name(UrlState::kSkipped));
      });
  if (!urls) return urls.error();
  std::unordered_map<int64_t, int64_t> pending;
  auto counted = for_each_pending_host(database, [&](int64_t id, int64_t count) {
    pending.emplace(id, count);
    pending_ += count;
  });
  if (!counted) return counted.error();
  return for_each_host(database, [&](const HostRow& row) {
    discovery_->restore_host(row.id, row.name);
    if (pending.count(row.id) == 0) return;
    frontier_.host(row.id, [&](Host& fresh) {
      apply_host_row(fresh, row);
      fresh.queue = HostQueue::unloaded();
    });
    resumed_hosts_.push_back(row.id);
  });
}

void Coordinator::add_seeds(const std::vector<SeedRow>& known, int64_t next_seed_id,
                            const std::vector<Seed>& seeds) {
  std::unordered_map<std::string, int64_t> ids;
  for (const SeedRow& row : known) {
    ids.emplace(row.url, row.id);
    // Seeds of earlier runs keep their URLs in scope: their pending URLs are still to be fetched.
    auto url = Url::parse(row.url);
    if (!url) continue;
    Seed seed{std::move(*url), row.depth, scope_named(row.scope), row.tag};
    discovery_->scope().add_seed(row.id, seed);
    private_hosts_.add_seed(seed.url);
  }
  WriteUnit unit;
  unit.events = std::exchange(early_events_, {});
  std::vector<Found> found;
  for (const Seed& seed : seeds) {
    const auto [place, added] = ids.try_emplace(seed.url.href(), next_seed_id);
    if (added) ++next_seed_id;
    SeedRow row{place->second, seed.url.href(), seed.depth,
                std::string(seed.scope ? name(*seed.scope) : ""), seed.tag};
    unit.seeds.push_back(std::move(row));
    discovery_->scope().add_seed(place->second, seed);
    private_hosts_.add_seed(seed.url);
    found.push_back(discovery_->offer_seed(seed.url, place->second, clock_.wall_ms(), unit));
  }
  submit(std::move(unit), found);
  for (const int64_t id : std::exchange(resumed_hosts_, {})) {
    Host* resumed = frontier_.find(id);
    resumed->allow_private = private_hosts_.allowed(resumed->name);
    changed(*resumed);
  }
}

// A host that is not in memory is new, or comes back: then its row was written before it left.
Host& Coordinator::host(int64_t id, const std::string& name) {
  return frontier_.host(id, [&](Host& fresh) {
    HostRow row;
    row.name = name;
    auto stored = load_host(*reader_, id);
    if (stored && *stored) row = std::move(**stored);
    apply_host_row(fresh, row);
  });
}

void Coordinator::apply_host_row(Host& target, const HostRow& row) {
  const int64_t now = clock_.monotonic_ms();
  const int64_t wall = clock_.wall_ms();
  target.name = row.name;
  target.allow_private = private_hosts_.allowed(row.name);
  target.pages = row.pages;
  target.errors = row.errors;
  // A wall clock that jumped must not stop a host for longer than any delay we would set ourselves.
  target.politeness.not_before(now + std::clamp<int64_t>(row.next_at - wall, 0, 3'600'000));
  // What was under way when the last run was killed is not in the row.
  if (previous_died_) target.politeness.not_before(now + std::max(row.delay_ms, options_.delay_ms));
  if (options_.robots == RobotsPolicy::kIgnore) {
    target.robots.state = RobotsState::kIgnored;
    return;
  }
  const bool fresh =
      row.robots_at > 0 && wall - row.robots_at < kRobotsFreshMs && wall >= row.robots_at;
  if (!fresh) return;
  if (row.robots_state == RobotsState::kUnavailable) {
    target.robots.state = RobotsState::kUnavailable;
    target.robots.fetched_at = row.robots_at;
  } else if (row.robots_state == RobotsState::kOk) {
    auto rules = RobotsRules::deserialize(row.robots_rules);
    if (!rules) return;
    target.robots.rules = std::move(*rules);
    target.robots.state = RobotsState::kOk;
    target.robots.fetched_at = row.robots_at;
    target.politeness.set_crawl_delay(target.robots.rules.crawl_delay_ms());
  }
}

HostRow Coordinator::host_row(const Host& source) const {
  HostRow row;
  row.id = source.id;
  row.name = source.name;
  row.robots_state = source.robots.state;
  row.robots_at = source.robots.fetched_at;
  if (source.robots.state == RobotsState::kOk) row.robots_rules = source.robots.rules.serialize();
  row.crawl_delay_ms = source.robots.rules.crawl_delay_ms();
  row.delay_ms = source.politeness.delay_ms();
  const int64_t wait = std::max<int64_t>(0, source.politeness.next_at_ms() - clock_.monotonic_ms());
  row.next_at = clock_.wall_ms() + wait;
  row.pages = source.pages;
  row.errors = source.errors;
  return row;
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
    } else if (auto* failed = std::get_if<WriteFailed>(&reply)) {
      log_.error("cannot write " + options_.database + ": " + failed->error.message());
      write_failed_ = true;
      stop("failed", ExitCode::kIo);
      stop("failed", ExitCode::kIo);
    }
  }
}

size_t Coordinator::fetcher_capacity() const {
  const size_t all = static_cast<size_t>(std::max(1, options_.concurrency));
  return std::max<size_t>(1, (all + pool_->size() - 1) / pool_->size());
}

bool Coordinator::fetcher_free(size_t index) const {
  return pool_->ready(index) && reserved_for_[index] == 0 &&
         pool_->load(index) < fetcher_capacity();
}

bool Coordinator::any_fetcher_free() const {
  for (size_t i = 0; i < pool_->size(); ++i) {
    const bool reserved_and_drained =
        pool_->ready(i) && reserved_for_[i] != 0 && pool_->load(i) == 0;
    if (reserved_and_drained || fetcher_free(i)) return true;
  }
  return false;
}

// One connection per host: it stays with the fetcher whose connection is warm. With more, the
// host's requests are spread over all fetchers.
std::optional<size_t> Coordinator::choose_fetcher(const Host& target) const {
  const bool sticky = options_.host_concurrency == 1 && target.fetcher != kNoFetcher;
  if (sticky && pool_->ready(target.fetcher)) {
    return fetcher_free(target.fetcher) ? std::optional(target.fetcher) : std::nullopt;
  }
  std::optional<size_t> best;
  for (size_t i = 0; i < pool_->size(); ++i) {
    if (!fetcher_free(i)) continue;
    if (!best || pool_->load(i) < pool_->load(*best)) best = i;
  }
  return best;
}

bool Coordinator::may_hand_out() const {
  if (stops_ > 0 || leases_.size() >= static_cast<size_t>(std::max(1, options_.concurrency)))
    return false;
  // Pages under way count: --max-pages is never exceeded.
  return options_.max_pages == 0 || pages_ + page_leases_ < options_.max_pages;
}

void Coordinator::hand_out() {
  while (may_hand_out() && any_fetcher_free()) {
    Host* next = frontier_.take_ready(clock_.monotonic_ms());
    if (next == nullptr) return;
    if (hand_out_from(*next)) changed(*next);
  }
}

// True when the host goes back on the list; false when it waits for a fetcher.
bool Coordinator::hand_out_from(Host& target) {
  const PendingUrl* next = target.queue.peek(clock_.monotonic_ms());
  if (next != nullptr && robots_known(target) && suspects_.count(next->id) > 0) {
    return hand_out_alone(target);
  }
  unreserve(target.id);
  const std::optional<size_t> fetcher = choose_fetcher(target);
  if (!fetcher) {
    const size_t awaited = target.fetcher == kNoFetcher ? 0 : target.fetcher;
    waiting_for_fetcher_[awaited].push_back(target.id);
    return false;
  }
  target.fetcher = *fetcher;
  if (!robots_known(target)) {
    lease_robots(target, *fetcher);
    return true;
  }
  std::optional<PendingUrl> url = target.queue.pop(clock_.monotonic_ms());
  if (url && !settle_without_fetch(target, *url)) lease_page(target, *fetcher, std::move(*url));
  return true;
}

void Coordinator::unreserve(int64_t host_id) {
  for (size_t i = 0; i < reserved_for_.size(); ++i) {
    if (reserved_for_[i] != host_id) continue;
    reserved_for_[i] = 0;
    release_waiting(i);
  }
}

bool Coordinator::hand_out_alone(Host& target) {
  const auto reserved = std::find(reserved_for_.begin(), reserved_for_.end(), target.id);
  std::optional<size_t> fetcher;
  if (reserved != reserved_for_.end()) {
    fetcher = static_cast<size_t>(reserved - reserved_for_.begin());
  } else {
    fetcher = choose_fetcher(target);
  }
  if (!fetcher) {
    waiting_for_fetcher_[target.fetcher == kNoFetcher ? 0 : target.fetcher].push_back(target.id);
    return false;
  }
  target.fetcher = *fetcher;
  reserved_for_[*fetcher] = target.id;
  if (pool_->load(*fetcher) > 0 || !pool_->ready(*fetcher)) {
    waiting_for_fetcher_[*fetcher].push_back(target.id);
    return false;
  }
  PendingUrl url = *target.queue.pop(clock_.monotonic_ms());
  if (settle_without_fetch(target, url)) {
    suspects_.erase(url.id);
    unreserve(target.id);
  } else {
    lease_page(target, *fetcher, std::move(url));
  }
  return true;
}

// A URL that robots.txt forbids, or whose host cannot be asked for its robots.txt, ends here.
bool Coordinator::settle_without_fetch(Host& target, const PendingUrl& url) {
  UrlUpdate update;
  update.id = url.id;
  update.attempts = url.attempts;
  update.strikes = url.strikes;
  if (target.robots.state == RobotsState::kUnreachable) {
    update.outcome = target.robots.outcome;
    update.reason = target.robots.detail;
    ++errors_;
  } else if (target.robots.state == RobotsState::kOk) {
    const Result<Url> parsed = Url::parse(url.url);
    CRAWL_CHECK(parsed.has_value());
    std::string path(parsed->path());
    if (parsed->has_query()) path.append("?").append(parsed->query());
    if (target.robots.rules.decide(path).allowed) return false;
    update.state = UrlState::kSkipped;
    update.reason = name(SkipReason::kRobotsDenied);
    discovery_->mark_skipped(url.url, url.id);
  } else {
    return false;
  }
  --pending_;
  target.queue.release(url.id);
  WriteUnit unit;
  unit.url_updates.push_back(std::move(update));
  writer_->submit(std::move(unit));
  return true;
}

void Coordinator::lease_page(Host& target, size_t fetcher, PendingUrl url) {
  const uint64_t id = next_lease_++;
  Lease& lease = leases_[id];
  lease.host_id = target.id;
  lease.fetcher = fetcher;
  lease.started_ms = clock_.monotonic_ms();
  lease.url = std::move(url);
  FetchJob job;
  job.lease = id;
  job.url = lease.url.url;
  job.allow_private = target.allow_private;
  job.etag = lease.url.etag;
  job.last_modified = lease.url.last_modified;
  pool_->submit(fetcher, job);
  ++target.in_flight;
  ++page_leases_;
  target.politeness.on_start(lease.started_ms);
}

void Coordinator::check_budgets() {
  if (stops_ > 0) return;
  if (options_.max_pages > 0 && pages_ >= options_.max_pages) stop("max_pages", ExitCode::kDone);
  if (options_.max_bytes > 0 && bytes_ >= options_.max_bytes) stop("max_bytes", ExitCode::kDone);
  if (options_.max_time_ms > 0 && clock_.monotonic_ms() - started_ms_ >= options_.max_time_ms) {
    stop("max_time", ExitCode::kDone);
  }
}

void Coordinator::stop(const std::string& reason, ExitCode code) {
  ++stops_;
  if (stops_ == 1) {
    end_ = {code, reason};
    drain_until_ms_ = clock_.monotonic_ms() + kDrainMs;
  } else {
    drain_until_ms_ = 0;
    if (code != ExitCode::kDone) end_ = {code, reason};
  }
}

bool Coordinator::finished() const {
  if (stops_ > 0) return leases_.empty() || clock_.monotonic_ms() >= drain_until_ms_;
  return leases_.empty() && frontier_.finished();
}

int Coordinator::wait_ms() const {
  int64_t wait = 1000;  // a lost wake-up costs at most this
  const int64_t now = clock_.monotonic_ms();
  if (stops_ > 0) wait = std::min(wait, drain_until_ms_ - now);
  if (options_.max_time_ms > 0) wait = std::min(wait, started_ms_ + options_.max_time_ms - now);
  if (may_hand_out() && any_fetcher_free()) {
    const std::optional<int64_t> ready = frontier_.next_ready_ms();
    if (ready) wait = std::min(wait, *ready - now);
  }
  return static_cast<int>(std::max<int64_t>(0, wait));
}

Coordinator::End Coordinator::run(Progress& progress) {
  while (!finished()) {
    const bool writer_full = writer_->queued_bytes() > kWriterBytesMax;
    const size_t results = pool_->turn(writer_full ? 0 : kResultsPerTurn);
    check_budgets();
    hand_out();
    pool_->turn(0);
    progress.update(snapshot());
    int wait = 0;
    if (writer_full) {
      wait = 10;
    } else if (results == 0 && pool_->prepare_to_sleep()) {
      wait = wait_ms();
    }
    auto turned = loop_.run_once(wait);
    if (!turned) {
      log_.error(turned.error().message());
      stop("failed", ExitCode::kIo);
      break;
    }
  }
  return close(progress);
}

Coordinator::End Coordinator::close(Progress& progress) {
  if (stops_ == 0) {
    end_ = {ExitCode::kDone, "done"};
    if (answers_ == 0 && unreached_ > 0) end_.code = ExitCode::kUnreachable;
  }
  pool_->shut_down();
  loop_.unwatch(writer_->notify_fd());
  if (!write_failed_) {
    WriteUnit unit;
    frontier_.for_each([&](Host& each) {
      if (each.dirty) unit.host_updates.push_back(host_row(each));
    });
    writer_->submit(std::move(unit));
    auto finished = writer_->finish(end_.reason, clock_.wall_ms(), pages_, bytes_);
    if (!finished) {
      log_.error("cannot write " + options_.database + ": " + finished.error().message());
      end_ = {ExitCode::kIo, "failed"};
    }
  }
  writer_.reset();
  progress.finish(snapshot(), end_.reason);
  return end_;
}

void Coordinator::arm_tidy() {
  loop_.run_after(kTidyMs, [this] {
    tidy();
    arm_tidy();
  });
}

// Writes what changed about hosts, and forgets those that have nothing to do.
void Coordinator::tidy() {
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

EventRow Coordinator::event(std::string kind, std::string url, std::string text) const {
  EventRow row;
  row.at = clock_.wall_ms();
  row.kind = std::move(kind);
  row.url = std::move(url);
  row.text = std::move(text);
  return row;
}

ProgressSnapshot Coordinator::snapshot() const {
  ProgressSnapshot now;
  now.elapsed_ms = clock_.monotonic_ms() - started_ms_;
  now.pages = pages_;
  now.bytes = bytes_;
  now.errors = errors_;
  now.pending = pending_;
  now.in_flight = static_cast<int64_t>(leases_.size());
  return now;
}

}  // namespace crawl
