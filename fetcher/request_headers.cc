// SPDX-License-Identifier: MIT
#include "fetcher/request_headers.h"

#include <algorithm>

#include "base/ascii.h"

namespace crawl {

namespace {

const char* const kAccept = "Accept: text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5";

// libcurl reads a name up to ':' or ';'.
std::string_view field_name(std::string_view line) {
  return line.substr(0, line.find_first_of(":; \t"));
}

}  // namespace

void append_line(Slist& list, const std::string& line) {
  curl_slist* grown = curl_slist_append(list.get(), line.c_str());
  if (grown == nullptr) return;
  (void)list.release();
  list.reset(grown);
}

bool is_safe_field_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

RequestHeaders::RequestHeaders(const std::vector<std::string>& lines) {
  append_line(shared_, kAccept);
  for (const std::string& line : lines) {
    if (is_safe_field_value(line)) append_line(shared_, line);
  }
}

Slist RequestHeaders::with(const std::vector<std::string>& lines) const {
  Slist list;
  for (const curl_slist* node = shared_.get(); node != nullptr; node = node->next) {
    const std::string_view name = field_name(node->data);
    const bool replaced = std::any_of(lines.begin(), lines.end(), [name](const std::string& line) {
      return same_ignoring_case(field_name(line), name);
    });
    if (!replaced) append_line(list, node->data);
  }
  for (const std::string& line : lines) {
    if (is_safe_field_value(line)) append_line(list, line);
  }
  return list;
}

}  // namespace crawl
