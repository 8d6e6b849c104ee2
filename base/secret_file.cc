// SPDX-License-Identifier: MIT
#include "base/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/retry.h"
#include "base/unique_fd.h"

namespace crawl {

namespace {

Error invalid(std::string what) { return Error{Errc::kInvalid, 0, std::move(what)}; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

Result<std::string> read_secret_file(const std::string& path, size_t bytes_max,
                                     std::vector<std::string>& warnings) {
  const UniqueFd file(
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY); }));
  if (!file) return errno_error("cannot read " + path);
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) return errno_error("cannot read " + path);
  if (S_ISREG(status.st_mode) && (status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    warnings.push_back(path + " holds secrets and is open to every user of this machine: chmod " +
                       "o= " + path);
  }
  std::string text(bytes_max + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t n =
        uninterrupted([&] { return ::read(file.fd(), &text[size], text.size() - size); });
    if (n < 0) return errno_error("cannot read " + path);
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > bytes_max) {
    return invalid(path + " is longer than " + std::to_string(bytes_max) + " bytes");
  }
  text.resize(size);
  return text;
}

Result<std::string> secret_line(std::string text, const std::string& path) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return invalid(path + " is empty");
  if (std::any_of(text.begin(), text.end(), is_control))
    return invalid(path + " is not one line of text");
  return text;
}

}  // namespace crawl
