// SPDX-License-Identifier: MIT

// Domain names through IDNA: what is accepted is ASCII without what no host may hold, stands for
// itself, and reads the same again when it is written in Unicode.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "web/host.h"
#include "web/punycode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto label = punycode_decode(input.substr(0, 512))) {
    CRAWL_CHECK(punycode_decode(punycode_encode(*label)) == label);
  }
  (void)domain_to_unicode(input);
  const std::string text = to_valid_utf8(input);
  (void)domain_to_ascii(text, true);
  const Result<std::string> ascii = domain_to_ascii(text, false);
  if (!ascii) return 0;
  for (const char c : *ascii) CRAWL_CHECK(c > 0x20 && c < 0x7F);
  const Result<std::string> again = domain_to_ascii(*ascii, false);
  CRAWL_CHECK(again.has_value() && *again == *ascii);
  const std::string unicode = domain_to_unicode(*ascii);
  CRAWL_CHECK(is_valid_utf8(unicode));
  const Result<std::string> back = domain_to_ascii(unicode, false);
  CRAWL_CHECK(back.has_value() && *back == *ascii);
  return 0;
}
