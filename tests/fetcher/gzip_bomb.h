// SPDX-License-Identifier: MIT
#pragma once

// A gzip stream of zeros, written by hand (RFC 1951, RFC 1952), so that the tests need no zlib.

#include <cstddef>
#include <cstdint>
#include <string>

namespace crawl {

// Packs bits, least significant first (RFC 1951 §3.1.1).
class BitWriter {
 public:
  void bits(uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bit((value >> i) & 1U);
  }
  // Huffman codes go most significant bit first.
  void code(uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bit((value >> i) & 1U);
  }
  std::string take() {
    if (used_ > 0) bytes_ += static_cast<char>(static_cast<unsigned char>(byte_));
    return std::move(bytes_);
  }

 private:
  void bit(uint32_t value) {
    byte_ |= value << used_;
    if (++used_ < 8) return;
    bytes_ += static_cast<char>(static_cast<unsigned char>(byte_));
    byte_ = 0;
    used_ = 0;
  }
  std::string bytes_;
  uint32_t byte_ = 0;
  int used_ = 0;
};

inline uint32_t crc32_of_zeros(size_t count) {
  uint32_t crc = 0xFFFFFFFFU;
  for (size_t i = 0; i < count; ++i) {
    uint32_t low = crc & 0xFFU;
    for (int k = 0; k < 8; ++k) low = (low & 1U) != 0 ? 0xEDB88320U ^ (low >> 1) : low >> 1;
    crc = (crc >> 8) ^ low;
  }
  return ~crc;
}

// `total` zero bytes as one deflate block of fixed Huffman codes (RFC 1951 §3.2.6): a literal, then
// matches of length 258 (code 285, 8 bits) at distance 1 (code 0, 5 bits); 13 bits for 258 bytes,
// 158 to 1.
inline std::string deflated_zeros(size_t total) {
  BitWriter out;
  out.bits(1, 1);  // the last block
  out.bits(1, 2);  // fixed codes
  out.code(0x30, 8);
  size_t left = total - 1;
  for (; left >= 258; left -= 258) {
    out.code(0xC5, 8);
    out.code(0, 5);
  }
  for (; left > 0; --left) out.code(0x30, 8);
  out.code(0, 7);  // end of block
  return out.take();
}

inline std::string gzip_of_zeros(size_t mebibytes) {
  const size_t total = mebibytes << 20;
  std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  gzip += deflated_zeros(total);
  BitWriter trailer;
  trailer.bits(crc32_of_zeros(total), 32);
  trailer.bits(static_cast<uint32_t>(total), 32);
  return gzip + trailer.take();
}

}  // namespace crawl
