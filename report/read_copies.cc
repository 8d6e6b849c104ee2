// SPDX-License-Identifier: MIT
#include <unordered_map>

#include "report/asking.h"

namespace crawl {

namespace {

constexpr size_t kNamed = 4;  // URLs of a group
constexpr size_t kNearBytesMax = size_t{16} << 20;

struct Group {
  int64_t copies = 0;
  std::vector<int64_t> first_ids;
  bool operator<(const Group& other) const {
    if (copies != other.copies) return copies < other.copies;
    return first_ids > other.first_ids;
  }
};

bool fewer_copies(const CopyGroup& a, const CopyGroup& b) {
  return a.copies != b.copies ? a.copies < b.copies : a.urls > b.urls;
}

}  // namespace

Result<void> read_copies(const Asking& asking, Report& report) {
  // What view duplicates lists, a group after the other.
  Result<Statement> query = asking.database.prepare(
      "SELECT content_hash, url_id FROM page WHERE content_hash IS NOT NULL AND outcome <> 'gone' "
      "ORDER BY content_hash, url_id");
  if (!query) return query.error();
  Copies& copies = report.copies;
  Largest<Group, std::less<Group>> largest(static_cast<size_t>(asking.question.rows_max), {});
  Group group;
  std::optional<int64_t> hash;
  const auto close_group = [&] {
    if (group.copies > 1) {
      ++copies.groups;
      copies.surplus += group.copies - 1;
      largest.offer(std::move(group));
    }
    group = {};
  };
  Result<Coverage> found = for_each_in_time(asking, *query, [&](const Statement& row) {
    if (hash != row.integer(0)) close_group();
    hash = row.integer(0);
    ++group.copies;
    if (group.first_ids.size() < kNamed) group.first_ids.push_back(row.integer(1));
  });
  if (!found) return found.error();
  close_group();
  copies.coverage = *found;
  for (const Group& one : largest.take()) {
    CopyGroup& shown = copies.largest.emplace_back();
    shown.copies = one.copies;
    for (const int64_t id : one.first_ids) {
      Result<NamedPage> page = name_page(asking.database, id);
      if (!page) return page.error();
      shown.urls.push_back(std::move(page->url));
    }
  }
  return {};
}

Result<void> read_near_copies(const Asking& asking, Report& report) {
  Result<Statement> query =
      asking.database.prepare("SELECT representative, url, distance FROM near_duplicates");
  if (!query) return query.error();
  Copies& copies = report.near_copies;
  std::unordered_map<std::string, CopyGroup> groups;
  size_t bytes = 0;
  Result<Coverage> found = for_each_in_time(asking, *query, [&](const Statement& row) {
    ++copies.surplus;
    auto group = groups.find(std::string(row.text(0)));
    if (group == groups.end()) {
      if (bytes > kNearBytesMax) return;
      group = groups.emplace(row.text(0), CopyGroup{1, 0, {std::string(row.text(0))}}).first;
      bytes += 2 * row.text(0).size() + sizeof(CopyGroup);
    }
    CopyGroup& of = group->second;
    ++of.copies;
    of.distance = std::max(of.distance, row.integer(2));
    if (of.urls.size() < kNamed && bytes <= kNearBytesMax) {
      of.urls.emplace_back(row.text(1));
      bytes += row.text(1).size();
    }
  });
  if (!found) return found.error();
  copies.coverage = *found;
  copies.groups = static_cast<int64_t>(groups.size());
  Largest<CopyGroup, decltype(&fewer_copies)> largest(static_cast<size_t>(asking.question.rows_max),
                                                      fewer_copies);
  for (auto& [url, group] : groups) largest.offer(std::move(group));
  copies.largest = largest.take();
  return {};
}

}  // namespace crawl
