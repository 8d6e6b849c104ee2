// SPDX-License-Identifier: MIT
#include "archive/warc_record.h"

#include <sys/random.h>

#include "archive/digest.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/retry.h"

namespace crawl {

std::string new_record_id() {
  unsigned char bytes[16];
  const auto drawn = uninterrupted([&] { return ::getrandom(bytes, sizeof bytes, 0); });
  CRAWL_CHECK(drawn == static_cast<ssize_t>(sizeof bytes));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);  // RFC 9562 §5.4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string id = "<urn:uuid:";
  for (size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += "0123456789abcdef"[bytes[i] >> 4];
    id += "0123456789abcdef"[bytes[i] & 15];
  }
  return id + ">";
}

std::string field_value(std::string_view text) {
  std::string value(text);
  for (char& c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return value;
}

std::string encode_header(const WarcRecord& record) {
  std::string header = "WARC/1.1\r\n";
  const auto add = [&header](std::string_view name, std::string_view value) {
    header.append(name).append(": ").append(field_value(value)).append("\r\n");
  };
  add("WARC-Type", record.type);
  add("WARC-Record-ID", record.id);
  add("WARC-Date", iso8601_utc(record.date_ms));
  for (const auto& [name, value] : record.fields) add(name, value);
  add("WARC-Block-Digest", sha1_label({record.head, record.payload}));
  if (record.digest == PayloadDigest::kOwn) {
    add("WARC-Payload-Digest", sha1_label({record.payload}));
  }
  if (!record.content_type.empty()) add("Content-Type", record.content_type);
  add("Content-Length", std::to_string(record.head.size() + record.payload.size()));
  return header + "\r\n";
}

}  // namespace crawl
