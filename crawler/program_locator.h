// SPDX-License-Identifier: MIT
#pragma once

// Which crawl-fetcher and crawl-serve to start: those that belong to this program, never ones found
// through $PATH.

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

struct LocatedProgram {
  std::string path;  // for people
  UniqueFd fd;       // O_PATH|O_CLOEXEC; every fetcher of a run is started from it
};

// `path` where not empty, else crawl-fetcher beside the running executable, else ../libexec/crawl/
// from there. kNotFound names the paths tried; kInvalid: it is a directory or not executable.
Result<LocatedProgram> locate_fetcher(const std::string& path);
Result<LocatedProgram> locate_server();

}  // namespace crawl
