// SPDX-License-Identifier: MIT
#include "storage/search_index.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/unique_fd.h"
#include "storage/rows.h"

namespace crawl {

namespace {

constexpr int64_t kDeadMin = 1'000;  // fewer are not worth a new index

Result<bool> is_of_this_history(Database& crawl, SearchFile& index) {
  const Result<SearchState> state = index.read_state();
  if (!state) return state.error();
  return has_history(crawl, state->visit_id, state->visit_url, state->visit_at);
}

// As private as the database, whose words it holds: SQLite would let everybody read it.
void create_like(Database& crawl, const std::string& path) {
  struct stat info {};
  if (::stat(sqlite3_db_filename(crawl.handle(), "main"), &info) != 0) return;
  // What goes wrong here is told by SQLite.
  const UniqueFd made(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 0666));
}

Result<SearchFile> opened(Database& crawl, const std::string& path, const SearchProgress& go_on) {
  const Result<uint64_t> seed = fingerprint_seed(crawl);
  if (!seed) return seed.error();
  for (int attempt = 0;; ++attempt) {
    create_like(crawl, path);
    Result<SearchFile> index = SearchFile::open_writer(path, static_cast<int64_t>(*seed));
    if (!index) return index;
    Result<bool> ours = is_of_this_history(crawl, *index);
    Result<void> done;
    if (ours && !*ours) {
      done = Error{Errc::kCorrupt, 0, "a backup was put back"};
    } else {
      done = ours ? catch_up(crawl, *index, go_on) : Result<void>(ours.error());
    }
    if (done) return index;
    if (attempt > 0 || !SearchFile::remove_if_damaged(path, done.error())) return done.error();
  }
}

}  // namespace

Result<SearchFile> updated_index(Database& crawl, const std::string& path,
                                 const SearchProgress& go_on) {
  Result<SearchFile> index = opened(crawl, path, go_on);
  if (!index) return index;
  const Result<SearchState> state = index->read_state();
  if (!state) return state.error();
  if (state->dead <= std::max(state->pages, kDeadMin)) return index;
  const std::string draft = path + ".new";
  {
    const Result<SearchFile> renewed = opened(crawl, draft, go_on);
    if (!renewed) return renewed.error();
  }
  // Another process may have done the same, and first.
  if (std::rename(draft.c_str(), path.c_str()) != 0 && errno != ENOENT) {
    return errno_error("cannot replace " + path);
  }
  return opened(crawl, path, go_on);
}

}  // namespace crawl
