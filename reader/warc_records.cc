// SPDX-License-Identifier: MIT
#include "reader/warc_records.h"

#include <fmt/format.h>

#include "archive/digest.h"
#include "archive/http_head.h"
#include "base/clock.h"
#include "web/url.h"

namespace crawl {

namespace {

constexpr std::string_view kTruncated = "WARC-Truncated";

WarcRecord record_of(const Capture& capture, std::string_view type) {
  WarcRecord record;
  record.type = type;
  record.id = new_record_id();
  record.date_ms = capture.at;
  record.fields.emplace_back("WARC-Target-URI", capture.url);
  return record;
}

// Of "192.0.2.1:443" or "[2001:db8::1]:443".
std::string ip_of(std::string_view endpoint) {
  std::string_view host = endpoint.substr(0, endpoint.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool is_ip = host.find_first_not_of("0123456789abcdef.:") == std::string_view::npos;
  return is_ip ? std::string(host) : "";
}

void add_address(const Capture& capture, WarcRecord& record) {
  const std::string ip = ip_of(capture.address);
  if (!ip.empty()) record.fields.emplace_back("WARC-IP-Address", ip);
}

WarcRecord response(const Capture& capture, std::string_view body) {
  WarcRecord record = record_of(capture, "response");
  add_address(capture, record);
  record.content_type = kHttpResponse;
  record.payload = body;
  record.head = archived_head(capture.status, capture.head, body.size());
  record.digest = PayloadDigest::kOwn;
  if (capture.cut) {
    record.fields.emplace_back(kTruncated, "length");
  } else if (capture.content_id == 0 && capture.wire_bytes > 0) {
    record.fields.emplace_back(kTruncated, "unspecified");  // there was a body, and none is kept
  }
  return record;
}

WarcRecord resource(const Capture& capture, std::string_view body) {
  WarcRecord record = record_of(capture, "resource");
  record.content_type =
      capture.content_type.empty() ? "application/octet-stream" : capture.content_type;
  record.payload = body;
  record.digest = PayloadDigest::kOwn;
  if (capture.cut) record.fields.emplace_back(kTruncated, "length");
  return record;
}

// The validators are those that are stored: what a 304 does not repeat has not changed.
std::string not_modified_head(const Capture& capture) {
  std::string head = "HTTP/1.1 304 Not Modified\r\n";
  if (!capture.etag.empty()) head += "ETag: " + field_value(capture.etag) + "\r\n";
  if (!capture.last_modified.empty()) {
    head += "Last-Modified: " + field_value(capture.last_modified) + "\r\n";
  }
  return head + "\r\n";
}

WarcRecord revisit(const Capture& capture, std::string_view body) {
  WarcRecord record = record_of(capture, "revisit");
  const bool identical = capture.kind == CaptureKind::kIdentical;
  add_address(capture, record);
  record.fields.emplace_back("WARC-Profile",
                             std::string(identical ? kIdenticalPayload : kServerNotModified));
  record.fields.emplace_back("WARC-Refers-To-Target-URI", capture.url);
  record.fields.emplace_back("WARC-Refers-To-Date", iso8601_utc(capture.original_at));
  record.fields.emplace_back("WARC-Payload-Digest", sha1_label({body}));
  if (!identical) {
    record.head = not_modified_head(capture);
  } else if (capture.has_head) {
    record.head = archived_head(capture.status, capture.head, body.size());
  }
  if (!record.head.empty()) record.content_type = kHttpResponse;
  return record;
}

// What the run recorded of it: the target, and how crawl calls itself.
WarcRecord request(const Capture& capture, const Url& url, const std::string& user_agent) {
  WarcRecord record = record_of(capture, "request");
  record.content_type = kHttpRequest;
  std::string target(url.path());
  if (url.has_query()) target.append("?").append(url.query());
  record.head = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n", target, url.authority());
  if (!user_agent.empty()) record.head += "User-Agent: " + field_value(user_agent) + "\r\n";
  record.head += "\r\n";
  return record;
}

void add_line(std::string& block, std::string_view name, std::string_view value) {
  if (!value.empty()) block.append(name).append(": ").append(field_value(value)).append("\r\n");
}

std::string metadata_block(const Capture& capture, bool has_request) {
  std::string block;
  add_line(block, "outcome", capture.outcome);
  if (capture.status != 0) add_line(block, "status", std::to_string(capture.status));
  if (capture.detail != capture.outcome) add_line(block, "detail", capture.detail);
  if (capture.withheld) add_line(block, "withheld", "the page asks not to be archived");
  add_line(block, "via", capture.via);
  add_line(block, "depth", std::to_string(capture.depth));
  if (capture.elapsed_ms >= 0) add_line(block, "fetchTimeMs", std::to_string(capture.elapsed_ms));
  add_line(block, "run", std::to_string(capture.run_id));
  add_line(block, "visit", std::to_string(capture.visit_id));
  if (has_request) {
    add_line(block, "request", "rebuilt from what the run recorded; it had more header fields");
  }
  return block;
}

}  // namespace

std::vector<WarcRecord> warc_records(const Capture& capture, std::string_view body,
                                     const std::string& user_agent) {
  std::vector<WarcRecord> records;
  switch (capture.kind) {
    case CaptureKind::kResponse:
      records.push_back(response(capture, body));
      break;
    case CaptureKind::kResource:
      records.push_back(resource(capture, body));
      break;
    case CaptureKind::kIdentical:
    case CaptureKind::kNotModified:
      records.push_back(revisit(capture, body));
      break;
    case CaptureKind::kMetadata:
      break;
  }
  const Result<Url> url = Url::parse(capture.url);
  const bool answered = !records.empty() && capture.kind != CaptureKind::kResource;
  if (answered && url && url->is_http()) {
    records.push_back(request(capture, *url, user_agent));
    records.back().fields.emplace_back("WARC-Concurrent-To", records.front().id);
  }
  WarcRecord metadata = record_of(capture, "metadata");
  metadata.content_type = kWarcFields;
  metadata.head = metadata_block(capture, records.size() > 1);
  if (!records.empty()) {
    metadata.fields.emplace_back("WARC-Concurrent-To", records.front().id);
    metadata.fields.emplace_back("WARC-Refers-To", records.front().id);
  }
  records.push_back(std::move(metadata));
  return records;
}

std::string warc_info(const std::string& user_agent) {
  std::string block;
  add_line(block, "software", "crawl/" CRAWL_VERSION);
  add_line(block, "format", "WARC File Format 1.1");
  add_line(block, "conformsTo",
           "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/");
  add_line(block, "http-header-user-agent", user_agent);
  add_line(block, "description",
           "Written from the database of a crawl: bodies without content and transfer codings, "
           "status lines and requests rebuilt.");
  return block;
}

}  // namespace crawl
