// SPDX-License-Identifier: MIT
#include "serve/page.h"

#include <utility>

namespace crawl {

namespace {

struct Place {
  Markup link;
  std::string_view path;
  Markup name;
};

constexpr Place kPlaces[] = {
    {"<li><a href=\"/\"", "/", "Now"},
    {"<li><a href=\"/search\"", "/search", "Search"},
    {"<li><a href=\"/why\"", "/why", "Why"},
    {"<li><a href=\"/questions\"", "/questions", "Questions"},
    {"<li><a href=\"/report\"", "/report", "Report"},
};

}  // namespace

Page::Page(std::string_view title, std::string_view here)
    : html_([this](std::string_view bytes) {
        body_ += bytes;
        return true;
      }) {
  html_ << "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>"
        << Text{title}
        << " – crawl</title>\n<link rel=\"icon\" href=\"data:,\">\n"
           "<link rel=\"stylesheet\" href=\"/serve.css\">\n"
           "<script src=\"/serve.js\" defer></script>\n</head>\n<body>\n"
           "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
           "<header><nav aria-label=\"Pages\"><ul>\n";
  for (const Place& place : kPlaces) {
    html_ << place.link;
    if (place.path == here) html_ << " aria-current=\"page\"";
    html_ << ">" << place.name << "</a></li>\n";
  }
  html_ << "</ul></nav></header>\n<main id=\"main\">\n<h1>" << Text{title} << "</h1>\n";
}

HttpResponse Page::finish(int status) {
  html_ << "</main>\n<footer><p>For programs: <a href=\"/api/status\">/api/status</a>, "
           "<a href=\"/metrics\">/metrics</a></p></footer>\n</body>\n</html>\n";
  html_.flush();
  HttpResponse response;
  response.status = status;
  response.body = std::move(body_);
  return response;
}

std::string encode_query_value(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '*';
    if (plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

std::string why_path(std::string_view url) { return "/why?url=" + encode_query_value(url); }

}  // namespace crawl
