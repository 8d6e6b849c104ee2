// SPDX-License-Identifier: MIT
#pragma once

#include "storage/database.h"

namespace crawl {

// While it lives, SQLite keeps what it sorts, gathers or copies in files beside the database, and
// not in memory, which that may not fit, or in /tmp, which may be memory too. One at a time in a
// process, before the connection has any temporary table.
class TemporaryFiles {
 public:
  explicit TemporaryFiles(Database& database);
  ~TemporaryFiles();
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;

 private:
  Database& database_;
};

}  // namespace crawl
