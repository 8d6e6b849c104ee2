// SPDX-License-Identifier: MIT
#pragma once

#include "storage/database.h"

namespace crawl {

// One moment for all that a reading connection reads until end(). What is written meanwhile is not
// seen, and the log that holds it cannot shrink.
class Snapshot {
 public:
  static Result<Snapshot> begin(Database& database) {
    Result<void> begun = database.execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1");
    if (!begun) return begun.error();
    return Snapshot(database);
  }
  Snapshot(Snapshot&& other) noexcept : database_(other.database_) { other.database_ = nullptr; }
  Snapshot& operator=(Snapshot&&) = delete;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() { [[maybe_unused]] const Result<void> ended = end(); }

  Result<void> end() {
    Database* database = database_;
    database_ = nullptr;
    return database == nullptr ? Result<void>() : database->execute("COMMIT");
  }

 private:
  explicit Snapshot(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace crawl
