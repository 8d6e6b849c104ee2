// SPDX-License-Identifier: MIT
#pragma once

// Which crawl-fetcher to start: the one that belongs to this program, never one found through
// $PATH.

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

struct LocatedFetcher {
  std::string path;  // for people
  UniqueFd fd;       // O_PATH|O_CLOEXEC; every fetcher of a run is started from it
};

// `path` where not empty, else crawl-fetcher beside the running executable, else ../libexec/crawl/
// from there. kNotFound names the paths tried; kInvalid: it is a directory or not executable.
Result<LocatedFetcher> locate_fetcher(const std::string& path);

}  // namespace crawl
