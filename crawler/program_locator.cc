// SPDX-License-Identifier: MIT
#include "crawler/program_locator.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <vector>

namespace crawl {
namespace {

Result<LocatedProgram> open_program(const std::string& path, const std::string& what) {
  UniqueFd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) {
    Error error = errno_error("open the " + what + " " + path);
    if (error.sys_errno == ENOENT || error.sys_errno == ENOTDIR) error.code = Errc::kNotFound;
    return error;
  }
  struct stat status {};
  if (fstat(fd.fd(), &status) != 0) return errno_error("look at the " + what + " " + path);
  if (!S_ISREG(status.st_mode)) {
    return Error{Errc::kInvalid, 0, "the " + what + " " + path + " is not a file"};
  }
  // The rights of the effective user, on the very file that was opened.
  if (faccessat(fd.fd(), "", X_OK, AT_EMPTY_PATH | AT_EACCESS) != 0 &&
      faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) {
    if (errno != EACCES) return errno_error("look at the " + what + " " + path);
    return Error{Errc::kInvalid, 0, "the " + what + " " + path + " is not executable"};
  }
  return LocatedProgram{path, std::move(fd)};
}

Result<std::string> executable_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size < 0) return errno_error("read /proc/self/exe");
  const std::string executable(path.data(), static_cast<size_t>(size));
  return executable.substr(0, executable.rfind('/'));
}

// Beside the running executable, else in ../libexec/crawl/ from there.
Result<LocatedProgram> find_program(const std::string& name, const std::string& what) {
  Result<std::string> folder = executable_folder();
  if (!folder) return folder.error();
  std::string tried;
  for (const char* place : {"/", "/../libexec/crawl/"}) {
    // /proc/self/exe goes through no link, so that ".." is the folder before.
    const std::string path = std::filesystem::path(*folder + place + name).lexically_normal();
    Result<LocatedProgram> found = open_program(path, what);
    if (found || found.error().code != Errc::kNotFound) return found;
    tried += (tried.empty() ? "" : " nor at ") + path;
  }
  return Error{Errc::kNotFound, 0, "there is no " + name + " at " + tried};
}

}  // namespace

Result<LocatedProgram> locate_fetcher(const std::string& path) {
  if (!path.empty()) return open_program(path, "fetcher");
  Result<LocatedProgram> found = find_program("crawl-fetcher", "fetcher");
  if (found || found.error().code != Errc::kNotFound) return found;
  return Error{Errc::kNotFound, 0, found.error().context + "; name one with --fetcher"};
}

Result<LocatedProgram> locate_server() { return find_program("crawl-serve", "server"); }

}  // namespace crawl
