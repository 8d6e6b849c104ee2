// SPDX-License-Identifier: MIT
#pragma once

#include "storage/database.h"

namespace crawl {

// Gives the connection an SQL function body(zstd): the bytes of a stored body; NULL of NULL. One
// that does not decompress makes the statement fail.
Result<void> add_body_function(Database& database);

}  // namespace crawl
