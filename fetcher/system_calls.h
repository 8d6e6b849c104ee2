// SPDX-License-Identifier: MIT
#pragma once

// The system calls that are left to a fetcher (seccomp(2)).

#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

// What is not on the list kills the process; what libraries may try in good faith, and calls with
// arguments that no fetcher needs, fail with EACCES. With `brokered`, connect() waits for an answer
// of whoever reads the descriptor that is returned (seccomp_unotify(2)); none is returned
// otherwise. Needs no_new_privs. No thread but the calling one may be alive.
Result<UniqueFd> filter_system_calls(bool brokered);

}  // namespace crawl
