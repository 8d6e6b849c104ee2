// SPDX-License-Identifier: MIT
#pragma once

// A copy of a whole database, also of one that is being written to.

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

// Called now and then, with pages of the database; false: give up (kClosed).
using BackupProgress = std::function<bool(int64_t done, int64_t total)>;

// Copies what `source`, a reading connection, sees at this moment into a new file at `path`, which
// is there, whole and on the disk, when this returns; after a failure it is not. What is written to
// the source meanwhile is not in it, and its log cannot shrink until this is done. A run that is
// under way ends as 'copied' in it. kExists: there is something at `path`. kBusy: another process
// is writing there.
Result<void> back_up(Database& source, const std::string& source_path, const std::string& path,
                     const BackupProgress& progress);

}  // namespace crawl
