// SPDX-License-Identifier: MIT
// Coordinator: what becomes of a page's result. Everything in it is a claim of a process that read
// hostile bytes: it is checked here before any of it becomes a row.

#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/escape.h"
#include "crawler/coordinator.h"
#include "crawler/json_check.h"
#include "web/address_guard.h"

namespace crawl {

namespace {

constexpr int64_t kRetryWaitMaxMs = 10 * 60'000;
constexpr uint64_t kWireBytesMax = uint64_t{1} << 50;  // more than any transfer's
constexpr size_t kMetadataDepthMax = 100;              // SQLite reads up to 1,000

// Sent back to the server as it is.
bool is_validator(std::string_view text) { return text.find_first_of("\r\n") == text.npos; }

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

bool has_token(std::string_view tokens, std::string_view wanted) {
  while (!tokens.empty()) {
    const size_t end = std::min(tokens.find(' '), tokens.size());
    if (tokens.substr(0, end) == wanted) return true;
    tokens.remove_prefix(std::min(end + 1, tokens.size()));
  }
  return false;
}

// Might come out differently in a minute.
bool is_transient(const Transfer& transfer) {
  switch (transfer.outcome) {
    case Outcome::kDnsFailed:
    case Outcome::kConnectFailed:
    case Outcome::kTimeout:
    case Outcome::kIncomplete:
    case Outcome::kProtocolError:
      return true;
    case Outcome::kHttpError:
      return transfer.status == 408 || transfer.status == 425 || transfer.status == 429 ||
             transfer.status == 500 || transfer.status == 502 || transfer.status == 503 ||
             transfer.status == 504;
    default:
      return false;
  }
}

bool has_content(Outcome outcome) {
  return outcome == Outcome::kOk || outcome == Outcome::kTooLarge;
}

// From the silent nothing has come. (What a doubtful silence brought would be forgotten, and the
// URLs found on it with it.)
bool reach_fits(const Transfer& transfer) {
  const bool silent = transfer.reach == Reach::kNameSilent || transfer.reach == Reach::kSilent;
  return !silent || (transfer.status == 0 && !has_content(transfer.outcome));
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

}  // namespace

bool Coordinator::on_result(size_t index, MessageType type, uint64_t lease_id,
                            std::shared_ptr<const std::string> bytes) {
  const auto found = leases_.find(lease_id);
  if (found == leases_.end() || found->second.fetcher != index) return false;
  const bool robots = type == MessageType::kRobotsResult;
  if (found->second.robots != robots) return false;
  return robots ? on_robots_result(lease_id, *bytes) : on_page_result(lease_id, std::move(bytes));
}

bool Coordinator::valid(const Transfer& transfer, const Lease& lease) {
  // Nobody may say "as it was" who was not told how it was.
  const bool conditional = !lease.url.etag.empty() || !lease.url.last_modified.empty();
  if (transfer.outcome == Outcome::kNotModified && !conditional) return false;
  return transfer.generation == pool_->generation(lease.fetcher) && claimable(transfer.outcome) &&
         status_fits(transfer.outcome, transfer.status) && reach_fits(transfer) &&
         transfer.wire_bytes <= kWireBytesMax && transfer.retry_after_ms >= -1 &&
         is_text(transfer.detail) && may_come_from(transfer, lease) && is_text(transfer.location);
}

// An answer came from an address that the host may have; behind a proxy it is the proxy's.
bool Coordinator::may_come_from(const Transfer& transfer, const Lease& lease) {
  const std::string_view endpoint = transfer.address;
  if (endpoint.empty()) return true;
  const size_t colon = endpoint.rfind(':');
  const std::optional<IpAddress> address = IpAddress::parse(endpoint.substr(0, colon));
  if (!address) return false;
  const auto port =
      static_cast<uint16_t>(std::atoi(std::string(endpoint.substr(colon + 1)).c_str()));
  if (endpoint_text(*address, port) != endpoint) return false;
  if (transfer.status == 0 || lease.by_proxy) return true;
  if (lease.control == Control::kName) return false;
  const bool any = frontier_.find(lease.host_id)->allow_private;
  return address_allowed(*address, any ? AddressPolicy::kAny : AddressPolicy::kPublicOnly);
}

bool Coordinator::valid_texts(const PageResult& result, UrlRole role) const {
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
  const auto size_max = static_cast<uint64_t>(options_.max_size);
  const uint64_t body_max =
      role == UrlRole::kSitemap ? std::max<uint64_t>(size_max, kSitemapBytesMax) : size_max;
  constexpr uint64_t kSlack = 64 * 1024;
  const bool body_fits = options_.keep_body
                             ? result.body_zstd.size() <= body_max + body_max / 64 + kSlack
                             : result.body_zstd.empty();
  // A packed feed's text is larger than its body, but no more is unpacked than that.
  const uint64_t text_max = std::max<uint64_t>(3 * body_max + kSlack, kSitemapBytesMax);
  return (result.robots_directives & ~kRobotsAll) == 0 && result.body_bytes <= body_max &&
         result.text.size() <= text_max && result.main_text.size() <= result.text.size() &&
         body_fits;
}

// A sitemap may lie outside the scope; what turns out to be none may not be kept from there.
bool Coordinator::is_stray(const Lease& lease, const PageResult& result) const {
  if (lease.url.role != UrlRole::kSitemap || !has_content(result.transfer.outcome) ||
      result.document == DocumentKind::kSitemap) {
    return false;
  }
  const Result<Url> url = Url::parse(lease.url.url);
  CRAWL_CHECK(url.has_value());
  return !discovery_->scope().admitting_seed(*url, lease.url.seed_id);
}

bool Coordinator::on_page_result(uint64_t lease_id, std::shared_ptr<const std::string> bytes) {
  std::optional<PageResult> result = decode_message<PageResult>(*bytes);
  const Lease& claimed = leases_.at(lease_id);
  if (!result || !valid(result->transfer, claimed) || !valid_texts(*result, claimed.url.role)) {
    return false;
  }
  if (is_stray(claimed, *result)) {
    result->transfer.outcome = Outcome::kUnsupportedType;
    result->transfer.detail = "no sitemap, and out of scope";
  }
  const Transfer& transfer = result->transfer;

  WriteUnit unit;
  std::vector<Found> found;
  unit.page = page_row(*result, bytes);
  PageRow& page = *unit.page;
  if (options_.robots == RobotsPolicy::kObey) withhold(page);
  // While nobody at all answers, the trouble is on this side.
  page.counts_as_failure = answers_ > 0 || transfer.status > 0;
  const bool truthful = has_content(transfer.outcome) ? collect_links(claimed, *result, unit, found)
                        : transfer.outcome == Outcome::kRedirect
                            ? collect_redirect(claimed, *result, unit, found)
                            : true;
  if (!truthful) {
    // What it had found so far passed every check and is known by now; only the page is not
    // believed.
    unit.page.reset();
    submit(std::move(unit), found);
    return false;
  }

  Lease lease = take_lease(lease_id);
  foreign_blames_.erase(lease.url.id);
  if (suspects_.erase(lease.url.id) > 0) reserved_for_[lease.fetcher] = 0;  // it was innocent
  const Ended ended = end_request(lease, transfer);
  Host& asked = ended.asked;
  if (!ended.counts) {
    asked.queue.push(lease.url);
    changed(asked);
    return true;
  }
  if (retry(asked, lease, transfer)) return true;
  const bool asks_more = (result->robots_directives & ~lease.url.robots_directives) != 0;
  if (page.outcome == Outcome::kNotModified && asks_more) return fetch_anew(asked, lease);

  page.url_id = lease.url.id;
  page.fetched_at = clock_.wall_ms();
  page.fetcher_pid = pool_->pid(lease.fetcher);
  UrlUpdate update = url_update(lease.url, UrlState::kDone);
  // 304: the page is what it was when it was last fetched whole.
  update.outcome = page.outcome == Outcome::kNotModified ? Outcome::kOk : page.outcome;
  if (update.outcome != Outcome::kOk) update.reason = page.detail;
  unit.url_updates.push_back(std::move(update));

  ++pages_;
  --pending_;
  bytes_ += static_cast<int64_t>(page.body_bytes);
  // A sitemap that is not there was no more than a guess.
  const bool guessed = lease.url.role == UrlRole::kSitemap && page.status >= 400;
  const bool good = has_content(page.outcome) || page.outcome == Outcome::kRedirect ||
                    page.outcome == Outcome::kNotModified ||
                    page.outcome == Outcome::kUnsupportedType || guessed;
  if (!good) ++errors_;
  page.counts_as_error = !good;
  asked.queue.release(lease.url.id);
  if (page.simhash != 0) watch_for_traps(lease, page);
  submit(std::move(unit), found);
  changed(asked);
  return true;
}

// Folders whose pages all read the same have no end.
void Coordinator::watch_for_traps(const Lease& lease, const PageRow& page) {
  const Result<Url> url = Url::parse(lease.url.url);
  CRAWL_CHECK(url.has_value());  // it was when the page was handed out
  discovery_->traps().on_page(lease.host_id, *url, page.simhash, page.text.size());
}

bool Coordinator::collect_links(const Lease& lease, const PageResult& result, WriteUnit& unit,
                                std::vector<Found>& found) {
  const bool sitemap =
      result.document == DocumentKind::kSitemap || lease.url.role == UrlRole::kSitemap;
  const bool page_nofollow = (result.robots_directives & kRobotsNofollow) != 0;
  const int64_t now = clock_.wall_ms();
  PageRow& page = *unit.page;
  page.links.reserve(result.links.size());
  for (const PageLink& link : result.links) {
    if (!is_text(link.href) || !is_text(link.rel) || !is_text(link.anchor)) return false;
    Offer offer;
    offer.href = link.href;
    offer.role = role_of(link.kind);
    offer.recorded_only = link.kind == LinkKind::kForm;
    offer.nofollow = page_nofollow || has_token(link.rel, "nofollow");
    offer.seed_id = lease.url.seed_id;
    offer.via_id = lease.url.id;
    offer.priority = link.priority;
    offer.modified_at = link.modified_at_ms;
    // A sitemap is as deep as the page that names it, and has levels of its own.
    offer.depth = lease.url.depth + (offer.role == UrlRole::kSitemap ? 0 : 1);
    if (offer.role == UrlRole::kSitemap && sitemap) offer.hops = lease.url.hops + 1;
    std::optional<Found> seen = discovery_->offer(offer, now, unit);
    if (!seen) return false;
    page.links.push_back({seen->url_id, link.kind, link.rel, link.anchor});
    const bool canonical = link.href == result.canonical && seen->url_id != lease.url.id;
    if (canonical) page.canonical_id = seen->url_id;
    if (seen->pending) found.push_back(std::move(*seen));
  }
  return true;
}

// The next hop is a URL like any other: in scope or not, allowed or not, seen or new. It keeps the
// depth of the page that points to it.
bool Coordinator::collect_redirect(const Lease& lease, const PageResult& result, WriteUnit& unit,
                                   std::vector<Found>& found) {
  PageRow& page = *unit.page;
  if (lease.url.hops >= options_.max_redirects) {
    page.outcome = Outcome::kRedirectLimit;
    page.body_store = BodyStore::kKeep;
    page.detail = "more redirects in a row than --max-redirects allows";
    return true;
  }
  if (result.transfer.location.empty()) return true;
  Offer offer;
  offer.href = result.transfer.location;
  offer.role = lease.url.role == UrlRole::kSeed ? UrlRole::kPage : lease.url.role;
  offer.depth = lease.url.depth;
  offer.hops = lease.url.hops + 1;
  offer.seed_id = lease.url.seed_id;
  offer.via_id = lease.url.id;
  std::optional<Found> seen = discovery_->offer(offer, clock_.wall_ms(), unit);
  if (!seen) return false;
  page.redirect_id = seen->url_id;
  page.links.push_back({seen->url_id, LinkKind::kRedirect, {}, {}});
  if (seen->pending) found.push_back(std::move(*seen));
  return true;
}

void Coordinator::submit(WriteUnit unit, const std::vector<Found>& found) {
  // First the rows, then the queues: a tail that is read later must contain what was left to it.
  if (!unit.listed.empty()) ++revivals_;
  writer_->submit(std::move(unit));
  for (const Found& one : found) queue(one);
}

Coordinator::Lease Coordinator::take_lease(uint64_t lease_id) {
  const auto found = leases_.find(lease_id);
  Lease lease = std::move(found->second);
  leases_.erase(found);
  if (!lease.robots) --page_leases_;
  if (lease.control != Control::kNo) --control_leases_;
  return lease;
}

// The page is what it was, but its header asks for less of it to be kept now: fetched whole, it is
// stored as any page that asks for that.
bool Coordinator::fetch_anew(Host& asked, Lease& lease) {
  lease.url.etag.clear();
  lease.url.last_modified.clear();
  asked.queue.delay(std::move(lease.url), clock_.monotonic_ms());
  changed(asked);
  return true;
}

bool Coordinator::retry(Host& asked, Lease& lease, const Transfer& transfer) {
  if (!is_transient(transfer) || lease.url.attempts >= options_.retries) return false;
  const int shift = static_cast<int>(std::min<int64_t>(lease.url.attempts, 20));
  const int64_t wait = std::min(options_.retry_wait_ms << shift, kRetryWaitMaxMs);
  ++lease.url.attempts;
  WriteUnit unit;
  unit.attempt = AttemptRow{lease.url.id, clock_.wall_ms(), transfer.status, transfer.outcome};
  unit.url_updates.push_back(url_update(lease.url, UrlState::kPending));
  writer_->submit(std::move(unit));
  asked.queue.delay(std::move(lease.url), clock_.monotonic_ms() + wait);
  changed(asked);
  return true;
}

}  // namespace crawl
