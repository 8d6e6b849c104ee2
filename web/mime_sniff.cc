// SPDX-License-Identifier: MIT
#include "web/mime_sniff.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace crawl {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";
constexpr std::string_view kPlainText = "text/plain";
constexpr std::string_view kBinary = "application/octet-stream";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
uint8_t byte_at(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

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

// What begins with `start`, and has `later` at `offset`.
struct Signature {
  std::string_view start;
  std::string_view essence;
  size_t offset = 0;
  std::string_view later = {};
};

bool matches(std::string_view bytes, const Signature& signature) {
  if (!bytes.starts_with(signature.start)) return false;
  if (signature.later.empty()) return true;
  return bytes.size() >= signature.offset &&
         bytes.substr(signature.offset).starts_with(signature.later);
}

template <size_t N>
std::string_view first_match(std::string_view bytes, const std::array<Signature, N>& table) {
  const auto found = std::find_if(table.begin(), table.end(), [bytes](const Signature& signature) {
    return matches(bytes, signature);
  });
  return found == table.end() ? std::string_view() : found->essence;
}

constexpr std::array<Signature, 8> kImages = {{{"\x00\x00\x01\x00"sv, "image/x-icon"},
                                               {"\x00\x00\x02\x00"sv, "image/x-icon"},
                                               {"BM", "image/bmp"},
                                               {"GIF87a", "image/gif"},
                                               {"GIF89a", "image/gif"},
                                               {"RIFF", "image/webp", 8, "WEBPVP"},
                                               {"\x89PNG\r\n\x1A\n", "image/png"},
                                               {"\xFF\xD8\xFF", "image/jpeg"}}};

constexpr std::array<Signature, 6> kAudioVideo = {{{"FORM", "audio/aiff", 8, "AIFF"},
                                                   {"ID3", "audio/mpeg"},
                                                   {"OggS\0"sv, "application/ogg"},
                                                   {"MThd\0\0\0\x06"sv, "audio/midi"},
                                                   {"RIFF", "video/avi", 8, "AVI "},
                                                   {"RIFF", "audio/wave", 8, "WAVE"}}};

// The Standard's RAR signature has a space where every RAR file has an exclamation mark.
constexpr std::array<Signature, 4> kArchives = {
    {{"\x1F\x8B\x08", "application/x-gzip"},
     {"PK\x03\x04", "application/zip"},
     {"Rar \x1A\x07\x00"sv, "application/x-rar-compressed"},
     {"Rar!\x1A\x07\x00"sv, "application/x-rar-compressed"}}};

// §6.2.1
bool is_mp4(std::string_view bytes) {
  if (bytes.size() < 12) return false;
  uint32_t box_bytes = 0;
  for (size_t i = 0; i < 4; ++i) box_bytes = box_bytes << 8 | byte_at(bytes, i);
  if (bytes.size() < box_bytes || box_bytes % 4 != 0) return false;
  if (bytes.substr(4, 4) != "ftyp") return false;
  if (bytes.substr(8, 3) == "mp4") return true;
  for (size_t i = 16; i < box_bytes; i += 4) {
    if (bytes.substr(i, 3) == "mp4") return true;
  }
  return false;
}

// §6.2.2: the EBML header's DocType element (42 82) says "webm", perhaps behind zeros.
bool is_webm(std::string_view bytes) {
  if (!bytes.starts_with("\x1A\x45\xDF\xA3")) return false;
  for (size_t i = 4; i < bytes.size() && i < 38; ++i) {
    if (!bytes.substr(i).starts_with("\x42\x82")) continue;
    i += 2;
    if (i >= bytes.size()) return false;
    size_t number_bytes = 1;
    for (unsigned mask = 0x80; number_bytes < 8 && (byte_at(bytes, i) & mask) == 0; mask >>= 1) {
      ++number_bytes;
    }
    i += number_bytes;
    if (i + 4 >= bytes.size()) return false;
    const std::string_view type = bytes.substr(i);
    const size_t start = std::min(type.find_first_not_of('\0'), type.size());
    if (type.substr(start).starts_with("webm")) return true;
  }
  return false;
}

// The bytes of the MPEG audio frame of layer III whose header is at the start; 0: there is none.
// The Standard's wording (§6.2.3) contradicts itself; this is ISO/IEC 11172-3 §2.4.2.3 and 13818-3.
size_t mp3_frame_bytes(std::string_view bytes) {
  if (bytes.size() < 4 || byte_at(bytes, 0) != 0xFF || (byte_at(bytes, 1) & 0xE0) != 0xE0) return 0;
  const unsigned version = (byte_at(bytes, 1) >> 3) & 3U;  // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const unsigned layer = (byte_at(bytes, 1) >> 1) & 3U;
  const size_t rate = byte_at(bytes, 2) >> 4;
  const size_t sampling = (byte_at(bytes, 2) >> 2) & 3U;
  if (version == 1 || layer != 1 || rate == 0 || rate == 15 || sampling == 3) return 0;
  constexpr std::array<size_t, 15> kRates1 = {0,   32,  40,  48,  56,  64,  80, 96,
                                              112, 128, 160, 192, 224, 256, 320};
  constexpr std::array<size_t, 15> kRates2 = {0,  8,  16, 24,  32,  40,  48, 56,
                                              64, 80, 96, 112, 128, 144, 160};
  constexpr std::array<size_t, 3> kSampling = {44'100, 48'000, 32'000};
  const size_t padding = (byte_at(bytes, 2) >> 1) & 1U;
  if (version == 3) return 144'000 * kRates1[rate] / kSampling[sampling] + padding;
  const size_t hertz = kSampling[sampling] / (version == 2 ? 2 : 4);
  return 72'000 * kRates2[rate] / hertz + padding;
}

// §6.2.3: one frame and the header of the next.
bool is_mp3(std::string_view bytes) {
  const size_t frame = mp3_frame_bytes(bytes);
  return frame >= 4 && frame < bytes.size() && mp3_frame_bytes(bytes.substr(frame)) != 0;
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
  return (terminator == ' ' || terminator == '>') &&
         std::equal(tag.begin(), tag.end(), bytes.begin(),
                    [](char a, char b) { return a == lower(b); });
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

// What follows the first `close`; "" when there is none.
std::string_view behind(std::string_view bytes, std::string_view close) {
  const size_t end = bytes.find(close);
  return end == std::string_view::npos ? std::string_view() : bytes.substr(end + close.size());
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
  constexpr std::string_view kNosniff = "nosniff";
  return first.size() == kNosniff.size() &&
         std::equal(first.begin(), first.end(), kNosniff.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

bool is_xml_type(std::string_view essence) {
  return essence.ends_with("+xml") || essence == "text/xml" || essence == "application/xml";
}

std::string_view match_image(std::string_view bytes) { return first_match(bytes, kImages); }

std::string_view match_audio_or_video(std::string_view bytes) {
  if (const auto essence = first_match(bytes, kAudioVideo); !essence.empty()) return essence;
  if (is_mp4(bytes)) return "video/mp4";
  if (is_webm(bytes)) return "video/webm";
  return is_mp3(bytes) ? "audio/mpeg" : "";
}

std::string_view match_archive(std::string_view bytes) { return first_match(bytes, kArchives); }

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
