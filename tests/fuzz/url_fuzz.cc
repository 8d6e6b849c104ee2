// SPDX-License-Identifier: MIT

// The URL parser on any bytes, alone and against a base (input: BASE '\0' REFERENCE). A parsed URL
// must parse to itself, its parts must lie within it, and the fast test for canonical URLs must
// agree with the parser.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "web/host.h"
#include "web/url.h"

namespace {

using crawl::Result;
using crawl::Url;

void check_same(const Url& a, const Url& b) {
  CRAWL_CHECK(a.href() == b.href());
  CRAWL_CHECK(a.scheme() == b.scheme());
  CRAWL_CHECK(a.username() == b.username());
  CRAWL_CHECK(a.password() == b.password());
  CRAWL_CHECK(a.host() == b.host());
  CRAWL_CHECK(a.port() == b.port());
  CRAWL_CHECK(a.path() == b.path());
  CRAWL_CHECK(a.has_query() == b.has_query() && a.query() == b.query());
  CRAWL_CHECK(a.has_fragment() == b.has_fragment() && a.fragment() == b.fragment());
  CRAWL_CHECK(a.has_opaque_path() == b.has_opaque_path());
  CRAWL_CHECK(a.authority() == b.authority());
  CRAWL_CHECK(a.origin() == b.origin());
}

void check_url(const Url& url) {
  for (const char c : url.href()) CRAWL_CHECK(c >= 0x20 && c < 0x7F);
  const Result<Url> again = Url::parse(url.href());
  CRAWL_CHECK(again.has_value());
  check_same(*again, url);

  const Url canonical = url.canonical();
  CRAWL_CHECK(!canonical.has_fragment() && !canonical.has_credentials());
  const Result<Url> canonical_again = Url::parse(canonical.href());
  CRAWL_CHECK(canonical_again.has_value());
  check_same(*canonical_again, canonical);
  CRAWL_CHECK(crawl::is_canonical_http_url(canonical.href()) == url.is_http());

  (void)crawl::is_private_host_name(url.host());
  (void)crawl::registrable_domain(url.host());
  (void)crawl::domain_to_unicode(url.host());
}

void check_canonical_test(std::string_view text) {
  const Result<Url> url = Url::parse(text);
  const bool canonical = url && url->is_http() && url->canonical().href() == text;
  CRAWL_CHECK(crawl::is_canonical_http_url(text) == canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_canonical_test(input);
  if (const Result<Url> url = Url::parse(input)) check_url(*url);

  const size_t split = input.find('\0');
  if (split != std::string_view::npos) {
    const Result<Url> base = Url::parse(input.substr(0, split));
    if (!base) return 0;
    if (const Result<Url> url = Url::parse(input.substr(split + 1), *base)) check_url(*url);
  }
  return 0;
}
