// SPDX-License-Identifier: MIT
#pragma once

// Bounds that hold everywhere, whatever the options say. Both sides of a message check them.

#include <cstddef>
#include <cstdint>

namespace crawl {

inline constexpr size_t kUrlBytesMax = size_t{8} * 1024;  // longer: skipped as url_too_long
inline constexpr size_t kLinksMax = 20'000;      // per page; the number dropped is recorded
inline constexpr size_t kEntriesMax = 50'000;    // the same, of a sitemap or a feed
inline constexpr size_t kAnchorBytesMax = 1024;  // anchor text per link
inline constexpr size_t kTitleBytesMax = size_t{4} * 1024;
inline constexpr size_t kMetaBytesMax = size_t{16} * 1024;  // description and its like
inline constexpr size_t kShortBytesMax = 1024;  // content type, charset, rel, ETag, detail …
inline constexpr size_t kHeaderBytesMax = size_t{300} * 1024;    // all response headers together
inline constexpr size_t kMetadataBytesMax = size_t{256} * 1024;  // structured data of a page
inline constexpr size_t kSitemapBytesMax = size_t{50} << 20;     // sitemaps.org, decompressed
inline constexpr size_t kRobotsBytesMax = size_t{500} * 1024;    // RFC 9309 §2.5
inline constexpr size_t kBodyBytesCeiling = size_t{256} << 20;   // the most that --max-size accepts
inline constexpr size_t kRecordBytesMax = size_t{640}
                                          << 20;  // a job or a result, all its parts together

}  // namespace crawl
