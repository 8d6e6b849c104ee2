// SPDX-License-Identifier: MIT
#include <unordered_map>

#include "report/asking.h"

namespace crawl {

namespace {

// Broken URLs that are told apart; the links to all further ones are only counted. Some 10 MiB.
constexpr size_t kTargetsMax = 100'000;
constexpr size_t kPlaces = 3;  // that are named of each

struct Place {
  int64_t src_id = 0, seq = 0;
};

struct Target {
  int64_t id = 0, links = 0;
  std::vector<Place> places;
  bool operator<(const Target& other) const {
    return links != other.links ? links < other.links : id > other.id;
  }
};

// What view broken_links lists, by id.
constexpr const char* kBrokenLinks =
    "SELECT src_id, seq, dst_id FROM link WHERE dst_id IN (SELECT id FROM url WHERE outcome IN "
    "('http_error', 'gone', 'dns_failed', 'connect_failed', 'tls_failed', 'timeout', 'incomplete', "
    "'headers_too_large', 'protocol_error', 'redirect_limit', 'port_refused'))";

Result<void> describe(Database& database, BrokenTarget& shown, int64_t id) {
  Result<Statement> query = database.prepare(
      "SELECT u.url, u.outcome, coalesce(u.reason, p.detail), p.status FROM url u "
      "LEFT JOIN page p ON p.url_id = u.id WHERE u.id = ?1");
  if (!query) return query.error();
  query->bind(1, id);
  return for_each_row(*query, [&](Statement& row) {
    shown.url = row.text(0);
    shown.outcome = row.text(1);
    shown.reason = row.text(2);
    shown.status = row.integer(3);
  });
}

Result<void> describe_place(Database& database, BrokenTarget& shown, const Place& place) {
  Result<Statement> query = database.prepare(
      "SELECT u.url, l.anchor FROM link l JOIN url u ON u.id = l.src_id "
      "WHERE l.src_id = ?1 AND l.seq = ?2");
  if (!query) return query.error();
  query->bind(1, place.src_id);
  query->bind(2, place.seq);
  return for_each_row(*query, [&](Statement& row) {
    shown.places.push_back({std::string(row.text(0)), std::string(row.text(1))});
  });
}

Result<BrokenTarget> shown_target(Database& database, const Target& target) {
  BrokenTarget shown;
  shown.links = target.links;
  if (Result<void> done = describe(database, shown, target.id); !done) return done.error();
  for (const Place& place : target.places) {
    if (Result<void> done = describe_place(database, shown, place); !done) return done.error();
  }
  return shown;
}

}  // namespace

Result<void> read_broken_links(const Asking& asking, Report& report) {
  Result<Statement> query = asking.database.prepare(kBrokenLinks);
  if (!query) return query.error();
  Broken& broken = report.broken;
  std::unordered_map<int64_t, Target> targets;
  Result<Coverage> found = for_each_in_time(asking, *query, [&](const Statement& row) {
    const int64_t id = row.integer(2);
    auto target = targets.find(id);
    if (target == targets.end()) {
      broken.all_told_apart = broken.all_told_apart && targets.size() < kTargetsMax;
      if (!broken.all_told_apart) return;
      target = targets.emplace(id, Target{id, 0, {}}).first;
    }
    ++target->second.links;
    std::vector<Place>& places = target->second.places;
    const bool same_page = !places.empty() && places.back().src_id == row.integer(0);
    if (places.size() < kPlaces && !same_page) places.push_back({row.integer(0), row.integer(1)});
  });
  if (!found) return found.error();
  broken.coverage = *found;
  broken.links = found->rows;
  broken.targets = static_cast<int64_t>(targets.size());
  Largest<Target, std::less<Target>> most(static_cast<size_t>(asking.question.rows_max), {});
  for (auto& [id, target] : targets) most.offer(std::move(target));
  for (const Target& target : most.take()) {
    Result<BrokenTarget> shown = shown_target(asking.database, target);
    if (!shown) return shown.error();
    broken.most_linked.push_back(std::move(*shown));
  }
  return {};
}

}  // namespace crawl
