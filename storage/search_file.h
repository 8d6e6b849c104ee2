// SPDX-License-Identifier: MIT
#pragma once

// The full text index of a crawl: a SQLite file of its own beside the database, so that it never
// waits for the lock of a crawl that is running and can be deleted at any time. docs/search.md.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

// How much of the crawl the index holds.
struct SearchState {
  int64_t seed = 0;         // of the database it belongs to (meta 'fingerprint_seed')
  bool is_whole = false;    // all pages were read once; until then those up to `scanned_url`
  int64_t scanned_url = 0;  // url.id
  // The last visit that was read; before the first reading, the last one there was. Its URL and its
  // time tell it from that of another history, a backup that was put back.
  int64_t visit_id = 0, visit_url = 0, visit_at = 0;
  int64_t pages = 0;       // that can be found
  int64_t dead = 0;        // rows of pages that are gone, or are another text by now
  int64_t last_doc = 0;    // the highest number given out
  int64_t updated_at = 0;  // wall ms
};

class SearchFile {
 public:
  // "crawl.db.search", beside the file that a symbolic link names.
  static std::string path_beside(Database& crawl);

  // Makes the file where there is none. An index of another database, of another format, or that is
  // damaged, makes room for a new one; kExists: another file is there, which is left alone.
  static Result<SearchFile> open_writer(const std::string& path, int64_t seed);
  // Changes nothing. kNotFound: there is none. kVersion: it is one of another database or format.
  static Result<SearchFile> open_reader(const std::string& path, int64_t seed);
  // True when the error says that the index was damaged, and has been removed.
  static bool remove_if_damaged(const std::string& path, const Error& error);

  Database& database() { return database_; }
  const std::string& path() const { return path_; }

  Result<SearchState> read_state();
  Result<void> write_state(const SearchState& state);  // in a transaction

  // For writing. False: another process is at it (waited a moment).
  Result<bool> begin();
  Result<void> commit();
  void roll_back();

 private:
  SearchFile(Database database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  Database database_;
  std::string path_;
};

}  // namespace crawl
