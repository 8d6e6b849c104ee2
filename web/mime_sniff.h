// SPDX-License-Identifier: MIT
#pragma once

// What a resource is, by its first bytes: the MIME Sniffing Standard
// (https://mimesniff.spec.whatwg.org/, §5 to §7). Pure functions over bytes, each in time linear in
// the resource header.

#include <cstddef>
#include <string>
#include <string_view>

#include "web/media_type.h"
#include "web/mime_signature.h"

namespace crawl {

inline constexpr size_t kResourceHeaderBytes = 1445;  // §5.2

// §5.1: one of the four Content-Type values that Apache once sent for whatever it did not know,
// byte for byte.
bool has_apache_bug(std::string_view content_type);

// Fetch Standard §2.2.6 "determine nosniff", of the values of X-Content-Type-Options joined with
// ", ".
bool says_nosniff(std::string_view x_content_type_options);

// §4.6
bool is_xml_type(std::string_view essence);

enum class SniffScriptable { kNo, kYes };
// §7.1: an essence, "text/plain" or "application/octet-stream" where nothing is more exact.
std::string_view identify_unknown(std::string_view bytes, SniffScriptable scriptable);

// §7.2: "text/plain" or "application/octet-stream".
std::string_view text_or_binary(std::string_view bytes);

// "application/rss+xml", "application/atom+xml", or "" for what is no feed: the rules for telling a
// feed from HTML, which earlier editions of the Standard had as §7.3.
std::string_view match_feed(std::string_view bytes);

struct SuppliedType {
  std::string essence;      // parse_media_type(content_type).essence
  bool apache_bug = false;  // has_apache_bug(content_type)
  bool nosniff = false;
};

// Whether computed_type() depends on the bytes.
bool needs_bytes(const SuppliedType& supplied);

// §7, the essence of the computed MIME type, for an agent that supports all images, audio and
// video. `bytes` are the first kResourceHeaderBytes or more, or all. It differs from the Standard
// in two things, because a crawler reads what a browser need not: a feed served as text/html is a
// feed (match_feed()), also where sniffing is forbidden since nothing in it is executed; and of a
// resource without a type, a UTF-8 byte order mark hides neither the tags of HTML nor <?xml.
std::string computed_type(const SuppliedType& supplied, std::string_view bytes);

}  // namespace crawl
