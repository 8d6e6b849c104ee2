// SPDX-License-Identifier: MIT
// Coordinator: births and deaths of fetchers. The URL a fetcher died of gets a strike; three
// strikes, and it is quarantined. Every other lease goes back to the frontier as if it had never
// been handed out.

#include <algorithm>
#include <csignal>
#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

namespace {

constexpr int64_t kStrikePauseMs = 1000;  // before a blamed URL is tried again
constexpr size_t kForeignKillsMax = 16;   // remembered
constexpr size_t kForeignKillsMin = 4;    // fewer prove nothing: every run has a first one
constexpr int kForeignBlamesMax = 8;      // of one URL, that may be chance

std::string during(Phase phase) {
  if (phase == Phase::kIdle) return " with nothing else in flight";
  return " during its " + std::string(name(phase));
}

}  // namespace

void Coordinator::on_fetcher_ready(size_t index, pid_t pid, const Ready& ready) {
  std::string text = "sandbox: " + std::string(ready.sandbox);
  if (!ready.missing.empty()) text += "; without: " + std::string(ready.missing);
  if (options_.sandbox == SandboxMode::kRequire && !ready.missing.empty()) {
    return on_unusable(Error{Errc::kUnsupported, 0,
                             "--sandbox=require: this machine does not give the fetchers " +
                                 std::string(ready.missing)});
  }
  if (!std::exchange(sandbox_told_, true)) {
    ready.missing.empty() ? log_.info(text) : log_.warning("the fetchers' " + text);
  }
  EventRow row = event("fetcher_started", {}, std::move(text));
  row.pid = pid;
  log_.debug("fetcher " + std::to_string(index) + " ready, pid " + std::to_string(pid));
  if (!writer_) {
    early_events_.push_back(std::move(row));
    return;
  }
  WriteUnit unit;
  unit.events.push_back(std::move(row));
  writer_->submit(std::move(unit));
  release_waiting(index);
}

EventRow Coordinator::exit_event(const FetcherPool::Loss& loss) const {
  EventRow row = event("fetcher_exited", {}, loss.cause);
  row.pid = loss.pid;
  if (loss.status.code) row.code = *loss.status.code;
  if (loss.status.signal) row.signal = *loss.status.signal;
  return row;
}

void Coordinator::on_fetcher_lost(const FetcherPool::Loss& loss) {
  if (!writer_) {
    early_events_.push_back(exit_event(loss));
    return;
  }
  if (!loss.expected) ++fetchers_died_;
  const uint64_t convicted = convict(loss);
  const bool mystery = !loss.expected && loss.blamed == 0;
  reserved_for_[loss.index] = 0;
  for (const uint64_t id : loss.leases) {
    const Lease lease = take_lease(id);
    if (mystery && !lease.robots) suspects_.insert(lease.url.id);
    requeue(lease);
  }
  WriteUnit unit;
  EventRow row = exit_event(loss);
  if (loss.blamed != 0 && convicted == 0) requeue(take_lease(loss.blamed));
  if (convicted != 0) {
    Lease lease = take_lease(convicted);
    row.url = lease.url.url;
    row.text += during(loss.phase);
    log_.warning("fetcher " + std::to_string(loss.pid) + " " + loss.cause + ", busy with " +
                 row.url);
    unit.events.push_back(std::move(row));
    if (lease.control != Control::kNo) {
      requeue(lease);
    } else if (lease.robots) {
      strike_robots(lease, loss);
    } else {
      strike(std::move(lease), loss, unit);
    }
  } else {
    if (!loss.expected) log_.warning("fetcher " + std::to_string(loss.pid) + " " + loss.cause);
    unit.events.push_back(std::move(row));
  }
  writer_->submit(std::move(unit));
  release_waiting(loss.index);
}

// The blamed lease, unless it is innocent by all appearance: somebody outside (an administrator,
// the kernel short of memory) is killing fetchers, and most of the latest victims were busy with
// other URLs.
uint64_t Coordinator::convict(const FetcherPool::Loss& loss) {
  const bool foreign = !loss.expected && !loss.condemned && loss.status.signal == SIGKILL;
  if (!foreign) return loss.blamed;
  std::vector<int64_t> in_flight;
  for (const uint64_t id : loss.leases) in_flight.push_back(leases_.at(id).url.id);
  int64_t blamed_url = -1;
  if (loss.blamed != 0) {
    blamed_url = leases_.at(loss.blamed).url.id;
    in_flight.push_back(blamed_url);
  }
  foreign_kills_.push_back(std::move(in_flight));
  if (foreign_kills_.size() > kForeignKillsMax) foreign_kills_.pop_front();
  size_t present = 0;
  for (const std::vector<int64_t>& urls : foreign_kills_) {
    present += std::find(urls.begin(), urls.end(), blamed_url) != urls.end() ? 1 : 0;
  }
  // Several such pages share the latest kills among them; but none is so unlucky so often.
  const bool often = blamed_url > 0 && ++foreign_blames_[blamed_url] > kForeignBlamesMax;
  const bool mostly =
      foreign_kills_.size() >= kForeignKillsMin && 4 * present >= 3 * foreign_kills_.size();
  return often || mostly ? loss.blamed : 0;
}

void Coordinator::requeue(const Lease& lease) {
  if (lease.control == Control::kName) return;
  Host& asked = abandon_request(lease);
  if (lease.control != Control::kNo) return changed(asked);
  if (lease.robots) {
    end_errand(lease);
    changed(asking_host(lease));
  } else {
    asked.queue.push(lease.url);
  }
  changed(asked);
}

void Coordinator::strike(Lease lease, const FetcherPool::Loss& loss, WriteUnit& unit) {
  Host& asked = abandon_request(lease);
  if (++lease.url.strikes >= kStrikesMax) {
    quarantine(asked, lease, loss, unit);
  } else {
    unit.url_updates.push_back(url_update(lease.url, UrlState::kPending));
    asked.queue.delay(std::move(lease.url), clock_.monotonic_ms() + kStrikePauseMs);
  }
  changed(asked);
}

void Coordinator::quarantine(Host& asked, const Lease& lease, const FetcherPool::Loss& loss,
                             WriteUnit& unit) {
  const std::string reason = "its fetcher died " + std::to_string(kStrikesMax) +
                             " times, last: " + loss.cause + during(loss.phase);
  PageRow page;
  page.backing = std::make_shared<const std::string>(reason);
  page.detail = *page.backing;
  page.url_id = lease.url.id;
  page.body_store = BodyStore::kKeep;
  page.outcome = Outcome::kCrashedFetcher;
  page.fetched_at = clock_.wall_ms();
  page.fetcher_pid = loss.pid;
  unit.page = std::move(page);

  UrlUpdate update = url_update(lease.url, UrlState::kDone);
  update.outcome = Outcome::kCrashedFetcher;
  update.reason = reason;
  unit.url_updates.push_back(std::move(update));

  EventRow row = event("quarantined", lease.url.url, reason);
  row.pid = loss.pid;
  if (loss.status.code) row.code = *loss.status.code;
  if (loss.status.signal) row.signal = *loss.status.signal;
  unit.events.push_back(std::move(row));
  ++pages_;
  ++errors_;
  --pending_;
  asked.queue.release(lease.url.id);
  suspects_.erase(lease.url.id);
  foreign_blames_.erase(lease.url.id);
}

void Coordinator::strike_robots(const Lease& lease, const FetcherPool::Loss& loss) {
  Host& asked = abandon_request(lease);
  end_errand(lease);
  Host& asking = asking_host(lease);
  RobotsGate& robots = asking.robots[lease.errand.scheme];
  robots.retry_at_ms = clock_.monotonic_ms() + kStrikePauseMs;
  if (++robots.strikes >= kStrikesMax) {
    robots.refuse("its fetcher died of it: " + loss.cause);
    robots_settled(asking, lease.errand.scheme);
  }
  changed(asking);
  changed(asked);
}

void Coordinator::on_fetcher_log(size_t index, std::string_view text) {
  log_.debug("fetcher " + std::to_string(index) + ": " + std::string(text));
}

void Coordinator::on_warning(const std::string& text) { log_.warning(text); }

void Coordinator::on_unusable(const Error& error) {
  if (starting_) {  // start_fetchers() reports it
    pool_error_ = error;
    return;
  }
  if (stops_ > 1) return;  // it ends already
  log_.error(error.message());
  const ExitCode code = is_shortage(error) ? ExitCode::kIo : ExitCode::kBug;
  stop("failed", code);
  stop("failed", code);
}

}  // namespace crawl
