// SPDX-License-Identifier: MIT
// Coordinator: the start of a run. What the database knows comes back to memory, then the seeds are
// added.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "crawler/coordinator.h"

namespace crawl {

Result<void> Coordinator::open(Database database, const std::vector<Seed>& seeds,
                               ScopePolicy scope) {
  started_ms_ = clock_.monotonic_ms();
  auto start = begin_run(database, clock_.wall_ms(), getpid(), options_.to_json());
  if (!start) return start.error();
  run_id_ = start->run_id;
  previous_died_ = start->previous_died;
  discovery_.emplace(start->fingerprint_seed, std::move(scope));
  auto same_agent = remember_robots_agent(database, robots_agent_);
  if (!same_agent) return same_agent.error();
  // robots.txt rules are those of a group; another agent may have another.
  if (!*same_agent) robots_stale_before_ = clock_.wall_ms();
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
    seed_origins_.insert(seed.url.origin());
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
  // A wall clock that jumped must not stop a host for longer than any delay we would set ourselves.
  target.politeness.not_before(now + std::clamp<int64_t>(row.next_at - wall, 0, 3'600'000));
  // What was under way when the last run was killed is not in the row.
  if (previous_died_) target.politeness.not_before(now + std::max(row.delay_ms, options_.delay_ms));
  if (options_.robots == RobotsPolicy::kIgnore) {
    target.robots.state = RobotsState::kIgnored;
    return;
  }
  const bool fresh = row.robots_at > robots_stale_before_ &&
                     wall - row.robots_at < kRobotsFreshMs && wall >= row.robots_at;
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
  return row;
}

}  // namespace crawl
