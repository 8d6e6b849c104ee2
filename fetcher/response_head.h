// SPDX-License-Identifier: MIT
#pragma once

// The header of one response, line by line as it arrives (RFC 9110 §5, RFC 9112 §5). Interim (1xx)
// responses are skipped, trailers are counted but not kept.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"

namespace crawl {

inline constexpr size_t kHeaderLinesMax = 2'000;
// What one read of gzip makes of itself 1032 times its size is bounded; what a third coding, or a
// second after Brotli, which knows no such bound, may make of that is not, and none of our
// callbacks sees it.
inline constexpr int kContentCodingsMax = 2;
// Not zstd: each body may ask for 128 MiB to refer back to, and libcurl would give it.
inline constexpr const char* kAcceptedCodings = "gzip, deflate, br";

class ResponseHead {
 public:
  enum class Problem : uint8_t {
    kNone,
    kTooLarge,            // kHeaderBytesMax or kHeaderLinesMax
    kTooManyCodings,      // kContentCodingsMax
    kUnaskedCoding,       // not among kAcceptedCodings
    kConflictingLengths,  // RFC 9112 §6.3: lengths that disagree, or a length beside a transfer
                          // coding
  };

  void clear();

  // One line with or without its line end. Interim responses count towards the limits too.
  Problem add_line(std::string_view line);

  // True once the blank line after the final response's fields has come.
  bool complete() const { return complete_; }
  int status() const { return status_; }  // 0: none understood
  uint64_t bytes() const { return bytes_; }

  // The field lines as received, CRLF between.
  const std::string& lines() const { return lines_; }

  // Value of the first field of that name, without white space around it; "" when absent. `name` is
  // in lower case.
  std::string value(std::string_view name) const;
  // All values of that name, in order.
  std::string joined_values(std::string_view name, std::string_view separator = ", ") const;

  std::optional<uint64_t> announced_length() const { return announced_length_; }
  bool has_content_coding() const { return codings_ > 0; }

 private:
  void begin(std::string_view status_line);
  Problem finish_block();
  Problem check_codings();
  Problem check_lengths();

  template <typename Visitor>
  void visit(std::string_view name, Visitor visitor) const;

  std::string lines_;
  uint64_t bytes_ = 0;
  size_t line_count_ = 0;
  int status_ = 0;
  int codings_ = 0;
  bool in_block_ = false;
  bool complete_ = false;
  std::optional<uint64_t> announced_length_;
};

}  // namespace crawl
