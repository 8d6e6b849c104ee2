// SPDX-License-Identifier: MIT
// Any bytes as a sitemap or feed: what comes out is valid, bounded and fit to be sent.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "fetcher/xml_reader.h"
#include "web/url.h"

namespace {

void check_text(std::string_view text, size_t bytes_max) {
  CRAWL_CHECK(text.size() <= bytes_max);
  CRAWL_CHECK(crawl::is_valid_utf8(text));
}

void check_link(const crawl::PageLink& link) {
  CRAWL_CHECK(!link.href.empty());
  CRAWL_CHECK(link.priority <= 100);
  CRAWL_CHECK(link.modified_at_ms >= 0);
  check_text(link.href, crawl::kUrlBytesMax);
  check_text(link.rel, crawl::kShortBytesMax);
  check_text(link.anchor, crawl::kAnchorBytesMax);
  if (crawl::is_shortened_url(link.href)) return;
  const auto url = crawl::Url::parse(link.href);
  CRAWL_CHECK(url && url.value().canonical().href() == link.href);
}

void check_outcome(const crawl::XmlOutcome& outcome, const crawl::PageResult& page) {
  CRAWL_CHECK(outcome.broken == !outcome.problem.empty());
  if (outcome.document == crawl::DocumentKind::kNone) {
    CRAWL_CHECK(page.links.empty() && page.links_dropped == 0);
    CRAWL_CHECK(page.title.empty() && page.lang.empty() && outcome.text.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  static XmlReader reader;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  StringPool pool;
  LinkCollector links;
  PageResult page;
  page.transfer.lease = 1;
  page.transfer.outcome = Outcome::kOk;
  links.begin((data[0] & 1) != 0 ? "" : "https://www.example.com/a/b?c", page, pool);
  const bool is_text = (data[0] & 2) != 0;
  XmlReader::looks_like(bytes);
  // read() takes any bytes; lists of URLs are decoded before, and nothing checks them again.
  const std::string valid = is_text ? to_valid_utf8(bytes) : std::string();
  const XmlOutcome outcome =
      is_text ? read_text_sitemap(valid, links, page) : reader.read(bytes, links, page);
  check_outcome(outcome, page);
  check_text(page.title, kTitleBytesMax);
  check_text(page.description, kMetaBytesMax);
  check_text(page.author, kShortBytesMax);
  check_text(page.lang, kShortBytesMax);
  check_text(outcome.text, size);
  CRAWL_CHECK(page.links.size() <= kEntriesMax);
  for (const PageLink& link : page.links) check_link(link);
  std::string message;
  encode_message(page, message);
  CRAWL_CHECK(decode_message<PageResult>(message).has_value());
  return 0;
}
