// SPDX-License-Identifier: MIT
#pragma once

// What all pages for people have: the way to the others, and a place for their own.

#include <string>
#include <string_view>

#include "report/html.h"
#include "serve/http_server.h"

namespace crawl {

class Page {
 public:
  // `here` is the path of the page among those of the navigation, "" for none of them.
  Page(std::string_view title, std::string_view here);
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  Html& html() { return html_; }
  // The page, ended. Once.
  HttpResponse finish(int status = 200);

 private:
  std::string body_;
  Html html_;
};

// "/why?url=…": a link to what is known of a URL.
std::string why_path(std::string_view url);
// For a value in a query (WHATWG URL, application/x-www-form-urlencoded).
std::string encode_query_value(std::string_view value);

}  // namespace crawl
