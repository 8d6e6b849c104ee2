// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

// A read transaction: what it reads is of one moment.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database), begun_(database.execute("BEGIN")) {}
  ~Snapshot() {
    if (begun_) (void)database_.execute("COMMIT");
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const Result<void>& begun() const { return begun_; }

 private:
  Database& database_;
  const Result<void> begun_;
};

}  // namespace crawl
