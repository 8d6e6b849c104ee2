// SPDX-License-Identifier: MIT
#pragma once

// Reads WARC 1.0 and 1.1 files, compressed or not, of whoever wrote them. Whatever the bytes are,
// memory is bounded, and what is damaged is passed over.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "archive/gzip.h"
#include "base/result.h"

namespace crawl {

struct WarcEntry {
  std::string type;        // "response"; in lower case
  std::string target_uri;  // without the angle brackets that some write
  std::string content_type;
  std::string refers_to;  // WARC-Refers-To
  std::string ip_address;
  std::string truncated;  // "length", …; "": it is whole
  int64_t date_ms = 0;    // wall; 0: none, or none that is understood
  uint64_t length = 0;    // of the block
  uint64_t offset = 0;    // of the record in the file, or of the gzip member it is in
};

class WarcReader {
 public:
  static constexpr size_t kHeaderBytesMax = size_t{64} * 1024;

  explicit WarcReader(ReadBytes read);

  // The next record; what is left of the one before is passed over. nullopt: the end. kCorrupt:
  // there is no record where one should be; the next call looks for the next one behind it. A
  // record ends with its gzip member where another record begins the next, whatever length it
  // claims.
  Result<std::optional<WarcEntry>> next();
  // The block of the latest record, or its first `bytes_max` bytes. kCorrupt: it breaks off.
  Result<std::string> block(size_t bytes_max);

  uint64_t position() const { return members_.position(); }  // in the file, for progress

 private:
  Result<bool> fill();
  Result<bool> fill_block();
  Result<void> pass_over(uint64_t bytes);
  Result<bool> skip_line_ends();
  Result<bool> find_record();
  Result<std::optional<std::string>> header();
  Error corrupt(const std::string& what) const;
  Error cut_off();

  MemberReader members_;
  std::string buffer_;  // what was read and not yet used
  bool begun_ = false;
  bool lost_ = false;        // the next record has to be looked for
  bool cut_off_ = false;     // by the next record, with which the buffer begins
  uint64_t block_left_ = 0;  // of the latest record
  uint64_t stream_at_ = 0;   // uncompressed: of what comes next
};

}  // namespace crawl
