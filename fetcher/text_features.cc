// SPDX-License-Identifier: MIT
#include "fetcher/text_features.h"

#include <xxhash.h>

#include <array>

namespace crawl {
namespace {

// Bit k of a byte as byte k (0 or 1) of a word.
constexpr std::array<uint64_t, 256> make_spread() {
  std::array<uint64_t, 256> spread{};
  for (size_t byte = 0; byte < 256; ++byte) {
    for (size_t k = 0; k < 8; ++k) spread[byte] |= uint64_t{(byte >> k) & 1} << (8 * k);
  }
  return spread;
}
constexpr auto kSpread = make_spread();

// How many shingles have each bit set, 64 counters at once: eight words of eight one-byte counters,
// emptied into wide counters before a byte can overflow.
class BitCounter {
 public:
  void add(uint64_t hash) {
    for (size_t i = 0; i < 8; ++i) packed_[i] += kSpread[(hash >> (8 * i)) & 0xFF];
    ++count_;
    if (++unflushed_ == 255) flush();
  }

  // Bits that more than half of what was added have set.
  uint64_t majority() {
    flush();
    uint64_t bits = 0;
    for (size_t bit = 0; bit < 64; ++bit) {
      if (2 * counts_[bit] > count_) bits |= uint64_t{1} << bit;
    }
    return bits;
  }

 private:
  void flush() {
    for (size_t i = 0; i < 8; ++i) {
      for (size_t k = 0; k < 8; ++k) counts_[8 * i + k] += (packed_[i] >> (8 * k)) & 0xFF;
      packed_[i] = 0;
    }
    unflushed_ = 0;
  }

  std::array<uint64_t, 8> packed_{};
  std::array<uint64_t, 64> counts_{};
  uint64_t count_ = 0;
  int unflushed_ = 0;
};

uint64_t mix(uint64_t h) {  // the finaliser of SplitMix64
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9U;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBU;
  return h ^ (h >> 31);
}

// Feeds on the words of a text, in order.
class Shingles {
 public:
  void add_word(uint64_t word) {
    const uint64_t shingle = mix(before_last_ * 3 + last_ * 5 + word * 7);
    if (++words_ >= 3) counter_.add(shingle);
    before_last_ = last_;
    last_ = word;
    last_shingle_ = shingle;
  }

  uint64_t simhash() {
    if (words_ > 0 && words_ < 3) counter_.add(last_shingle_);
    return counter_.majority();
  }

 private:
  BitCounter counter_;
  uint64_t words_ = 0;
  uint64_t before_last_ = 0;
  uint64_t last_ = 0;
  uint64_t last_shingle_ = 0;
};

constexpr uint64_t kWordSeed = 0xCBF29CE484222325U;
constexpr uint64_t kWordPrime = 0x9FB21C651E98DF25U;

// A letter's value in lower case; 0 where the byte ends a word.
constexpr std::array<unsigned char, 256> make_fold() {
  std::array<unsigned char, 256> fold{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_word = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
    if (is_word) fold[c] = static_cast<unsigned char>(is_upper ? c + 32 : c);
  }
  return fold;
}
constexpr auto kFold = make_fold();

// The code point of a three-byte sequence (or more, with 4 bytes, than its top) at `i`.
uint32_t wide_code_point(std::string_view text, size_t i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[i + k]); };
  return (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
}

}  // namespace

uint64_t hash_bytes(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t simhash(std::string_view text) {
  Shingles shingles;
  uint64_t word = kWordSeed;
  const auto end_word = [&] {
    if (word != kWordSeed) shingles.add_word(word);
    word = kWordSeed;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (kFold[byte] == 0) {
      if (word != kWordSeed) end_word();
    } else if (byte < 0xE2 || i + 2 >= text.size()) {
      word = (word ^ kFold[byte]) * kWordPrime;
    } else {
      const bool is_long = byte >= 0xF0;
      const uint32_t c = is_long ? 0x10000 : wide_code_point(text, i);
      if (c >= 0x2000 && c < 0x2E80) {  // punctuation, symbols
        end_word();
        i += 2;
      } else if (c >= 0x2E80 && !is_long && !(c >= 0xAC00 && c < 0xD7B0)) {
        end_word();
        if (c > 0x303F || c < 0x3000) shingles.add_word((kWordSeed ^ c) * kWordPrime);
        i += 2;
      } else {
        word = (word ^ byte) * kWordPrime;
      }
    }
  }
  end_word();
  return shingles.simhash();
}

}  // namespace crawl
