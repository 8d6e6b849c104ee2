// SPDX-License-Identifier: MIT
#pragma once

// What a fetcher gives up before it sees the first byte from the web, layer by layer. A layer that
// this kernel or this user cannot have is left out and named, never a reason to fail: the
// coordinator decides whether that is enough (--sandbox).

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "base/vocabulary.h"

namespace crawl {

struct SandboxOrder {
  SandboxMode mode = SandboxMode::kOn;
  bool brokered = false;        // somebody outside answers for connect()
  uint64_t data_bytes_max = 0;  // memory of this process (RLIMIT_DATA); 0: no limit
};

struct Sandbox {
  std::string layers;   // in force, for people: "no_new_privs, limits, …"
  std::string missing;  // left out, and why; "" when nothing is
  UniqueFd listener;    // where connect() asks; none unless brokered
};

// Called once, single-threaded, after all libraries are loaded and every file they need has been
// read. Irrevocable. From here on no thread can be started. An error means that the process is
// neither in nor out, and has to end.
Result<Sandbox> enter_sandbox(const SandboxOrder& order);

}  // namespace crawl
