// SPDX-License-Identifier: MIT
#pragma once

#include "crawler/options.h"

namespace crawl {

// One run of a crawl, from the seeds to the end of the run.
ExitCode run_crawl(const RunOptions& options);

}  // namespace crawl
