// SPDX-License-Identifier: MIT
// Coordinator: the start of a run. What the database knows comes back to memory, then the seeds are
// added.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "crawler/coordinator.h"
#include "storage/query_budget.h"

namespace crawl {

Result<void> Coordinator::open(Database database, const std::vector<Seed>& seeds, ScopePolicy scope,
                               const std::function<bool()>& interrupted) {
  started_ms_ = clock_.monotonic_ms();
  auto start = begin_run(database, clock_.wall_ms(), getpid(), options_.to_json());
  if (!start) return start.error();
  run_id_ = start->run_id;
  previous_died_ = start->previous_died;
  previous_run_ms_ = start->previous_started_at;
  discovery_.emplace(start->fingerprint_seed, std::move(scope),
                     Discovery::Options{options_.canonicalize, options_.traps});
  Result<void> restored;
  {
    const QueryBudget interruptible(database, interrupted);
    restored = restore(database, seeds, *start);
  }
  if (!restored) {
    if (stopped()) [[maybe_unused]]
      auto ended = end_run(database, run_id_, end_.reason, clock_.wall_ms());
    return restored;
  }
  auto reader = Database::open_reader(options_.database);
  if (!reader) return reader.error();
  reader_.emplace(std::move(*reader));

  disk_.emplace(options_.database);
  Writer::Options writer_options;
  writer_options.checkpoint_bytes = disk_->log_bytes();
  writer_options.commit_bytes = disk_->commit_bytes();
  writer_options.revisit_ms = options_.revisit_ms;
  writer_options.keep_versions = options_.keep_versions;
  auto writer = Writer::start(std::move(database), run_id_, writer_options);
  if (!writer) return writer.error();
  writer_ = std::move(*writer);
  auto watched =
      loop_.watch(writer_->notify_fd(), EPOLLIN, [this](uint32_t) { on_writer_replies(); });
  if (!watched) return watched.error();
  add_seeds(seeds, std::exchange(seed_ids_, {}));
  offer_again(std::exchange(reconsidered_, {}));
  arm_tidy();
  return {};
}

Result<void> Coordinator::restore(Database& database, const std::vector<Seed>& seeds,
                                  const RunStart& start) {
  if (auto known = remember_robots_agent(database, robots_agent_); !known) return known;
  if (auto restored = restore_known(database, start); !restored) return restored;
  if (auto answerers = restore_answerers(database); !answerers) return answerers;
  auto seed_ids = number_seeds(database, seeds, start.next_seed_id);
  if (!seed_ids) return seed_ids.error();
  seed_ids_ = std::move(*seed_ids);
  if (auto adopted = adopt_seeds(database, known_among(seeds, seed_ids_)); !adopted) return adopted;
  const bool revisiting = !start.any_pending && start.any_done;
  auto reconsidered = reconsider(database, seeds, revisiting);
  if (!reconsidered) return reconsidered.error();
  reconsidered_ = std::move(*reconsidered);
  if (revisiting) {
    if (auto due = revisit(database); !due) return due;
  }
  return restore_pending(database);
}

// A run that starts with nothing pending revisits what is due; one that has work left does that
// first.
Result<void> Coordinator::revisit(Database& database) {
  auto due = mark_due(database, clock_.wall_ms(), options_.revisit_ms == 0);
  if (!due) return due.error();
  if (*due > 0) log_.info("revisiting " + std::to_string(*due) + " URLs that are due");
  return {};
}

Result<void> Coordinator::restore_known(Database& database, const RunStart& start) {
  discovery_->set_next_ids(start.next_url_id, start.next_host_id);
  auto hosts = for_each_host(
      database, [&](const HostRow& row) { discovery_->restore_host(row.id, row.name); });
  if (!hosts) return hosts.error();
  return for_each_url(database, [&](const KnownUrl& known) {
    discovery_->restore_url(known.id, known.host_id, known.url,
                            known.state == name(UrlState::kSkipped));
  });
}

// Ids for the seeds, in their order; those of earlier runs keep theirs, and their URLs stay in
// scope: what is pending of them is still to be fetched.
Result<std::vector<int64_t>> Coordinator::number_seeds(Database& database,
                                                       const std::vector<Seed>& seeds,
                                                       int64_t next_id) {
  std::unordered_map<std::string, int64_t> ids;
  auto listed = for_each_seed(database, [&](const SeedRow& row) {
    ids.emplace(row.url, row.id);
    auto url = Url::parse(row.url);
    if (!url) return;
    private_hosts_.add_seed(*url);
    discovery_->scope().add_seed(row.id,
                                 {std::move(*url), row.depth, scope_named(row.scope), row.tag});
  });
  if (!listed) return listed.error();
  std::vector<int64_t> numbers;
  if (!seeds.empty()) first_seed_ = seeds.front().url.href();
  for (const Seed& seed : seeds) {
    const auto [place, added] = ids.try_emplace(seed.url.href(), next_id);
    if (added) ++next_id;
    numbers.push_back(place->second);
    discovery_->scope().add_seed(place->second, seed);
    private_hosts_.add_seed(seed.url);
    seed_origins_.insert(seed.url.origin());
  }
  return numbers;
}

// The seeds whose URLs have rows.
std::vector<AdoptedSeed> Coordinator::known_among(const std::vector<Seed>& seeds,
                                                  const std::vector<int64_t>& ids) const {
  std::vector<AdoptedSeed> known;
  for (size_t i = 0; i < seeds.size(); ++i) {
    const auto url_id = discovery_->id_of(seeds[i].url.href());
    if (url_id) known.push_back({*url_id, ids[i]});
  }
  return known;
}

Result<void> Coordinator::restore_pending(Database& database) {
  std::unordered_map<int64_t, int64_t> pending;
  auto counted = for_each_pending_host(database, [&](int64_t id, int64_t count) {
    pending.emplace(id, count);
    pending_ += count;
  });
  if (!counted) return counted.error();
  return for_each_host(database, [&](const HostRow& row) {
    if (pending.count(row.id) == 0) return;
    frontier_.host(row.id, [&](Host& fresh) {
      apply_host_row(fresh, row);
      fresh.queue = HostQueue::unloaded();
    });
    resumed_hosts_.push_back(row.id);
  });
}

void Coordinator::add_seeds(const std::vector<Seed>& seeds, const std::vector<int64_t>& ids) {
  WriteUnit unit;
  unit.events = std::exchange(early_events_, {});
  std::vector<Found> found;
  for (size_t i = 0; i < seeds.size(); ++i) {
    const Seed& seed = seeds[i];
    unit.seeds.push_back({ids[i], seed.url.href(), seed.depth,
                          std::string(seed.scope ? name(*seed.scope) : ""), seed.tag});
    found.push_back(discovery_->offer_seed(seed.url, ids[i], clock_.wall_ms(), unit));
  }
  submit(std::move(unit), found);
  for (const int64_t id : std::exchange(resumed_hosts_, {})) {
    Host* resumed = frontier_.find(id);
    resumed->allow_private = private_hosts_.allowed(resumed->name);
    changed(*resumed);
  }
}

}  // namespace crawl
