// SPDX-License-Identifier: MIT
#pragma once

// What libcurl's error codes mean for a crawl.

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "ipc/messages.h"

namespace crawl {

// How far a transfer had come when libcurl gave up.
struct Ending {
  CURLcode code = CURLE_OK;
  std::string_view error_text;  // of CURLOPT_ERRORBUFFER
  std::string_view address;     // endpoint; "" when never connected
  bool connected = false;       // by a connection of its own
  bool head_complete = false;   // all header fields of the final response have come
  bool in_handshake = false;    // TCP stood, TLS not yet
  bool body_begun = false;
  int os_errno = 0;
};

struct Verdict {
  Outcome outcome = Outcome::kNone;
  std::string detail;
};

inline constexpr std::string_view kSlowHandshake = "the TLS handshake did not finish in time";

// `ending.code` is not CURLE_OK.
Verdict judge_curl_error(const Ending& ending);

// What that tells of the network; CURLE_OK too.
Reach reach_of(const Ending& ending);

// True when the same request may succeed on a fresh connection: the peer's end of a kept connection
// was dead or out of step.
bool is_stale_connection_error(const Ending& ending);

}  // namespace crawl
