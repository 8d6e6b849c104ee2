// SPDX-License-Identifier: MIT
#include "storage/sqlite_version.h"

#include <sqlite3.h>

namespace crawl {

std::string_view sqlite_version() { return sqlite3_libversion(); }

}  // namespace crawl
