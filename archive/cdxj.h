// SPDX-License-Identifier: MIT
#pragma once

// Lines of a CDXJ index, as pywb and warcio write them: a sort-friendly key, 14 digits of time, and
// a JSON object. An index is sorted by the bytes of its lines.

#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

// "http://www.example.com/B?b&a" → "com,example)/b?a&b". The URL is in canonical form.
std::string surt(std::string_view url);

struct CdxjEntry {
  std::string_view url;
  int64_t date_ms = 0;
  std::string_view mime;    // "text/html", "warc/revisit"; "": unknown
  std::string status;       // "200"; "": none
  std::string_view digest;  // "sha1:…"; "": none
  std::string_view file;
  uint64_t offset = 0;
  uint64_t length = 0;
};
std::string cdxj_line(const CdxjEntry& entry);  // without its end

}  // namespace crawl
