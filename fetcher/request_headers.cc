// SPDX-License-Identifier: MIT
#include "fetcher/request_headers.h"

#include <algorithm>
#include <array>

#include "fetcher/ascii.h"

namespace crawl {

namespace {

const char* const kAccept = "Accept: text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5";

constexpr std::array<std::string_view, 3> kCredentialNames = {"authorization", "cookie",
                                                              "proxy-authorization"};

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

bool is_credential_line(std::string_view line) {
  // libcurl reads a name up to ':' or ';', and some servers forgive white space before it.
  const std::string_view name = line.substr(0, line.find_first_of(":; \t"));
  return std::any_of(
      kCredentialNames.begin(), kCredentialNames.end(),
      [name](std::string_view credential) { return equals_ignoring_case(name, credential); });
}

RequestHeaders::RequestHeaders(const std::vector<std::string>& lines) {
  append_line(with_credentials_, kAccept);
  append_line(without_credentials_, kAccept);
  for (const std::string& line : lines) {
    if (!is_safe_field_value(line)) continue;
    append_line(with_credentials_, line);
    if (!is_credential_line(line)) append_line(without_credentials_, line);
  }
}

Slist RequestHeaders::copy(bool with_credentials) const {
  Slist copied;
  for (const curl_slist* node = list(with_credentials).get(); node != nullptr; node = node->next) {
    append_line(copied, node->data);
  }
  return copied;
}

}  // namespace crawl
