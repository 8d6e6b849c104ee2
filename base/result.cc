// SPDX-License-Identifier: MIT
#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace crawl {

std::string Error::message() const {
  if (sys_errno == 0) return context;
  // std::generic_category is thread-safe where strerror is not.
  return context + ": " + std::generic_category().message(sys_errno);
}

bool is_shortage(const Error& error) {
  switch (error.sys_errno) {
    case EAGAIN:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:
      return true;
    default:
      return false;
  }
}

Error errno_error(std::string context) { return errno_error(errno, std::move(context)); }

Error errno_error(int sys_errno, std::string context) {
  Errc code = Errc::kIo;
  if (sys_errno == ENOENT) code = Errc::kNotFound;
  if (sys_errno == EEXIST) code = Errc::kExists;
  if (sys_errno == ENOSPC || sys_errno == EDQUOT) code = Errc::kFull;
  if (sys_errno == EAGAIN || sys_errno == EBUSY) code = Errc::kBusy;
  if (sys_errno == EPIPE || sys_errno == ECONNRESET) code = Errc::kClosed;
  return Error{code, sys_errno, std::move(context)};
}

}  // namespace crawl
