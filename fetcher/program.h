// SPDX-License-Identifier: MIT
#pragma once

namespace crawl {

// Everything of crawl-fetcher but main() itself; returns the exit code.
int run_fetcher(int argc, char** argv);

}  // namespace crawl
