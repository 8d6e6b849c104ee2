// SPDX-License-Identifier: MIT
#pragma once

// What goes along with one request to a host, and with no other: the header lines that only it may
// see, and the proxy that it is sent through. A fetcher gets them with the job and not before, so
// that one which a page has taken over has nothing of hosts that it was never asked to fetch from.
//
// Credentials among the headers for all hosts go to the origins that seeds name. What a table says
// is secret goes to the host of the table, over https, and over http where the table has over-http.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/options.h"

namespace crawl {

struct RequestExtras {
  std::vector<std::string> headers;
  std::string proxy;      // "" : none
  bool withheld = false;  // secrets stayed here, since the URL is http
};

class RequestBook {
 public:
  explicit RequestBook(const RunOptions& options);

  // The header lines that every request has.
  const std::vector<std::string>& shared() const { return shared_; }
  RequestExtras extras(std::string_view url, bool seed_origin, int64_t now_s) const;
  // "host" or "host:port"
  int64_t delay_ms(std::string_view authority) const;
  bool has_proxy(std::string_view authority) const;

 private:
  const RunOptions& options_;
  std::vector<std::string> shared_, credentials_;
};

}  // namespace crawl
