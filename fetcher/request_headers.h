// SPDX-License-Identifier: MIT
#pragma once

// The header fields that we add to requests, as libcurl wants them: those that all requests have,
// and those of one request alone, which may be secret.

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

// Made once, for all transfers of a fetcher.
class RequestHeaders {
 public:
  // `lines` are the user's; one with a line break or NUL in it is left out.
  explicit RequestHeaders(const std::vector<std::string>& lines);

  const Slist& shared() const { return shared_; }
  // A list of the caller's own: the shared lines but those whose names are among `lines`, then
  // `lines`.
  Slist with(const std::vector<std::string>& lines) const;

 private:
  Slist shared_;
};

}  // namespace crawl
