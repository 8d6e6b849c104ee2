// SPDX-License-Identifier: MIT
#pragma once

// CRAWL_CHECK guards what only a bug of ours can break; it reports and aborts (exit by SIGABRT).
// Never use it on bytes from a peer, the web, a file or the user: those are errors, not bugs.

namespace crawl {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace crawl

#define CRAWL_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::crawl::check_failed(#expression, __FILE__, __LINE__))
