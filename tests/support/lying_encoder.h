// SPDX-License-Identifier: MIT
#pragma once

// Encodes a message as ipc/codec.h does, but for one field of it, which becomes a lie: an enum
// beyond its list, a text that is none, a length or a count that is not there. Every field of every
// message can be had, as messages name their own.

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/codec.h"
#include "ipc/messages.h"

namespace crawl::test {

class LyingEncoder {
 public:
  static constexpr size_t kTruthful = std::numeric_limits<size_t>::max();

  // `field`: the one that lies, counted from 0 through lists and objects.
  LyingEncoder(std::string& out, std::mt19937_64& random, size_t field)
      : truth_(out), out_(out), random_(random), field_(field) {}

  size_t fields() const { return count_; }

  template <typename T>
  void number(T value) {
    if (is_next()) value = another(value);
    truth_.number(value);
  }
  void flag(bool value) {
    if (is_next()) return truth_.number(static_cast<uint8_t>(2 + random_() % 254));
    truth_.flag(value);
  }
  template <typename E>
  void choice(E value) {
    using Number = std::underlying_type_t<E>;
    constexpr auto kBeyond = static_cast<uint64_t>(E::kLast) + 4;
    if (is_next()) return truth_.number(static_cast<Number>(random_() % kBeyond));
    truth_.choice(value);
  }
  void text(std::string_view value, size_t bytes_max) {
    if (!is_next()) return truth_.text(value, bytes_max);
    const std::string lie = another_text(value, bytes_max);
    // Now and then a length that the bytes do not have.
    const auto size = static_cast<uint32_t>(lie.size());
    truth_.number(random_() % 8 == 0 ? static_cast<uint32_t>(random_() % 3 - 1) * size : size);
    out_.append(lie);
  }
  template <typename T>
  void list(const std::vector<T>& values, size_t count_max) {
    const std::array<size_t, 5> counts = {0xFFFFFFFF, 1'000'000, count_max + 1, values.size() + 1,
                                          0};
    truth_.number(
        static_cast<uint32_t>(is_next() ? counts[random_() % counts.size()] : values.size()));
    for (const T& value : values) T::fields(value, *this);
  }
  template <typename T>
  void object(const T& value) {
    T::fields(value, *this);
  }
  void require(bool /*meaningful*/) {}

 private:
  bool is_next() { return count_++ == field_; }

  template <typename T>
  T another(T value) {
    const std::array<T, 6> values = {0,
                                     1,
                                     std::numeric_limits<T>::min(),
                                     std::numeric_limits<T>::max(),
                                     static_cast<T>(value + 1),
                                     static_cast<T>(random_())};
    const T chosen = values[random_() % values.size()];
    // An hour's pause that a test would have to wait for has a lie of its own.
    return value == static_cast<T>(-1) && chosen > 5 ? static_cast<T>(5) : chosen;
  }

  std::string another_text(std::string_view value, size_t bytes_max);

  Encoder truth_;
  std::string& out_;
  std::mt19937_64& random_;
  const size_t field_;
  size_t count_ = 0;
};

// What may stand where a URL is expected, and should not.
inline constexpr std::array<std::string_view, 24> kUrlLies = {
    "javascript:alert(1)",
    "data:text/html,<script>",
    "file:///etc/passwd",
    "ftp://honest-1.example/",
    "mailto:root@honest-1.example",
    "http://127.0.0.1/",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:127.0.0.1]/",
    "http://honest-1.example:25/",
    "http://user:secret@honest-1.example/",
    "http://honest-1.example/#fragment",
    "HTTP://Honest-1.Example/",
    "http://honest-1.example/a/../b",
    "http://honest-1.example/\x1b[31mred",
    "http://honest-1.example/\xff\xfe",
    "http://honest-1.example/a b",
    "http://honest-1.example",
    "//honest-1.example/",
    "http://0x7f.1/",
    "http://elsewhere.invalid/",
    "nonsense",
    "javascript:alert(1)#too-long:0123456789abcdef",
    "\x1b]0;title\x07#too-long:0123456789abcdef",
};

inline std::string LyingEncoder::another_text(std::string_view value, size_t bytes_max) {
  switch (random_() % 9) {
    case 0:
      return {};
    case 1:
      return std::string(value) + '\0';
    case 2:
      return std::string(value) + "\xc3\x28\xff";
    case 3:
      return "\x1b[2J\xe2\x80\xae" + std::string(value);
    case 4:
      return std::string(std::min<size_t>(bytes_max, 1u << 20), 'a');
    case 5:
      return std::string(std::min<size_t>(bytes_max + 1, 1u << 20), 'b');
    case 6: {
      std::string bytes(random_() % 64, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random_() & 0xFF);
      return bytes;
    }
    default:
      return std::string(kUrlLies[random_() % kUrlLies.size()]);
  }
}

// `message` with one field changed, or its bytes.
template <typename Message>
std::string mutated(const Message& message, std::mt19937_64& random) {
  std::string bytes;
  LyingEncoder truthful(bytes, random, LyingEncoder::kTruthful);
  Message::fields(message, truthful);
  std::string lie(1, static_cast<char>(Message::kType));
  LyingEncoder encoder(lie, random, random() % (truthful.fields() + 1));
  Message::fields(message, encoder);
  const uint64_t way = random() % 16;
  if (way == 0) lie.resize(random() % lie.size());
  if (way == 1) lie.append(1 + random() % 9, 'x');
  if (way == 2) {
    for (int i = 0; i < 4; ++i) lie[random() % lie.size()] ^= static_cast<char>(1 << random() % 8);
  }
  return lie;
}

}  // namespace crawl::test
