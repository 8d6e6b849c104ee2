// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

// Gives the space of what was removed back to the file system. `database`, the writing connection,
// is written once more, to a temporary file beside it and from there to its log. kFull, before
// anything is done, where there is no room for that; kBusy where a reader is in the way; kClosed
// once `interrupted`: then it is as it was.
Result<void> vacuum(Database& database, const std::string& path,
                    const std::function<bool()>& interrupted);

// Of the database and its log.
int64_t database_bytes(const std::string& path);

}  // namespace crawl
