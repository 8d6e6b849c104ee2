// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>

namespace crawl {

// Calls until it is not a signal that ended the call (EINTR). Not for close(), which has closed.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

}  // namespace crawl
