// SPDX-License-Identifier: MIT
#include "crawler/page_rows.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "base/limits.h"
#include "crawler/json_check.h"

namespace crawl {

namespace {

constexpr size_t kMetadataDepthMax = 100;  // SQLite reads up to 1,000

// Sent back to the server as it is.
bool is_validator(std::string_view text) { return text.find_first_of("\r\n") == text.npos; }

bool has_token(std::string_view tokens, std::string_view wanted) {
  while (!tokens.empty()) {
    const size_t end = std::min(tokens.find(' '), tokens.size());
    if (tokens.substr(0, end) == wanted) return true;
    tokens.remove_prefix(std::min(end + 1, tokens.size()));
  }
  return false;
}

void copy_content(const PageResult& result, PageRow& page) {
  page.document = result.document;
  page.charset = result.charset;
  page.charset_source = result.charset_source;
  page.parse_status = result.parse_status;
  page.title = result.title;
  page.description = result.description;
  page.canonical = result.canonical;
  page.lang = result.lang;
  page.lang_source = result.lang_source;
  page.author = result.author;
  page.published_at = result.published_at_ms;
  page.modified_at = result.modified_at_ms;
  page.unavailable_after = result.unavailable_after_ms;
  page.metadata = result.metadata;
  page.robots_directives = result.robots_directives;
  page.text = result.text;
  page.main_text = result.main_text;
  page.body_bytes = result.body_bytes;
  page.content_hash = result.content_hash;
  page.text_hash = result.text_hash;
  page.simhash = result.simhash;
  page.links_dropped = result.links_dropped;
  page.body_zstd = result.body_zstd;
}

}  // namespace

bool claimable(Outcome outcome) {
  return outcome != Outcome::kNone && outcome != Outcome::kRedirectLimit &&
         outcome != Outcome::kRobotsUnreachable && outcome != Outcome::kCrashedFetcher;
}

bool status_fits(Outcome outcome, uint16_t status) {
  if (outcome == Outcome::kOk) return status >= 200 && status < 300;
  if (outcome == Outcome::kRedirect) return status >= 300 && status < 400;
  if (outcome == Outcome::kNotModified) return status == 304;
  return status == 0 || (status >= 100 && status < 1000);
}

bool has_content(Outcome outcome) {
  return outcome == Outcome::kOk || outcome == Outcome::kTooLarge;
}

// What the page's own directives ask not to be kept. Its title, its links and its hashes stay.
void withhold(PageRow& page) {
  if ((page.robots_directives & kRobotsNoindex) != 0) {
    page.withheld = true;
    page.text = page.main_text = page.metadata = page.description = {};
    page.simhash = 0;
  }
  if ((page.robots_directives & (kRobotsNoindex | kRobotsNoarchive)) != 0) page.body_zstd = {};
}

PageRow page_row(const PageResult& result, std::shared_ptr<const std::string> bytes) {
  PageRow page;
  page.backing = std::move(bytes);
  page.outcome = result.transfer.outcome;
  page.status = result.transfer.status;
  page.elapsed_ms = result.transfer.elapsed_ms;
  page.wire_bytes = result.transfer.wire_bytes;
  page.detail = result.transfer.detail;
  const bool explains_itself = page.outcome == Outcome::kOk || page.outcome == Outcome::kRedirect ||
                               page.outcome == Outcome::kNotModified;
  if (page.detail.empty() && !explains_itself) page.detail = name(page.outcome);
  page.address = result.transfer.address;
  page.content_type = result.content_type;
  page.etag = result.etag;
  page.last_modified = result.last_modified;
  page.headers = result.headers;
  if (has_content(page.outcome)) copy_content(result, page);
  // A failure never replaces what a good fetch brought.
  const bool replaces = has_content(page.outcome) || page.outcome == Outcome::kRedirect ||
                        page.outcome == Outcome::kUnsupportedType;
  page.body_store = replaces ? BodyStore::kReplace : BodyStore::kKeep;
  return page;
}

bool valid_texts(const PageResult& result, const ResultLimits& limits) {
  for (const std::string_view text :
       {result.headers, result.content_type, result.etag, result.last_modified, result.charset,
        result.title, result.description, result.canonical, result.lang, result.author,
        result.metadata, result.text, result.main_text}) {
    if (!is_text(text)) return false;
  }
  const bool hashed = XXH3_64bits(result.text.data(), result.text.size()) == result.text_hash;
  if (!hashed && !(result.text.empty() && result.text_hash == 0)) return false;
  if (!is_validator(result.etag) || !is_validator(result.last_modified)) return false;
  if (!result.metadata.empty() && !is_json_object(result.metadata, kMetadataDepthMax)) return false;
  // Decoding to UTF-8 makes at most three bytes of one; zstd adds next to nothing to what it cannot
  // compress.
  const uint64_t body_max = limits.body_bytes_max;
  constexpr uint64_t kSlack = 64 * 1024;
  const bool body_fits = limits.keep_body
                             ? result.body_zstd.size() <= body_max + body_max / 64 + kSlack
                             : result.body_zstd.empty();
  // A packed feed's text is larger than its body, but no more is unpacked than that.
  const uint64_t text_max = std::max<uint64_t>(3 * body_max + kSlack, kSitemapBytesMax);
  return (result.robots_directives & ~kRobotsAll) == 0 && result.body_bytes <= body_max &&
         result.text.size() <= text_max && result.main_text.size() <= result.text.size() &&
         body_fits;
}

bool collect_links(const LinkSource& source, const PageResult& result, int64_t now,
                   Discovery& discovery, WriteUnit& unit, std::vector<Found>& found) {
  const bool sitemap =
      result.document == DocumentKind::kSitemap || source.role == UrlRole::kSitemap;
  const bool page_nofollow = (result.robots_directives & kRobotsNofollow) != 0;
  PageRow& page = *unit.page;
  page.links.reserve(result.links.size());
  for (const PageLink& link : result.links) {
    if (!is_text(link.href) || !is_text(link.rel) || !is_text(link.anchor)) return false;
    Offer offer;
    offer.href = link.href;
    offer.role = role_of(link.kind);
    offer.recorded_only = link.kind == LinkKind::kForm;
    offer.nofollow = page_nofollow || has_token(link.rel, "nofollow");
    offer.seed_id = source.seed_id;
    offer.via_id = source.url_id;
    offer.priority = link.priority;
    offer.modified_at = link.modified_at_ms;
    // A sitemap is as deep as the page that names it, and has levels of its own.
    offer.depth = source.depth + (offer.role == UrlRole::kSitemap ? 0 : 1);
    if (offer.role == UrlRole::kSitemap && sitemap) offer.hops = source.hops + 1;
    std::optional<Found> seen = discovery.offer(offer, now, unit);
    if (!seen) return false;
    page.links.push_back({seen->url_id, link.kind, link.rel, link.anchor});
    const bool canonical = link.href == result.canonical && seen->url_id != source.url_id;
    if (canonical) page.canonical_id = seen->url_id;
    if (seen->pending) found.push_back(std::move(*seen));
  }
  return true;
}

}  // namespace crawl
