// SPDX-License-Identifier: MIT
#include "reader/status_view.h"

#include <utility>

#include "base/clock.h"
#include "storage/lock.h"

namespace crawl {

Result<StatusView> read_status_view(Database& database, const std::string& path, bool whole) {
  StatusView view;
  const std::optional<int64_t> before = run_lock_holder(path);
  Result<StatusAnswer> answer = read_status(database, path, whole);
  if (!answer) return answer.error();
  view.answer = std::move(*answer);
  // Counting may take long: a run that has ended meanwhile was under way at the moment of which the
  // answer is.
  view.holder = run_lock_holder(path);
  if (!view.holder) view.holder = before;
  const std::optional<RunInfo>& run = view.answer.last_run;
  view.running = view.holder && run && run->end_reason.empty();
  if (!view.running || !whole) return view;
  Result<LiveAnswer> live = read_live(database, SystemClock().wall_ms());
  if (!live) return live.error();
  view.live = std::move(*live);
  return view;
}

int64_t count_of(const std::vector<Count>& counts, std::string_view name) {
  for (const Count& count : counts) {
    if (count.name == name) return count.count;
  }
  return 0;
}

std::string run_state(const StatusView& view) {
  if (view.running) return "running";
  if (!view.answer.last_run) return "none";
  const std::string& reason = view.answer.last_run->end_reason;
  return reason.empty() ? "died" : reason;
}

}  // namespace crawl
