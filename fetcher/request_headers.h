// SPDX-License-Identifier: MIT
#pragma once

// The header fields that we add to requests, as libcurl wants them. Credentials never cross
// origins: there is one list with them and one without, and each request says which it may have.

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crawl {

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;

// Without memory the list stays as it was.
void append_line(Slist& list, const std::string& line);

// What must not stand in a header field's value.
bool is_safe_field_value(std::string_view value);

// Authorization, Cookie and Proxy-Authorization, in any case. `line` is "Name: value".
bool is_credential_line(std::string_view line);

// Both lists are made once, for all transfers of a fetcher.
class RequestHeaders {
 public:
  // `lines` are the user's; one with a line break or NUL in it is left out.
  explicit RequestHeaders(const std::vector<std::string>& lines);

  const Slist& list(bool with_credentials) const {
    return with_credentials ? with_credentials_ : without_credentials_;
  }
  // A list of the caller's own, to be appended to.
  Slist copy(bool with_credentials) const;

 private:
  Slist with_credentials_, without_credentials_;
};

}  // namespace crawl
