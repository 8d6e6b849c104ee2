// SPDX-License-Identifier: MIT
// Any bytes as any page: what comes out is valid, bounded and fit to be sent.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "fetcher/document.h"
#include "web/url.h"

namespace {

void check_text(std::string_view text, size_t bytes_max) {
  CRAWL_CHECK(text.size() <= bytes_max);
  CRAWL_CHECK(crawl::is_valid_utf8(text));
}

void check_page(const crawl::PageResult& page) {
  check_text(page.content_type, crawl::kShortBytesMax);
  check_text(page.title, crawl::kTitleBytesMax);
  check_text(page.description, crawl::kMetaBytesMax);
  check_text(page.lang, crawl::kShortBytesMax);
  check_text(page.text, crawl::kBodyBytesCeiling);
  CRAWL_CHECK(page.text.find('\0') == std::string_view::npos);
  CRAWL_CHECK(crawl::is_valid_utf8(page.metadata) && crawl::is_valid_utf8(page.main_text));
  CRAWL_CHECK(page.links.size() <= crawl::kEntriesMax);
  CRAWL_CHECK(page.canonical.empty() || crawl::is_canonical_http_url(page.canonical));
  for (const crawl::PageLink& link : page.links) {
    CRAWL_CHECK(!link.href.empty());
    check_text(link.href, crawl::kUrlBytesMax);
    check_text(link.rel, crawl::kShortBytesMax);
    check_text(link.anchor, crawl::kAnchorBytesMax);
    if (link.href.starts_with("http:") || link.href.starts_with("https:")) {
      CRAWL_CHECK(crawl::is_canonical_http_url(link.href) || crawl::is_shortened_url(link.href));
    }
  }
  std::string bytes;
  crawl::encode_message(page, bytes);
  CRAWL_CHECK(crawl::decode_message<crawl::PageResult>(bytes).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Tight limits, so that the way out of the parser is taken often.
  static const auto document = crawl::Document::create(
      {.arena_bytes_max = 1u << 20, .cpu_ms_max = 20, .types = "image/* application/pdf"});
  CRAWL_CHECK(document.has_value());
  if (size < 2) return 0;
  static constexpr std::string_view kTypes[] = {"text/html",
                                                "text/html; charset=utf-8",
                                                "text/html; charset=shift_jis",
                                                "text/plain",
                                                "",
                                                "application/xml",
                                                "application/rss+xml; charset=utf-16le",
                                                "text/css",
                                                "application/gzip",
                                                "image/svg+xml",
                                                "application/pdf",
                                                "text/html; charset=iso-2022-jp",
                                                "text/html; charset=gb18030",
                                                "text/html; charset=windows-1252"};
  const auto choice = data[0];
  const auto flags = data[1];
  crawl::DocumentInput input;
  input.body = {reinterpret_cast<const char*>(data + 2), size - 2};
  input.content_type = kTypes[choice % std::size(kTypes)];
  input.url = choice & 0x80 ? "" : "https://www.example.com/a/b?c";
  input.robots_agent = "crawl";
  input.x_robots_tag = input.body.substr(0, choice & 0x40 ? 64 : 0);
  input.truncated = (choice & 0x20) != 0;
  input.is_sitemap = (flags & 1) != 0;
  input.nosniff = (flags & 2) != 0;
  input.link_header = input.body.substr(0, (flags & 4) != 0 ? 256 : 0);
  input.content_language = input.body.substr(0, (flags & 8) != 0 ? 5 : 0);
  input.now_ms = (flags & 16) != 0 ? INT64_MAX : 0;
  crawl::PageResult page;
  page.transfer.lease = 1;
  page.transfer.outcome = crawl::Outcome::kOk;
  const crawl::Outcome outcome = document.value()->parse(input, page, {});
  CRAWL_CHECK((outcome == crawl::Outcome::kOk) == (page.document != crawl::DocumentKind::kNone));
  check_page(page);
  return 0;
}
