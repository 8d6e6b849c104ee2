// SPDX-License-Identifier: MIT
#include "fetcher/answer.h"

#include <algorithm>
#include <limits>

#include "base/escape.h"
#include "fetcher/archived_response.h"
#include "fetcher/redirect.h"
#include "fetcher/robots_directives.h"
#include "fetcher/text_bounds.h"
#include "web/media_type.h"
#include "web/mime_sniff.h"
#include "web/robots.h"

namespace crawl {

namespace {

// A validator is sent back as it came or not at all: half an ETag matches nothing.
std::string validator(std::string value) {
  if (value.size() > kShortBytesMax || !is_valid_utf8(value)) value.clear();
  return value;
}

uint32_t clamp_u32(int64_t value) {
  return static_cast<uint32_t>(std::clamp<int64_t>(value, 0, std::numeric_limits<uint32_t>::max()));
}

// Views into `report`.
Transfer summarise(const FetchReport& report, uint64_t lease, uint32_t generation) {
  Transfer summary;
  summary.lease = lease;
  summary.generation = generation;
  summary.outcome = report.outcome;
  summary.status = static_cast<uint16_t>(std::clamp(report.status, 0, 999));
  summary.detail = report.detail;
  summary.address = report.address;
  summary.location = report.location;
  summary.elapsed_ms = clamp_u32(report.elapsed_ms);
  summary.wire_bytes = report.wire_bytes;
  summary.retry_after_ms = report.retry_after_ms;
  summary.reach = report.reach;
  summary.name_answered = report.name_answered;
  return summary;
}

bool has_page(Outcome outcome) { return outcome == Outcome::kOk || outcome == Outcome::kTooLarge; }

std::string unsupported_detail(std::string_view essence) {
  return bounded_line(std::string(essence) + " is not read as a page", kShortBytesMax);
}

template <typename Message>
void encode_into(const Message& message, std::string& out) {
  out.clear();
  encode_message(message, out);
}

// Room for all of it at once: growing by doubling, it would be there three times for a moment.
size_t bytes_of(const PageResult& result) {
  size_t bytes = size_t{64} * 1024 + result.headers.size() + result.metadata.size() +
                 result.text.size() + result.main_text.size() + result.body_zstd.size();
  for (const PageLink& link : result.links) {
    bytes += sizeof link + link.href.size() + link.rel.size() + link.anchor.size();
  }
  return bytes;
}

}  // namespace

Answerer::Answerer(Document& document, const Clock& clock, const Settings& settings,
                   PhaseHandler on_phase)
    : document_(document), clock_(clock), settings_(settings), on_phase_(std::move(on_phase)) {}

void Answerer::parse(DocumentInput input, PageResult& result) {
  input.robots_agent = settings_.robots_agent;
  input.now_ms = clock_.wall_ms();
  const uint64_t lease = result.transfer.lease;
  on_phase_(lease, input.url, Phase::kDecode);
  const Outcome outcome =
      document_.parse(input, result, [&](Phase phase) { on_phase_(lease, input.url, phase); });
  detail_ = bounded_line(document_.problem(), kShortBytesMax);
  if (outcome == Outcome::kUnsupportedType && detail_.empty()) {
    detail_ = unsupported_detail(result.content_type);
  }
  if (outcome != Outcome::kOk) result.transfer.outcome = outcome;
  // Of one that is too large that says more than where its reading ended.
  if (!detail_.empty() && result.transfer.outcome != Outcome::kTooLarge) {
    result.transfer.detail = detail_;
  }
}

void Answerer::answer(const HttpTransfer& transfer, std::string& out) {
  const FetchRequest& request = transfer.request();
  const Transfer summary = summarise(transfer.report(), request.lease, settings_.generation);
  if (request.kind == JobKind::kPage || request.kind == JobKind::kSitemap) {
    return answer_page({transfer.head(), transfer.body(), transfer.content_type(), request.url,
                        transfer.truncated(), request.kind == JobKind::kSitemap},
                       summary, out);
  }
  answer_robots(summary, request.url, settings_.robots_agent, transfer.body(), out);
}

void Answerer::answer_page(const Response& response, const Transfer& summary, std::string& out) {
  const ResponseHead& head = response.head;
  const std::string raw_type = head.joined_values("content-type");
  const std::string essence = bounded_line(response.essence, kShortBytesMax);
  const std::string headers = bounded_text(head.lines(), kHeaderBytesMax);
  const std::string etag = validator(head.value("etag"));
  const std::string last_modified = validator(head.value("last-modified"));
  const std::string robots_tag = head.joined_values("x-robots-tag", "\n");
  const std::string link_header = head.joined_values("link");
  const std::string content_language = head.joined_values("content-language");

  PageResult result;
  result.transfer = summary;
  result.headers = headers;
  result.content_type = essence;
  result.etag = etag;
  result.last_modified = last_modified;
  if (has_page(summary.outcome)) {
    DocumentInput input;
    input.body = response.body;
    input.content_type = raw_type;
    input.url = response.url;
    input.x_robots_tag = robots_tag;
    input.truncated = response.truncated;
    input.link_header = link_header;
    input.content_language = content_language;
    input.nosniff = says_nosniff(head.joined_values("x-content-type-options"));
    input.is_sitemap = response.is_sitemap;
    parse(input, result);
  } else if (summary.outcome == Outcome::kNotModified) {
    // The page is the old one, but what its header asks for may be new.
    add_directives(robots_in_header(robots_tag, settings_.robots_agent), result);
    settle_unavailable(clock_.wall_ms(), result);
  }
  out.reserve(bytes_of(result));
  encode_into(result, out);
  document_.forget();
}

void Answerer::answer_robots(const Transfer& summary, std::string_view url, std::string_view agent,
                             std::string_view bytes, std::string& out) {
  RobotsResult result;
  result.transfer = summary;
  std::string rules;
  if (summary.outcome == Outcome::kOk) {
    on_phase_(summary.lease, url, Phase::kParse);
    rules = RobotsRules::parse(bytes.substr(0, kRobotsBytesMax), agent).serialize();
    if (rules.size() > 2 * kRobotsBytesMax)
      rules.resize(rules.rfind('\n', 2 * kRobotsBytesMax - 1) + 1);
    result.rules = rules;
  }
  encode_into(result, out);
}

void Answerer::answer(const ParseJob& job, std::string& out) {
  Transfer summary;
  summary.lease = job.lease;
  summary.generation = settings_.generation;
  summary.outcome = Outcome::kOk;
  summary.status = 200;
  summary.wire_bytes = job.bytes.size();
  if (job.kind == JobKind::kRobots) {
    const std::string_view agent =
        job.robots_agent.empty() ? settings_.robots_agent : job.robots_agent;
    return answer_robots(summary, job.base, agent, job.bytes, out);
  }
  if (job.is_response) return answer_archived(job, summary, out);
  PageResult result;
  result.transfer = summary;
  DocumentInput input;
  input.body = job.bytes;
  input.content_type = job.content_type;
  input.url = job.base;
  input.is_sitemap = job.kind == JobKind::kSitemap;
  parse(input, result);
  out.reserve(bytes_of(result));
  encode_into(result, out);
  document_.forget();
}

// As a transfer would have been judged that had brought the same.
void Answerer::answer_archived(const ParseJob& job, Transfer summary, std::string& out) {
  on_phase_(summary.lease, job.base, Phase::kDecode);
  const ArchivedResponse archived =
      read_archived_response(job.bytes, settings_.body_bytes_max, settings_.decode_ratio_max);
  const int status = archived.head.complete() ? archived.head.status() : 0;
  summary.status = static_cast<uint16_t>(std::clamp(status, 0, 999));
  Redirect told{archived.problem, archived.detail, ""};
  const Result<Url> url = Url::parse(job.base);
  if (told.outcome == Outcome::kNone && status >= 300 && status < 400 && status != 304 && url) {
    told = judge_location(status, archived.head.value("location"), *url);
  } else if (told.outcome == Outcome::kNone) {
    told.outcome = judge_status(status);
    if (told.outcome != Outcome::kOk) told.detail = "HTTP status " + std::to_string(status);
    if (told.outcome == Outcome::kOk && archived.truncated) {
      told = {Outcome::kTooLarge,
              "longer than " + std::to_string(settings_.body_bytes_max) +
                  " bytes; the beginning is kept",
              ""};
    }
  }
  const std::string detail = bounded_line(told.detail, kShortBytesMax);
  summary.outcome = told.outcome;
  summary.detail = detail;
  summary.location = told.location;
  const std::string type = archived.head.joined_values("content-type");
  const std::string essence = parse_media_type(type).essence;
  answer_page({archived.head, archived.body, essence, job.base, archived.truncated, false}, summary,
              out);
}

void Answerer::answer_failure(const FetchJob& job, Outcome outcome, std::string_view detail,
                              std::string& out) {
  const std::string line = bounded_line(detail, kShortBytesMax);
  Transfer summary;
  summary.lease = job.lease;
  summary.generation = settings_.generation;
  summary.outcome = outcome;
  summary.detail = line;
  if (job.kind == JobKind::kRobots || job.kind == JobKind::kLookUp) {
    return answer_robots(summary, job.url, settings_.robots_agent, "", out);
  }
  PageResult result;
  result.transfer = summary;
  encode_into(result, out);
}

}  // namespace crawl
