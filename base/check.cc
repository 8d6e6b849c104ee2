// SPDX-License-Identifier: MIT
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace crawl {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "crawl: bug at %s:%d: %s\n", file, line, expression);
  std::abort();
}

}  // namespace crawl
