// SPDX-License-Identifier: MIT
#include "storage/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/retry.h"

namespace crawl {

namespace {

constexpr int64_t kPollMs = 20;

// Two names of one database (a symbolic link, "./x" and "x") must have one lock.
Result<std::string> lock_path(const std::string& database_path) {
  char buffer[PATH_MAX];
  if (::realpath(database_path.c_str(), buffer) != nullptr) return std::string(buffer) + ".lock";
  if (errno != ENOENT) return errno_error("look for " + database_path);
  const size_t slash = database_path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : database_path.substr(0, slash + 1);
  if (::realpath(parent.c_str(), buffer) == nullptr) return errno_error("look for " + parent);
  const std::string directory = buffer;
  return (directory == "/" ? "" : directory) + "/" +
         (slash == std::string::npos ? database_path : database_path.substr(slash + 1)) + ".lock";
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

Result<std::optional<int64_t>> holder(int fd, const std::string& path) {
  struct flock lock = whole_file();
  if (uninterrupted([&] { return ::fcntl(fd, F_GETLK, &lock); }) != 0) {
    return errno_error("lock " + path);
  }
  if (lock.l_type == F_UNLCK) return std::optional<int64_t>();
  return std::optional<int64_t>(std::max<int64_t>(lock.l_pid, 0));
}

Result<UniqueFd> open_lock_file(const std::string& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  UniqueFd fd(uninterrupted([&] { return ::open(path.c_str(), kFlags, 0644); }));
  if (!fd) {
    if (errno == ELOOP) {
      return Error{Errc::kIo, 0, path + " is a symbolic link, which a lock file must not be"};
    }
    return errno_error("cannot create the lock file " + path);
  }
  struct stat info {};
  if (::fstat(fd.fd(), &info) != 0) return errno_error("stat " + path);
  if (!S_ISREG(info.st_mode)) return Error{Errc::kIo, 0, path + " is not a regular file"};
  return fd;
}

// False when the file was removed (by a run that ended) between our open and our lock.
Result<bool> still_named(int fd, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  if (::fstat(fd, &ours) != 0) return errno_error("look at " + path);
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return false;
    return errno_error("look at " + path);
  }
  return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

// The PID inside is for people who look; nothing reads it back.
void write_pid(int fd) {
  const std::string text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(fd, text.data(), text.size(), 0);
}

// The locked file, or no descriptor when another process holds it (`pid` then names it).
Result<UniqueFd> try_lock(const std::string& path, int64_t& pid) {
  for (;;) {
    Result<UniqueFd> fd = open_lock_file(path);
    if (!fd) return fd;
    struct flock lock = whole_file();
    if (uninterrupted([&] { return ::fcntl(fd->fd(), F_SETLK, &lock); }) == 0) {
      const Result<bool> named = still_named(fd->fd(), path);
      if (!named) return named.error();
      if (*named) return fd;
      continue;
    }
    if (errno != EAGAIN && errno != EACCES) return errno_error("lock " + path);
    const auto other = holder(fd->fd(), path);
    if (!other) return other.error();
    if (!*other) continue;  // it has let go just now
    pid = **other;
    return UniqueFd();
  }
}

}  // namespace

Result<RunLock> RunLock::acquire(const std::string& database_path, int64_t wait_ms,
                                 const Clock& clock) {
  const auto resolved = lock_path(database_path);
  if (!resolved) return resolved.error();
  const std::string& path = *resolved;
  const int64_t deadline = clock.monotonic_ms() + wait_ms;
  for (;;) {
    int64_t pid = 0;
    Result<UniqueFd> fd = try_lock(path, pid);
    if (!fd) return fd.error();
    if (*fd) {
      write_pid(fd->fd());
      return RunLock(std::move(*fd), path);
    }
    const int64_t left = deadline - clock.monotonic_ms();
    if (left <= 0) {
      const std::string who = pid > 0 ? fmt::format(" (PID {})", pid) : "";
      return Error{Errc::kBusy, 0,
                   fmt::format("{} is in use by another crawl{}; wait for it with --lock-wait TIME",
                               database_path, who)};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kPollMs)));
  }
}

RunLock::RunLock(RunLock&& other) noexcept
    : fd_(std::move(other.fd_)), path_(std::move(other.path_)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  if (this != &other) {
    release();
    fd_ = std::move(other.fd_);
    path_ = std::move(other.path_);
  }
  return *this;
}

RunLock::~RunLock() { release(); }

void RunLock::release() {
  if (!fd_) return;
  // While the lock is still held: whoever waits for this file sees that its name has gone
  // (still_named).
  ::unlink(path_.c_str());
  fd_.reset();
}

std::optional<int64_t> run_lock_holder(const std::string& database_path) {
  const auto path = lock_path(database_path);
  if (!path) return std::nullopt;
  const UniqueFd fd(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return std::nullopt;
  const auto pid = holder(fd.fd(), *path);
  return pid ? *pid : std::nullopt;
}

}  // namespace crawl
