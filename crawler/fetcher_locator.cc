// SPDX-License-Identifier: MIT
#include "crawler/fetcher_locator.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <vector>

namespace crawl {
namespace {

Result<LocatedFetcher> open_fetcher(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) {
    Error error = errno_error("open the fetcher " + path);
    if (error.sys_errno == ENOENT || error.sys_errno == ENOTDIR) error.code = Errc::kNotFound;
    return error;
  }
  struct stat status {};
  if (fstat(fd.fd(), &status) != 0) return errno_error("look at the fetcher " + path);
  if (!S_ISREG(status.st_mode)) {
    return Error{Errc::kInvalid, 0, "the fetcher " + path + " is not a file"};
  }
  // The rights of the effective user, on the very file that was opened.
  if (faccessat(fd.fd(), "", X_OK, AT_EMPTY_PATH | AT_EACCESS) != 0 &&
      faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) {
    if (errno != EACCES) return errno_error("look at the fetcher " + path);
    return Error{Errc::kInvalid, 0, "the fetcher " + path + " is not executable"};
  }
  return LocatedFetcher{path, std::move(fd)};
}

Result<std::string> executable_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size < 0) return errno_error("read /proc/self/exe");
  const std::string executable(path.data(), static_cast<size_t>(size));
  return executable.substr(0, executable.rfind('/'));
}

}  // namespace

Result<LocatedFetcher> locate_fetcher(const std::string& path) {
  if (!path.empty()) return open_fetcher(path);
  Result<std::string> folder = executable_folder();
  if (!folder) return folder.error();
  std::string tried;
  for (const char* place : {"/crawl-fetcher", "/../libexec/crawl/crawl-fetcher"}) {
    Result<LocatedFetcher> found = open_fetcher(*folder + place);
    if (found || found.error().code != Errc::kNotFound) return found;
    tried += (tried.empty() ? "" : " nor at ") + *folder + place;
  }
  return Error{Errc::kNotFound, 0,
               "there is no crawl-fetcher at " + tried + "; name one with --fetcher"};
}

}  // namespace crawl
