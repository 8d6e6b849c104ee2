// SPDX-License-Identifier: MIT
#pragma once

// Which versions of a page stay readable: visits that brought one point to its content.

#include <cstdint>

#include "base/result.h"
#include "storage/content_store.h"
#include "storage/database.h"

namespace crawl {

class KeptVersions {
 public:
  // Transactions are the caller's.
  static Result<KeptVersions> create(Database& database);

  // Keeps of a URL what its last visits brought, as many different versions as are `wanted` (the
  // current one among them; none where less than two are); a page that comes and goes between two
  // versions has two. How many visits have lost theirs.
  Result<int64_t> keep_latest(ContentStore& contents, int64_t url_id, int wanted);

 private:
  Statement kept_, release_;
};

}  // namespace crawl
