// SPDX-License-Identifier: MIT
#pragma once

// What is known of one visit of a URL, read back for an archive. docs/archives.md says what each
// kind becomes.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "storage/database.h"

namespace crawl {

enum class CaptureKind {
  kResponse,     // its head is stored, and its body as far as it is said below
  kResource,     // its body is stored and its head is not: a later fetch has brought another
  kIdentical,    // it brought what was stored already
  kNotModified,  // 304
  kMetadata,     // nothing of it is stored, or nothing may be shown
};

struct Capture {
  int64_t visit_id = 0;
  int64_t run_id = 0;
  int64_t at = 0;
  int64_t status = 0;  // 0: none
  std::string outcome, detail, url, via;
  int64_t depth = 0;
  CaptureKind kind = CaptureKind::kMetadata;
  bool withheld = false;    // the page asks not to be archived
  bool has_head = false;    // of this very fetch
  std::string head;         // field lines
  int64_t content_id = 0;   // of the body; 0: none is stored
  int64_t original_at = 0;  // identical, not modified: the visit that brought the content
  bool cut = false;         // the body is not whole: the fetch stopped at --max-size
  std::string content_type, address, etag, last_modified;
  int64_t wire_bytes = 0;
  int64_t elapsed_ms = -1;  // -1: not known any more
};

class CaptureReader {
 public:
  static Result<CaptureReader> create(Database& database);
  // Up to `limit` visits after `visit_id`, in the order of their commits, until `take` answers
  // false. Returns how many there were.
  Result<int> read(int64_t visit_id, int limit, const std::function<bool(const Capture&)>& take);
  // The decoded body.
  Result<std::string> body(int64_t content_id);
  Result<int64_t> last_visit();

 private:
  Statement visits_, content_, last_;
};

}  // namespace crawl
