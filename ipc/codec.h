// SPDX-License-Identifier: MIT
#pragma once

// Field-by-field encoding of messages: little-endian fixed-width integers, byte strings as u32
// length and bytes, lists as u32 count and elements. A message lists its fields once, in
// `fields(self, visitor)`; Encoder and Decoder are the two visitors, so the two directions cannot
// drift apart.
//
// The decoder trusts nothing: it checks each length against what is left and against the field's
// own limit, each enum against its last value, each list against the bytes its elements need at
// least, and the end of the message. Decoded string_views point into the decoded buffer.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace crawl {

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  template <typename T>
  void number(T value) {
    static_assert(std::is_integral_v<T>);
    using Unsigned = std::make_unsigned_t<T>;
    auto bits = static_cast<Unsigned>(value);
    char bytes[sizeof(T)];
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes[i] = static_cast<char>(static_cast<unsigned char>(bits & 0xffU));
      bits = static_cast<Unsigned>(sizeof(T) > 1 ? bits >> 8 : 0);
    }
    out_.append(bytes, sizeof(T));
  }
  void flag(bool value) { number<uint8_t>(value ? 1 : 0); }
  template <typename E>
  void choice(E value) {
    number(static_cast<std::underlying_type_t<E>>(value));
  }
  void text(std::string_view value, size_t /*bytes_max*/) {
    number(static_cast<uint32_t>(value.size()));
    out_.append(value);
  }
  template <typename T>
  void list(const std::vector<T>& values, size_t /*count_max*/) {
    number(static_cast<uint32_t>(values.size()));
    for (const T& value : values) T::fields(value, *this);
  }
  template <typename T>
  void object(const T& value) {
    T::fields(value, *this);
  }
  void require(bool /*meaningful*/) {}

 private:
  std::string& out_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  template <typename T>
  void number(T& value) {
    static_assert(std::is_integral_v<T>);
    if (in_.size() < sizeof(T)) return fail();
    using Unsigned = std::make_unsigned_t<T>;
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      bits |= static_cast<uint64_t>(static_cast<unsigned char>(in_[i])) << (8 * i);
    }
    value = static_cast<T>(static_cast<Unsigned>(bits));
    in_.remove_prefix(sizeof(T));
  }
  void flag(bool& value) {
    uint8_t byte = 0;
    number(byte);
    if (byte > 1) return fail();
    value = byte == 1;
  }
  template <typename E>
  void choice(E& value) {
    using Number = std::underlying_type_t<E>;
    Number n{};
    number(n);
    if (n > static_cast<Number>(E::kLast)) return fail();
    value = static_cast<E>(n);
  }
  void text(std::string_view& value, size_t bytes_max) {
    uint32_t size = 0;
    number(size);
    if (!ok_ || size > in_.size() || size > bytes_max) return fail();
    value = in_.substr(0, size);
    in_.remove_prefix(size);
  }
  void text(std::string& value, size_t bytes_max) {
    std::string_view view;
    text(view, bytes_max);
    value.assign(view);
  }
  template <typename T>
  void list(std::vector<T>& values, size_t count_max) {
    uint32_t count = 0;
    number(count);
    // Every element has at least one byte, so a count beyond the bytes left is a lie; it is refused
    // before anything is allocated for it.
    if (!ok_ || count > count_max || count > in_.size()) return fail();
    values.clear();
    values.reserve(count);
    for (uint32_t i = 0; i < count && ok_; ++i) T::fields(values.emplace_back(), *this);
  }
  template <typename T>
  void object(T& value) {
    T::fields(value, *this);
  }
  // Refuses the message unless a value just read is one that the message may hold.
  void require(bool meaningful) {
    if (!meaningful) fail();
  }

  // True when every field was read, valid, and nothing is left over.
  bool finished() const { return ok_ && in_.empty(); }

 private:
  void fail() {
    ok_ = false;
    in_ = {};
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace crawl
