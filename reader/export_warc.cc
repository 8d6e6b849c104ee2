// SPDX-License-Identifier: MIT
// `crawl export warc`: an archive of all that was fetched; again, of what is new since.
#include <fmt/format.h>
#include <poll.h>

#include "base/columns.h"
#include "base/draft_file.h"
#include "reader/export_support.h"
#include "reader/warc_archive.h"

namespace crawl {

namespace {

constexpr int kFollowMs = 250;  // between two looks at a crawl that has nothing new

// Waits a little for something new. False: whoever is followed has gone, or ended.
bool still_followed(const ExportOptions& options) {
  if (options.follow_fd < 0) return false;
  pollfd followed{options.follow_fd, POLLIN, 0};
  return ::poll(&followed, 1, kFollowMs) <= 0;
}

Result<void> archive_all(const ExportOptions& options, WarcArchive& archive, LongJob& job) {
  bool last = false;
  for (;;) {
    Result<bool> more =
        archive.advance([&job](int64_t done, int64_t total) { return job.go_on(done, total); });
    if (!more) return more.error();
    if (*more) continue;
    if (last) return archive.close_file();
    // Once more after the end, for what was committed just before.
    last = !still_followed(options);
    if (LongJob::interrupted()) return Error{Errc::kClosed, 0, "given up"};
  }
}

}  // namespace

ExitCode export_warc(const ExportOptions& options, Database& database, LongJob& job) {
  if (auto made = make_folder(options.output); !made) return export_problem(options, made.error());
  Result<std::unique_ptr<WarcArchive>> archive = WarcArchive::open(options, database);
  if (!archive) return export_problem(options, archive.error());
  Result<void> done = archive_all(options, **archive, job);
  if (!done) return export_problem(options, done.error());
  const int64_t captures = (*archive)->captures();
  return export_done(options,
                     captures == 0 ? "nothing new"
                                   : counted(captures, "capture") + " in " +
                                         counted((*archive)->files(), "new file"),
                     (*archive)->bytes());
}

}  // namespace crawl
