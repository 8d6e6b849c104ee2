// SPDX-License-Identifier: MIT
#include "web/mime_sniff.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"

namespace crawl {

namespace {

constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";
constexpr std::string_view kPlainText = "text/plain";
constexpr std::string_view kBinary = "application/octet-stream";

// §3 "whitespace byte"
std::string_view without_leading_space(std::string_view bytes) {
  bytes.remove_prefix(std::min(bytes.find_first_not_of("\t\n\f\r "), bytes.size()));
  return bytes;
}

// §3 "binary data byte"
bool is_binary(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte < 0x09 || byte == 0x0B || (byte >= 0x0E && byte <= 0x1A) ||
         (byte >= 0x1C && byte <= 0x1F);
}

bool has_binary(std::string_view bytes) {
  return std::any_of(bytes.begin(), bytes.end(), is_binary);
}

// §7.1: in any case, and then a space or '>'.
constexpr std::array<std::string_view, 17> kHtmlTags = {"<!doctype html",
                                                        "<html",
                                                        "<head",
                                                        "<script",
                                                        "<iframe",
                                                        "<h1",
                                                        "<div",
                                                        "<font",
                                                        "<table",
                                                        "<a",
                                                        "<style",
                                                        "<title",
                                                        "<b",
                                                        "<body",
                                                        "<br",
                                                        "<p",
                                                        "<!--"};

bool begins_with_tag(std::string_view bytes, std::string_view tag) {
  if (bytes.size() <= tag.size()) return false;
  const char terminator = bytes[tag.size()];
  return (terminator == ' ' || terminator == '>') && starts_ignoring_case(bytes, tag);
}

std::string_view match_scriptable(std::string_view bytes) {
  const std::string_view text = without_leading_space(bytes);
  const bool is_html = std::any_of(kHtmlTags.begin(), kHtmlTags.end(),
                                   [text](auto tag) { return begins_with_tag(text, tag); });
  if (is_html) return "text/html";
  if (text.starts_with("<?xml")) return "text/xml";
  if (bytes.starts_with("%PDF-")) return "application/pdf";
  return "";
}

// §7.1's masks make these patterns of four bytes, whatever the last ones are.
bool begins_with_bom(std::string_view bytes) {
  return bytes.size() >= 4 && (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE") ||
                               bytes.starts_with(kUtf8Bom));
}

bool is_unknown(std::string_view essence) {
  return essence.empty() || essence == "unknown/unknown" || essence == "application/unknown" ||
         essence == "*/*";
}

// §4.6 "audio or video MIME type"
bool is_audio_or_video(std::string_view essence) {
  return essence.starts_with("audio/") || essence.starts_with("video/") ||
         essence == "application/ogg";
}

bool is_rss_1(std::string_view behind_root) {
  return behind_root.find("http://purl.org/rss/1.0/") != std::string_view::npos &&
         behind_root.find("http://www.w3.org/1999/02/22-rdf-syntax-ns#") != std::string_view::npos;
}

}  // namespace

bool has_apache_bug(std::string_view content_type) {
  return content_type == "text/plain" || content_type == "text/plain; charset=ISO-8859-1" ||
         content_type == "text/plain; charset=iso-8859-1" ||
         content_type == "text/plain; charset=UTF-8";
}

bool says_nosniff(std::string_view x_content_type_options) {
  std::string_view first = x_content_type_options.substr(0, x_content_type_options.find(','));
  constexpr std::string_view kSpace = "\t ";
  first.remove_prefix(std::min(first.find_first_not_of(kSpace), first.size()));
  first = first.substr(0, first.find_last_not_of(kSpace) + 1);
  return equals_ignoring_case(first, "nosniff");
}

bool is_xml_type(std::string_view essence) {
  return essence.ends_with("+xml") || essence == "text/xml" || essence == "application/xml";
}

std::string_view identify_unknown(std::string_view bytes, SniffScriptable scriptable) {
  bytes = bytes.substr(0, kResourceHeaderBytes);
  if (scriptable == SniffScriptable::kYes) {
    if (const auto essence = match_scriptable(bytes); !essence.empty()) return essence;
  }
  if (bytes.starts_with("%!PS-Adobe-")) return "application/postscript";
  if (begins_with_bom(bytes)) return kPlainText;
  for (auto* match : {match_image, match_audio_or_video, match_archive}) {
    if (const std::string_view essence = match(bytes); !essence.empty()) return essence;
  }
  return has_binary(bytes) ? kBinary : kPlainText;
}

std::string_view text_or_binary(std::string_view bytes) {
  bytes = bytes.substr(0, kResourceHeaderBytes);
  if (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE")) return kPlainText;
  if (bytes.starts_with(kUtf8Bom)) return kPlainText;
  return has_binary(bytes) ? kBinary : kPlainText;
}

std::string_view match_feed(std::string_view bytes) {
  bytes = bytes.substr(0, kResourceHeaderBytes);
  if (bytes.starts_with(kUtf8Bom)) bytes.remove_prefix(kUtf8Bom.size());
  while (true) {
    bytes = without_leading_space(bytes);
    if (!bytes.starts_with('<')) return "";
    bytes.remove_prefix(1);
    if (bytes.starts_with("!--")) {
      bytes = behind(bytes.substr(3), "-->");
    } else if (bytes.starts_with('!')) {
      bytes = behind(bytes.substr(1), ">");
    } else if (bytes.starts_with('?')) {
      bytes = behind(bytes.substr(1), "?>");
    } else {
      break;
    }
  }
  if (bytes.starts_with("rss")) return "application/rss+xml";
  if (bytes.starts_with("feed")) return "application/atom+xml";
  if (bytes.starts_with("rdf:RDF") && is_rss_1(bytes.substr(7))) return "application/rss+xml";
  return "";
}

bool needs_bytes(const SuppliedType& supplied) {
  if (supplied.essence == "text/html" || is_unknown(supplied.essence)) return true;
  if (is_xml_type(supplied.essence) || supplied.nosniff) return false;
  return supplied.apache_bug || supplied.essence.starts_with("image/") ||
         is_audio_or_video(supplied.essence);
}

std::string computed_type(const SuppliedType& supplied, std::string_view bytes) {
  bytes = bytes.substr(0, kResourceHeaderBytes);
  if (is_xml_type(supplied.essence)) return supplied.essence;
  if (supplied.essence == "text/html") {
    const std::string_view feed = match_feed(bytes);
    return feed.empty() ? supplied.essence : std::string(feed);
  }
  if (is_unknown(supplied.essence)) {
    if (supplied.nosniff) return std::string(identify_unknown(bytes, SniffScriptable::kNo));
    if (bytes.starts_with(kUtf8Bom)) {
      const std::string_view text = match_scriptable(bytes.substr(kUtf8Bom.size()));
      if (text == "text/html" || text == "text/xml") return std::string(text);
    }
    return std::string(identify_unknown(bytes, SniffScriptable::kYes));
  }
  if (supplied.nosniff) return supplied.essence;
  if (supplied.apache_bug) return std::string(text_or_binary(bytes));
  std::string_view matched;
  if (supplied.essence.starts_with("image/")) {
    matched = match_image(bytes);
  } else if (is_audio_or_video(supplied.essence)) {
    matched = match_audio_or_video(bytes);
  }
  return matched.empty() ? supplied.essence : std::string(matched);
}

}  // namespace crawl
