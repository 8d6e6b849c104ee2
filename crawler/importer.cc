// SPDX-License-Identifier: MIT
#include "crawler/importer.h"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"
#include "crawler/page_rows.h"
#include "web/address_guard.h"

namespace crawl {

namespace {

constexpr size_t kQueuedBytesMax = size_t{64} << 20;  // handed to the writer and not yet applied
constexpr int kWriterWaitMs = 20;
constexpr size_t kFieldsBytesMax = 64 * 1024;
constexpr uint64_t kResponseHeadMax = uint64_t{1} << 20;

// The value of a line of application/warc-fields; "" where there is none.
std::string_view field(std::string_view block, std::string_view name) {
  while (!block.empty()) {
    const size_t end = std::min(block.find('\n'), block.size());
    std::string_view line = block.substr(0, end);
    block.remove_prefix(std::min(end + 1, block.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.size() > name.size() + 1 && line.starts_with(name) && line[name.size()] == ':') {
      line.remove_prefix(name.size() + 1);
      while (line.starts_with(' ')) line.remove_prefix(1);
      return line;
    }
  }
  return "";
}

// What an archive of ours says of a fetch that brought nothing.
bool describe_failure(std::string_view block, Outcome& outcome, int64_t& status,
                      std::string& detail) {
  const std::optional<Outcome> named = outcome_named(field(block, "outcome"));
  if (!named || !claimable(*named) || has_content(*named) || *named == Outcome::kNotModified) {
    return false;
  }
  const std::string_view number = field(block, "status");
  std::from_chars(number.data(), number.data() + number.size(), status);
  if (status < 0 || status > 999 || !status_fits(*named, static_cast<uint16_t>(status))) status = 0;
  outcome = *named;
  detail = to_valid_utf8(field(block, "detail").substr(0, kShortBytesMax));
  if (detail.empty()) detail = name(outcome);
  return *named != Outcome::kRedirect;
}

std::string endpoint_of(const std::string& ip, const Url& url) {
  const std::optional<IpAddress> address = IpAddress::parse(ip);
  return address ? endpoint_text(*address, url.effective_port()) : "";
}

// An archive may hold less than there was.
void settle_truncated(const std::string& truncated, bool cut, PageResult& result) {
  if (result.transfer.outcome != Outcome::kOk || (truncated.empty() && !cut)) return;
  if (cut) {
    result.transfer.outcome = Outcome::kTooLarge;
    result.transfer.detail = "its record is longer than is read for --max-size";
  } else if (truncated == "length" || result.body_bytes > 0) {
    result.transfer.outcome = Outcome::kTooLarge;
    result.transfer.detail = "the archive has its beginning only";
  } else {
    result.transfer.outcome = Outcome::kUnsupportedType;
    result.transfer.detail = "the archive has no body of it";
  }
}

}  // namespace

Result<std::unique_ptr<Importer>> Importer::create(Database database, const RunStart& start,
                                                   std::unique_ptr<ParseClient> parser,
                                                   const Options& options) {
  auto scope = ScopePolicy::create(RunOptions{});
  if (!scope) return scope.error();
  std::unique_ptr<Importer> importer(
      new Importer(options, Discovery(start.fingerprint_seed, std::move(*scope), {})));
  Discovery& discovery = importer->discovery_;
  discovery.set_next_ids(start.next_url_id, start.next_host_id);
  auto hosts = for_each_host(database,
                             [&](const HostRow& row) { discovery.restore_host(row.id, row.name); });
  if (!hosts) return hosts.error();
  auto urls = for_each_url(database, [&](const KnownUrl& known) {
    discovery.restore_url(known.id, known.host_id, known.url,
                          known.state == name(UrlState::kSkipped));
  });
  if (!urls) return urls.error();
  importer->parser_ = std::move(parser);
  auto writer = Writer::start(std::move(database), start.run_id, options.writer);
  if (!writer) return writer.error();
  importer->writer_ = std::move(*writer);
  return importer;
}

Result<void> Importer::take(const WarcEntry& entry, WarcReader& reader) {
  Result<Url> url = Url::parse(entry.target_uri);
  const bool usable =
      url && url->is_http() && entry.date_ms > 0 && url->canonical().href().size() <= kUrlBytesMax;
  if (!usable) return {};
  auto capture = std::make_shared<Capture>();
  capture->url = url->canonical();
  capture->at = entry.date_ms;
  capture->truncated = entry.truncated;
  capture->ip = entry.ip_address;
  Result<bool> wanted = describe(entry, reader, *capture);
  if (!wanted) return wanted.error();
  if (!*wanted) return {};
  if (entry.date_ms > options_.latest_ms) {
    ++counts_.later;
    return {};
  }
  if (capture->outcome == Outcome::kNone) {
    if (Result<void> handed = parse(entry, reader, capture); !handed) return handed;
  }
  ++counts_.captures;
  under_way_.push_back(std::move(capture));
  while (!parser_->has_room()) {
    if (Result<void> turned = turn(); !turned) return turned;
  }
  return look_at_writer();
}

// False: the record tells of no fetch.
Result<bool> Importer::describe(const WarcEntry& entry, WarcReader& reader, Capture& capture) {
  if (entry.type == "response") {
    return starts_ignoring_case(entry.content_type, "application/http");
  }
  if (entry.type == "resource") return true;
  if (entry.type == "revisit") {
    capture.outcome = Outcome::kNotModified;
    capture.status = 304;
    return true;
  }
  // Of a capture that has records of its own it tells nothing new.
  if (entry.type != "metadata" || !entry.refers_to.empty()) return false;
  Result<std::string> block = reader.block(kFieldsBytesMax);
  if (!block) return block.error();
  return describe_failure(*block, capture.outcome, capture.status, capture.detail);
}

Result<void> Importer::parse(const WarcEntry& entry, WarcReader& reader,
                             const CapturePtr& capture) {
  // A response has a head and codings besides.
  const uint64_t body_max = options_.body_bytes_max;
  const uint64_t wanted = entry.type == "response" ? 2 * body_max + kResponseHeadMax : body_max;
  const auto block_max = static_cast<size_t>(std::min<uint64_t>(wanted, kBodyBytesCeiling));
  Result<std::string> block = reader.block(block_max);
  if (!block) return block.error();
  capture->cut = entry.length > block_max;
  ParseRequest request;
  request.base = capture->url.href();
  request.bytes = std::move(*block);
  request.is_response = entry.type == "response";
  if (!request.is_response) {
    request.content_type = to_valid_utf8(entry.content_type.substr(0, kShortBytesMax));
  }
  parser_->submit(std::move(request),
                  [capture](const ParseAnswer& answer) { capture->answer = answer; });
  return {};
}

// Brings the parsing forward, and stores what is next.
Result<void> Importer::turn() {
  if (!parser_->idle()) {
    if (Result<void> turned = parser_->turn(-1); !turned) return turned;
  }
  while (!under_way_.empty()) {
    Capture& next = *under_way_.front();
    if (next.outcome == Outcome::kNone && !next.answer) break;
    store(next);
    under_way_.pop_front();
  }
  return look_at_writer();
}

Result<void> Importer::drain() {
  while (!under_way_.empty()) {
    if (Result<void> turned = turn(); !turned) return turned;
  }
  return {};
}

// Waits while it has much to do.
Result<void> Importer::look_at_writer() {
  do {
    for (const WriterReply& reply : writer_->take_replies()) {
      if (const auto* failed = std::get_if<WriteFailed>(&reply)) return failed->error;
    }
    if (writer_->queued_bytes() <= kQueuedBytesMax) return {};
    pollfd ready{writer_->notify_fd(), POLLIN, 0};
    ::poll(&ready, 1, kWriterWaitMs);
  } while (true);
}

void Importer::store(Capture& capture) {
  const bool revisit = capture.outcome == Outcome::kNotModified;
  if (revisit && !discovery_.id_of(capture.url.href())) {
    ++counts_.revisits_unmatched;
    return;
  }
  WriteUnit unit;
  const int64_t url_id = discovery_.offer_fetched(capture.url, capture.at, unit);
  if (capture.answer && !capture.answer->message) {
    capture.outcome = Outcome::kCrashedFetcher;
    capture.detail = capture.answer->error;
  }
  unit.page.emplace();
  const bool parsed = capture.outcome == Outcome::kNone && store_page(capture, url_id, unit);
  PageRow& page = *unit.page;
  if (!parsed) {
    const bool malformed = capture.outcome == Outcome::kNone;
    page = PageRow{};
    page.backing = std::make_shared<const std::string>(
        malformed ? "the parser's answer is malformed" : std::exchange(capture.detail, ""));
    page.detail = *page.backing;
    page.outcome = malformed ? Outcome::kCrashedFetcher : capture.outcome;
    page.status = capture.status;
    page.body_store = BodyStore::kKeep;
  }
  page.url_id = url_id;
  page.fetched_at = capture.at;
  page.archived = true;
  UrlUpdate update;
  update.id = url_id;
  update.outcome = page.outcome == Outcome::kNotModified ? Outcome::kOk : page.outcome;
  if (update.outcome != Outcome::kOk) update.reason = page.detail;
  unit.url_updates.push_back(std::move(update));
  unit.listed.clear();  // what was listed then is not to be fetched now
  writer_->submit(std::move(unit));
}

// False: the answer is not what a parser may say.
bool Importer::store_page(const Capture& capture, int64_t url_id, WriteUnit& unit) {
  std::optional<PageResult> result = decode_message<PageResult>(*capture.answer->message);
  if (!result) return false;
  const Transfer& transfer = result->transfer;
  const ResultLimits limits{options_.body_bytes_max, true};
  if (!claimable(transfer.outcome) || !status_fits(transfer.outcome, transfer.status) ||
      !is_text(transfer.detail) || !is_text(transfer.location) || !valid_texts(*result, limits)) {
    return false;
  }
  settle_truncated(capture.truncated, capture.cut, *result);
  struct Held {
    std::shared_ptr<const std::string> message;
    std::string endpoint;
  };
  const auto held = std::make_shared<const Held>(
      Held{capture.answer->message, endpoint_of(capture.ip, capture.url)});
  unit.page = page_row(*result, std::shared_ptr<const std::string>(held, held->message.get()));
  PageRow& page = *unit.page;
  page.address = held->endpoint;
  withhold(page);
  page.wire_bytes = result->body_bytes;
  LinkSource source;
  source.url_id = url_id;
  if (has_content(page.outcome)) {
    std::vector<Found> found;
    return collect_links(source, *result, capture.at, discovery_, unit, found);
  }
  if (page.outcome == Outcome::kRedirect) add_redirect(*result, source, capture.at, unit);
  return true;
}

void Importer::add_redirect(const PageResult& result, const LinkSource& source, int64_t at,
                            WriteUnit& unit) {
  if (result.transfer.location.empty()) return;
  Offer offer;
  offer.href = result.transfer.location;
  offer.via_id = source.url_id;
  const std::optional<Found> seen = discovery_.offer(offer, at, unit);
  if (!seen) return;
  unit.page->redirect_id = seen->url_id;
  unit.page->links.push_back({seen->url_id, LinkKind::kRedirect, {}, {}});
}

Result<void> Importer::finish(const std::string& end_reason, int64_t ended_at) {
  return writer_->finish(end_reason, ended_at);
}

}  // namespace crawl
