// SPDX-License-Identifier: MIT
// Any bytes as a sitemap, packed with gzip in one member or two: it yields what it yields unpacked.

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fetcher/document.h"

namespace {

using namespace crawl;

std::string packed(std::string_view bytes, int level) {
  z_stream stream{};
  CRAWL_CHECK(::deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
              Z_OK);
  std::string out(::deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CRAWL_CHECK(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

struct Read {
  explicit Read(Document& document, std::string_view body, std::string_view type) {
    DocumentInput input;
    input.body = body;
    input.content_type = type;
    input.url = "https://www.example.com/sitemap.xml";
    input.is_sitemap = true;
    PageResult page;
    outcome = document.parse(input, page, {});
    kind = page.document;
    problem = document.problem();
    title = page.title;
    dropped = page.links_dropped;
    for (const PageLink& link : page.links) {
      links += std::string(link.href) + " " + std::string(name(link.kind)) + " " +
               std::to_string(link.priority) + " " + std::to_string(link.modified_at_ms) + " " +
               std::string(link.anchor) + "\n";
    }
  }
  Outcome outcome;
  DocumentKind kind;
  std::string problem, title, links;
  uint32_t dropped;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto document =
      Document::create({.arena_bytes_max = 1u << 20, .cpu_ms_max = 20, .types = ""});
  CRAWL_CHECK(document.has_value());
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Bytes that are gzip themselves would be unpacked once here and not at all there.
  if (bytes.starts_with("\x1f\x8b")) return 0;
  const size_t cut = bytes.size() * data[0] / 256;
  const std::string two = packed(bytes.substr(0, cut), 1) + packed(bytes.substr(cut), 9);
  const Read from_one(**document, packed(bytes, 6), "application/gzip");
  const Read from_two(**document, two, "application/octet-stream");
  const Read plain(**document, bytes, "application/xml");

  CRAWL_CHECK(from_one.outcome == from_two.outcome && from_one.kind == from_two.kind);
  CRAWL_CHECK(from_one.links == from_two.links && from_one.problem == from_two.problem);
  CRAWL_CHECK(from_one.kind == DocumentKind::kNone || from_one.kind == DocumentKind::kSitemap ||
              from_one.kind == DocumentKind::kFeed);
  // Sent as XML, lists of URLs are none.
  if (plain.kind != DocumentKind::kSitemap && plain.kind != DocumentKind::kFeed) return 0;
  CRAWL_CHECK(from_one.outcome == Outcome::kOk && from_one.kind == plain.kind);
  CRAWL_CHECK(from_one.links == plain.links && from_one.title == plain.title);
  CRAWL_CHECK(from_one.dropped == plain.dropped && from_one.problem == plain.problem);
  return 0;
}
