// SPDX-License-Identifier: MIT
#pragma once

// One record of a WARC file, as it is written (ISO 28500:2017, WARC 1.1).

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crawl {

inline constexpr std::string_view kIdenticalPayload =
    "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";
inline constexpr std::string_view kServerNotModified =
    "http://netpreserve.org/warc/1.1/revisit/server-not-modified";

// Whether the record says what its payload's digest is; a revisit's is that of what it refers to.
enum class PayloadDigest { kNone, kOwn };

struct WarcRecord {
  std::string_view type;  // "response"
  std::string id;         // new_record_id()
  int64_t date_ms = 0;    // wall
  std::string content_type;
  std::vector<std::pair<std::string_view, std::string>> fields;  // others, in order
  std::string head;                                              // of an HTTP message; or ""
  std::string_view payload;
  PayloadDigest digest = PayloadDigest::kNone;
};

inline constexpr std::string_view kHttpResponse = "application/http;msgtype=response";
inline constexpr std::string_view kHttpRequest = "application/http;msgtype=request";
inline constexpr std::string_view kWarcFields = "application/warc-fields";

// "<urn:uuid:…>", version 4.
std::string new_record_id();

// A value as it may stand in a field: what would end its line, or could not be seen, is a space.
std::string field_value(std::string_view text);

// The record's header with the blank line; the block, head and payload, and kRecordEnd follow.
std::string encode_header(const WarcRecord& record);
inline constexpr std::string_view kRecordEnd = "\r\n\r\n";

}  // namespace crawl
