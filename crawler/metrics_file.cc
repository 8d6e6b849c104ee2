// SPDX-License-Identifier: MIT
#include "crawler/metrics_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/draft_file.h"
#include "base/retry.h"
#include "base/unique_fd.h"
#include "reader/metrics.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

constexpr int64_t kWriteMs = 15'000;  // how often Prometheus asks, as a rule

// A file of our own: what is there of that name, a pipe or somebody else's file, is not opened.
UniqueFd create(const std::string& path) {
  ::unlink(path.c_str());
  return UniqueFd(uninterrupted([&] {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  }));
}

}  // namespace

MetricsFile::MetricsFile(std::string path, const Clock& clock, Logger& log)
    : path_(std::move(path)),
      draft_(DraftFile::draft_path_of(path_)),
      clock_(clock),
      log_(log),
      started_at_(clock.wall_ms()),
      written_ms_(clock.monotonic_ms() - kWriteMs) {}

Result<void> MetricsFile::check(const std::string& database) const {
  if (path_.empty()) return {};
  if (Result<void> free = refuse_as_output(database, path_); !free) {
    return Error{Errc::kInvalid, 0, "--metrics: " + free.error().message()};
  }
  struct stat info {};
  if (::stat(path_.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return Error{Errc::kInvalid, 0, "--metrics " + path_ + " is not a regular file"};
  }
  const UniqueFd file = create(draft_);
  if (!file) return errno_error("cannot write --metrics " + draft_);
  ::unlink(draft_.c_str());
  return {};
}

void MetricsFile::update(const ProgressSnapshot& snapshot) {
  const int64_t now = clock_.monotonic_ms();
  if (path_.empty() || now - written_ms_ < kWriteMs) return;
  written_ms_ = now;
  write(snapshot, "");
}

void MetricsFile::finish(const ProgressSnapshot& snapshot, std::string_view end_reason) {
  if (!path_.empty()) write(snapshot, end_reason);
}

void MetricsFile::write(const ProgressSnapshot& s, std::string_view end_reason) {
  Metrics metrics;
  metrics.run = s.run_id;
  metrics.running = end_reason.empty();
  metrics.end_reason = end_reason;
  metrics.started_at = started_at_;
  if (!end_reason.empty()) metrics.ended_at = clock_.wall_ms();
  metrics.pages = s.pages;
  metrics.bytes = static_cast<int64_t>(s.bytes);
  metrics.errors = s.errors;
  metrics.pending = s.pending;
  metrics.in_flight = s.in_flight;
  metrics.hosts_ready = s.hosts_ready;
  metrics.hosts_waiting = s.hosts_waiting;
  metrics.fetchers = s.fetchers;
  metrics.fetchers_died = s.fetchers_died;
  const std::string text = metrics_text(metrics);
  const UniqueFd file = create(draft_);
  const bool written = file && uninterrupted([&] {
                                 return ::write(file.fd(), text.data(), text.size());
                               }) == static_cast<ssize_t>(text.size()) &&
                       std::rename(draft_.c_str(), path_.c_str()) == 0;
  if (written || std::exchange(warned_, true)) return;
  log_.warning(errno_error("cannot write --metrics " + path_).message());
}

}  // namespace crawl
