// SPDX-License-Identifier: MIT
// Any bytes in any encoding decode to valid UTF-8 without NUL, which makes a canonical query.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "fetcher/charset.h"
#include "fetcher/query_encoder.h"
#include "web/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto created = crawl::CharsetDecoder::create();
  CRAWL_CHECK(created.has_value());
  crawl::CharsetDecoder& decoder = *created.value();
  if (size == 0) return 0;
  static constexpr std::string_view kLabels[] = {
      "",       "utf-8",   "utf-16le",   "utf-16be", "shift_jis",    "euc-jp", "iso-2022-jp",
      "euc-kr", "big5",    "gbk",        "gb18030",  "windows-1252", "koi8-u", "x-user-defined",
      "l10",    "logical", "iso-2022-kr"};
  const std::string_view label = kLabels[data[0] % std::size(kLabels)];
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool truncated = (data[0] & 0x80) != 0;
  const crawl::CharsetChoice choice = decoder.choose(body, {label, true, truncated});
  const std::string text(decoder.decode(body, choice));
  CRAWL_CHECK(crawl::is_valid_utf8(text));
  CRAWL_CHECK(text.find('\0') == std::string::npos);
  CRAWL_CHECK(text.size() <= 3 * body.size() + 3);
  // No state is carried over.
  CRAWL_CHECK(decoder.decode(body, choice) == text);
  static crawl::QueryEncoder encoder(decoder);
  if (!encoder.use(choice.name)) return 0;
  std::string url = "http://h.example/?";
  encoder.append(text, url);
  CRAWL_CHECK(crawl::is_canonical_http_url(url));
  CRAWL_CHECK(url.size() <= 32 + 24 * text.size());
  std::string again = "http://h.example/?";
  encoder.append(text, again);
  CRAWL_CHECK(again == url);
  return 0;
}
