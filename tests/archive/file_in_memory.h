// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "archive/gzip.h"

namespace crawl::test {

// A file in memory, of which each read gives `step` bytes at most.
inline ReadBytes bytes_of(std::string file, size_t step = 1 << 20) {
  return [file = std::move(file), step, at = size_t{0}](char* buffer,
                                                        size_t size) mutable -> Result<size_t> {
    const size_t got = std::min({size, step, file.size() - at});
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), got, buffer);
    at += got;
    return got;
  };
}

}  // namespace crawl::test
