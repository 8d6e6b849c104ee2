// SPDX-License-Identifier: MIT
// Coordinator: what becomes of a page's result. Everything in it is a claim of a process that read
// hostile bytes: it is checked here before any of it becomes a row.

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/escape.h"
#include "crawler/coordinator.h"
#include "crawler/page_rows.h"
#include "web/address_guard.h"

namespace crawl {

namespace {

constexpr int64_t kRetryWaitMaxMs = 10 * 60'000;
constexpr uint64_t kWireBytesMax = uint64_t{1} << 50;  // more than any transfer's

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

// From the silent nothing has come. (What a doubtful silence brought would be forgotten, and the
// URLs found on it with it.)
bool reach_fits(const Transfer& transfer) {
  const bool silent = transfer.reach == Reach::kNameSilent || transfer.reach == Reach::kSilent;
  return !silent || (transfer.status == 0 && !has_content(transfer.outcome));
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

ResultLimits Coordinator::limits_of(const Lease& lease) const {
  const auto size_max = static_cast<uint64_t>(options_.max_size);
  const bool sitemap = lease.url.role == UrlRole::kSitemap;
  return {sitemap ? std::max<uint64_t>(size_max, kSitemapBytesMax) : size_max, options_.keep_body};
}

LinkSource Coordinator::source_of(const Lease& lease) {
  const PendingUrl& url = lease.url;
  return {url.id, url.seed_id, url.depth, url.hops, url.role};
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
  if (!result || !valid(result->transfer, claimed) || !valid_texts(*result, limits_of(claimed))) {
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
  const bool truthful =
      has_content(transfer.outcome)
          ? collect_links(source_of(claimed), *result, clock_.wall_ms(), *discovery_, unit, found)
      : transfer.outcome == Outcome::kRedirect ? collect_redirect(claimed, *result, unit, found)
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
