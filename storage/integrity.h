// SPDX-License-Identifier: MIT
#pragma once

// The checks of `crawl check`: SQLite's own, and what must hold between the tables.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

struct Violation {
  std::string rule;  // what does not hold: "a done URL without an outcome"
  int64_t count = 0;
  std::vector<std::string> examples;  // at most kViolationExamples
};
inline constexpr size_t kViolationExamples = 3;

struct IntegrityReport {
  int64_t urls = 0;
  int64_t pages = 0;
  int64_t links = 0;
  int64_t bodies = 0;
  std::vector<Violation> violations;  // empty: all is well
};

// A checksum of a whole body or text, as the fetcher computes content_hash and text_hash: fed piece
// by piece, then asked.
class ContentHasher {
 public:
  virtual ~ContentHasher() = default;
  virtual void reset() = 0;
  virtual void update(std::string_view bytes) = 0;
  virtual uint64_t digest() const = 0;
};

// Reads everything, in one transaction. Fails only when reading is impossible; what is wrong with
// the content is in the report.
Result<IntegrityReport> check_integrity(Database& database, ContentHasher& hasher);

}  // namespace crawl
