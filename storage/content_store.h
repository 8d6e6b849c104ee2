// SPDX-License-Identifier: MIT
#pragma once

// The table `content`: what pages and their kept versions say, each text and body once. References
// are counted; a row without any is deleted. Transactions are the caller's. Used by one thread.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

struct Content {
  std::optional<std::string_view> text;  // nullopt: withheld
  std::string_view main_text;            // "": the same as text
  std::string_view zstd;                 // "": none is kept
  bool empty() const { return !text && zstd.empty(); }
};

// XXH3-64 over all of it, with the database's seed. Equal content has equal fingerprints; who does
// not know the seed cannot make others equal.
int64_t content_fingerprint(const Content& content, uint64_t seed);

class ContentStore {
 public:
  // `seed` is the database's (meta 'fingerprint_seed').
  static Result<ContentStore> create(Database& database, uint64_t seed);

  // Makes the reference `id` (0: none) one to `content` and returns its new value; 0 where there is
  // nothing to keep. A row is shared only after it was compared byte for byte.
  Result<int64_t> replace(int64_t id, const Content& content);
  Result<void> add_reference(int64_t id);
  Result<void> release(int64_t id);

 private:
  ContentStore(Database& database, uint64_t seed) : database_(&database), seed_(seed) {}
  Result<int64_t> find_same(int64_t fingerprint, const Content& content);
  Result<int64_t> insert(int64_t fingerprint, const Content& content);
  Result<int64_t> references(int64_t id);

  Database* database_;
  uint64_t seed_;
  Statement find_, references_, insert_, update_, count_, remove_;
};

}  // namespace crawl
