// SPDX-License-Identifier: MIT
#include "base/draft_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/retry.h"

namespace crawl {

namespace {

bool is_still(const std::string& path, const UniqueFd& file) {
  struct stat named {};
  struct stat opened {};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(file.fd(), &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

// What is to be replaced: a link stays one, and where it leads is written. Not by way of another
// user's link: who that is could have any file of this user replaced.
Result<std::string> place_of(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) return path;
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return Error{Errc::kExists, 0, path + " is a link of another user, and is not followed"};
  }
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Anybody may have put the file there, for this user to fill.
bool lies_open_to_all(const std::string& path) {
  struct stat info {};
  return ::stat(folder_of(path).c_str(), &info) != 0 || (info.st_mode & S_IWOTH) != 0;
}

}  // namespace

std::string DraftFile::draft_path_of(const std::string& path) { return path + ".crawl-part"; }

Result<DraftFile> DraftFile::create(const std::string& asked, IfThere if_there) {
  Result<std::string> place = if_there == IfThere::kReplace ? place_of(asked) : asked;
  if (!place) return place.error();
  const std::string path = std::move(*place);
  struct stat info {};
  std::optional<Older> older;
  if (::lstat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Error{Errc::kExists, EISDIR, path};
    if (if_there == IfThere::kRefuse && (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode))) {
      return Error{Errc::kExists, EEXIST, path};
    }
    if (!S_ISREG(info.st_mode)) {
      return Error{Errc::kExists, 0, path + " is no plain file, and nothing else is replaced"};
    }
    if (info.st_uid == ::geteuid() || !lies_open_to_all(path)) {
      older = {info.st_uid, info.st_gid, info.st_mode & 0777};
    }
  }
  const std::string draft = draft_path_of(path);
  const mode_t mode = older ? 0600 : 0666;  // until it is finished
  UniqueFd file;
  do {
    file.reset(uninterrupted([&] {
      return ::open(draft.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
    }));
    if (!file) {
      const int error = errno;
      return errno_error(error, ::lstat(draft.c_str(), &info) == 0 ? draft : path);
    }
    if (uninterrupted([&] { return ::flock(file.fd(), LOCK_EX | LOCK_NB); }) != 0) {
      return Error{Errc::kBusy, 0, "another process is writing " + draft};
    }
    // Whoever had it may have finished since it was opened: then it is no draft any more.
  } while (!is_still(draft, file));
  if (::fstat(file.fd(), &info) != 0) return errno_error(draft);
  // One of root's may have been given away just before it would have got its name.
  const bool given = ::geteuid() == 0 && older && info.st_uid == older->user;
  const bool ours = info.st_uid == ::geteuid() || given;
  if (!S_ISREG(info.st_mode) || info.st_nlink != 1 || !ours) {
    return Error{Errc::kExists, 0, draft + " is in the way: it is no plain file of this user"};
  }
  DraftFile made(path, if_there, older, std::move(file));
  if (::ftruncate(made.fd(), 0) != 0) return errno_error(draft);
  if (older && ::fchmod(made.fd(), mode) != 0) return errno_error(draft);
  return made;
}

DraftFile::DraftFile(std::string path, IfThere if_there, std::optional<Older> older, UniqueFd file)
    : path_(std::move(path)),
      draft_(draft_path_of(path_)),
      if_there_(if_there),
      older_(older),
      file_(std::move(file)) {}

DraftFile::DraftFile(DraftFile&& other) noexcept = default;

DraftFile::~DraftFile() {
  if (file_) ::unlink(draft_.c_str());
}

// Root may give it away, others to a group of theirs.
Result<void> DraftFile::become_like(const Older& older) const {
  if (::fchown(file_.fd(), older.user, older.group) != 0) {
    [[maybe_unused]] const int given = ::fchown(file_.fd(), static_cast<uid_t>(-1), older.group);
  }
  return ::fchmod(file_.fd(), older.mode) == 0 ? Result<void>() : errno_error(draft_);
}

Result<void> DraftFile::finish() {
  if (Result<void> done = older_ ? become_like(*older_) : Result<void>(); !done) return done;
  if (uninterrupted([&] { return ::fsync(file_.fd()); }) != 0) return errno_error("sync " + draft_);
  int moved = -1;
  if (if_there_ == IfThere::kRefuse) {
    moved = ::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE);
    if (moved != 0 && errno != EINVAL) return errno_error(path_);
  }
  if (moved != 0 && ::rename(draft_.c_str(), path_.c_str()) != 0) return errno_error(path_);
  Result<void> synced = sync_folder_of(path_);
  if (!synced && synced.error().sys_errno == EACCES) {
    // It may be written into, and not be read: then with all of its file system.
    synced = ::syncfs(file_.fd()) == 0 ? Result<void>() : errno_error("sync " + path_);
  }
  file_.reset();
  return synced;
}

Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || uninterrupted([&] { return ::fsync(fd.fd()); }) != 0) {
    return errno_error("sync " + folder);
  }
  return {};
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return {};
  if (errno != EEXIST) return errno_error("cannot make " + path);
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) {
    return errno_error(ENOTDIR, path);
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) return errno_error("cannot write into " + path);
  return {};
}

bool is_about_creating(const Error& error) {
  if (error.code == Errc::kExists) return true;
  switch (error.sys_errno) {
    case ENOENT:
    case EACCES:
    case EPERM:
    case ENOTDIR:
    case EROFS:
    case EISDIR:
    case EEXIST:
    case ENAMETOOLONG:
    case ELOOP:
      return true;
    default:
      return false;
  }
}

}  // namespace crawl
