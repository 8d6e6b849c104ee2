// SPDX-License-Identifier: MIT
#pragma once

// What becomes of a schema that is not there yet, or older than this program.

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

// For the writing connection: makes tables and views where there are none, takes older ones up to
// kSchemaVersion, each version in one transaction, and renews the views where another version of
// crawl has made them.
Result<void> bring_schema_up_to_date(Database& database);

}  // namespace crawl
