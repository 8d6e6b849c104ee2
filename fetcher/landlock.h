// SPDX-License-Identifier: MIT
#pragma once

// Landlock (landlock(7)) by its system calls: glibc wraps none of them.

#include "base/result.h"

namespace crawl {

// From here on this process can open, list, make, move, remove and run no file at all, as far as
// this kernel can refuse it: from ABI 4 on also bind no TCP port, and with `no_connections` connect
// no TCP socket; from ABI 6 on send no signal out and reach no abstract UNIX socket. Descriptors
// that are open stay usable. Needs no_new_privs. Returns the ABI in force, at least 1.
Result<int> restrict_files(bool no_connections);

}  // namespace crawl
