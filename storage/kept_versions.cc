// SPDX-License-Identifier: MIT
#include "storage/kept_versions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "storage/rows.h"

namespace crawl {

Result<KeptVersions> KeptVersions::create(Database& database) {
  KeptVersions versions;
  Result<Statement> kept = database.prepare(
      "SELECT id, content_id FROM visit WHERE url_id = ?1 AND content_id IS NOT NULL "
      "ORDER BY id DESC");
  if (!kept) return kept.error();
  versions.kept_ = std::move(*kept);
  Result<Statement> release = database.prepare("UPDATE visit SET content_id = NULL WHERE id = ?1");
  if (!release) return release.error();
  versions.release_ = std::move(*release);
  return versions;
}

Result<int64_t> KeptVersions::keep_latest(ContentStore& contents, int64_t url_id, int wanted) {
  std::vector<std::pair<int64_t, int64_t>> old;  // visits and their contents
  std::vector<int64_t> kept;
  const size_t most = wanted > 1 ? static_cast<size_t>(wanted) : 0;
  kept_.bind(1, url_id);
  Result<void> done = for_each_row(kept_, [&](const Statement& row) {
    const int64_t content_id = row.integer(1);
    if (std::find(kept.begin(), kept.end(), content_id) != kept.end()) return;
    if (kept.size() < most) {
      kept.push_back(content_id);
    } else {
      old.emplace_back(row.integer(0), content_id);
    }
  });
  for (const auto& [visit_id, content_id] : old) {
    if (done) done = contents.release(content_id);
    if (!done) break;
    release_.bind(1, visit_id);
    done = release_.run();
  }
  if (!done) return done.error();
  return static_cast<int64_t>(old.size());
}

}  // namespace crawl
