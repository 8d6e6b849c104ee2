// SPDX-License-Identifier: MIT
#pragma once

// Users and capabilities (credentials(7), capabilities(7)).

#include "base/result.h"

namespace crawl {

bool is_root();

// Becomes a user that owns nothing, for good. Dies with its parent afterwards as before. An error,
// and nothing has changed, where that user could not be killed by a parent that stays root, or does
// not exist in this user namespace.
Result<void> give_up_root();

// Needs CAP_SETPCAP, without which nothing happens: with no_new_privs it is a formality.
void drop_bounding_set();

// The other sets.
Result<void> drop_capabilities();

}  // namespace crawl
