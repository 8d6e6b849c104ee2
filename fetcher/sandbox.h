// SPDX-License-Identifier: MIT
#pragma once

// What a fetcher gives up before it sees the first byte from the web.

#include <string>

#include "base/result.h"

namespace crawl {

// Called once, single-threaded, after all libraries are loaded and every file they need has been
// read, and before Ready. Irrevocable. Returns the layers in force, for people ("no_new_privs,
// rlimits").
Result<std::string> enter_sandbox();

}  // namespace crawl
