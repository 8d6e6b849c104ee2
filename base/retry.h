// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace crawl {

// Calls until it is not a signal that ended the call (EINTR). Not for close(), which has closed.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// What cannot be written is dropped: for logs and progress, which must never stop the crawl.
inline void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = uninterrupted([&] { return ::write(fd, text.data(), text.size()); });
    if (n <= 0) return;
    text.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace crawl
