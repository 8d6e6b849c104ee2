// SPDX-License-Identifier: MIT
#pragma once

// A response as an archive holds it: head and body in one piece, the body with its codings, or, as
// some write it, without them although the head still names them.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "fetcher/response_head.h"

namespace crawl {

struct ArchivedResponse {
  ResponseHead head;
  std::string body;                  // decoded
  bool truncated = false;            // `body` is the beginning of it
  Outcome problem = Outcome::kNone;  // kNone: head and body are as they should be
  std::string detail;
};

ArchivedResponse read_archived_response(std::string_view message, uint64_t body_bytes_max,
                                        uint32_t decode_ratio_max);

// What becomes of a page that answered so: kOk, or why it is none. Redirects are
// judge_location()'s.
Outcome judge_status(int status);

}  // namespace crawl
