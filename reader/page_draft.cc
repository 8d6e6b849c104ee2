// SPDX-License-Identifier: MIT
#include "reader/page_draft.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "base/retry.h"

namespace crawl {

namespace {

constexpr std::string_view kPageBegin = "<!doctype html>";

// Where the file really is: a link to it stays a link.
std::string resolved(const std::string& file) {
  const std::unique_ptr<char, decltype(&std::free)> path(::realpath(file.c_str(), nullptr),
                                                         &std::free);
  return path ? std::string(path.get()) : file;
}

// The mode of the page that is there; nullopt: nothing is there.
Result<std::optional<mode_t>> inspect(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::optional<mode_t>();
    return errno_error(file);
  }
  const Error refused{Errc::kExists, 0,
                      file + " is there and is no page of HTML; a report replaces nothing else"};
  if (!S_ISREG(info.st_mode)) return refused;
  char begin[kPageBegin.size()];
  const UniqueFd fd(
      uninterrupted([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  if (!fd) return errno_error(file);
  const ssize_t got = uninterrupted([&] { return ::read(fd.fd(), begin, sizeof begin); });
  if (got < 0) return errno_error(file);
  if (got > 0 && std::string_view(begin, static_cast<size_t>(got)) != kPageBegin) return refused;
  return std::optional<mode_t>(info.st_mode & 0777);
}

}  // namespace

Result<PageDraft> PageDraft::create(const std::string& name) {
  const std::string file = resolved(name);
  const Result<std::optional<mode_t>> older = inspect(file);
  if (!older) return older.error();
  const std::string part = file + ".part";
  UniqueFd fd(uninterrupted([&] {
    return ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  }));
  if (!fd) return errno_error(part);
  // What a report has left that was killed is taken over; another that is under way is not.
  if (uninterrupted([&] { return ::flock(fd.fd(), LOCK_EX | LOCK_NB); }) != 0) {
    return Error{Errc::kBusy, 0, "another report is writing " + part};
  }
  PageDraft draft(std::move(fd), file, part);
  if (::ftruncate(draft.fd_.fd(), 0) != 0) return errno_error(part);
  if (older->has_value() && ::fchmod(draft.fd_.fd(), **older) != 0) return errno_error(part);
  return draft;
}

PageDraft::PageDraft(PageDraft&& other) noexcept
    : fd_(std::move(other.fd_)),
      file_(std::move(other.file_)),
      part_(std::exchange(other.part_, "")) {}

PageDraft::~PageDraft() {
  if (!part_.empty()) ::unlink(part_.c_str());
}

Result<void> PageDraft::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        uninterrupted([&] { return ::write(fd_.fd(), bytes.data(), bytes.size()); });
    if (written < 0) return errno_error(part_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<void> PageDraft::finish() {
  if (uninterrupted([&] { return ::fsync(fd_.fd()); }) != 0) return errno_error("sync " + part_);
  if (::rename(part_.c_str(), file_.c_str()) != 0) return errno_error(file_);
  part_.clear();
  return {};
}

}  // namespace crawl
