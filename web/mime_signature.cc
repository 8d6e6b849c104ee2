// SPDX-License-Identifier: MIT
#include "web/mime_signature.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace crawl {

namespace {

using namespace std::string_view_literals;

uint8_t byte_at(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

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

}  // namespace

std::string_view match_image(std::string_view bytes) { return first_match(bytes, kImages); }

std::string_view match_audio_or_video(std::string_view bytes) {
  if (const auto essence = first_match(bytes, kAudioVideo); !essence.empty()) return essence;
  if (is_mp4(bytes)) return "video/mp4";
  if (is_webm(bytes)) return "video/webm";
  return is_mp3(bytes) ? "audio/mpeg" : "";
}

std::string_view match_archive(std::string_view bytes) { return first_match(bytes, kArchives); }

}  // namespace crawl
