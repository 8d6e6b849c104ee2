// SPDX-License-Identifier: MIT
#pragma once

namespace crawl {

// Ends the process: one line on stderr, exit code 74 (docs/promises.md). For whoever learns from a
// library that there is no memory left; main() makes it what `new` does then. Any thread may call
// it. Nothing is unwound, as that takes memory and may go wrong half-way: the kernel ends the
// fetchers, and what was committed is what the next run finds, as after any death.
[[noreturn]] void out_of_memory();

}  // namespace crawl
