// SPDX-License-Identifier: MIT
#include "web/punycode.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace crawl {
namespace {

// §5
constexpr uint32_t kBase = 36;
constexpr uint32_t kTMin = 1;
constexpr uint32_t kTMax = 26;
constexpr uint32_t kSkew = 38;
constexpr uint32_t kDamp = 700;
constexpr uint32_t kInitialBias = 72;
constexpr char32_t kInitialN = 0x80;
constexpr char32_t kLast = 0x10FFFF;

constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz0123456789";

// §6.1
uint32_t adapt(uint64_t delta, uint64_t points, bool first) {
  delta = first ? delta / kDamp : delta / 2;
  delta += delta / points;
  uint32_t k = 0;
  for (; delta > (kBase - kTMin) * kTMax / 2; k += kBase) delta /= kBase - kTMin;
  return k + static_cast<uint32_t>((kBase - kTMin + 1) * delta / (delta + kSkew));
}

uint32_t threshold(uint32_t k, uint32_t bias) {
  return k <= bias ? kTMin : std::min(k - bias, kTMax);
}

std::optional<uint32_t> digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0') + 26;
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  if (c < 'a' || c > 'z') return std::nullopt;
  return static_cast<uint32_t>(c - 'a');
}

// A generalised variable-length integer (§3.3).
void append_integer(uint64_t value, uint32_t bias, std::string& out) {
  for (uint32_t k = kBase;; k += kBase) {
    const uint32_t t = threshold(k, bias);
    if (value < t) break;
    out.push_back(kDigits[t + (value - t) % (kBase - t)]);
    value = (value - t) / (kBase - t);
  }
  out.push_back(kDigits[value]);
}

// nullopt also for what no label can need: more than 32 bits.
std::optional<uint64_t> take_integer(std::string_view& text, uint32_t bias) {
  uint64_t value = 0;
  uint64_t weight = 1;
  for (uint32_t k = kBase;; k += kBase) {
    if (text.empty()) return std::nullopt;
    const std::optional<uint32_t> digit = digit_value(text.front());
    if (!digit) return std::nullopt;
    text.remove_prefix(1);
    value += *digit * weight;
    if (value > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    const uint32_t t = threshold(k, bias);
    if (*digit < t) return value;
    weight *= kBase - t;
    if (weight > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  }
}

}  // namespace

// §6.3
std::string punycode_encode(std::u32string_view label) {
  std::string out;
  for (const char32_t c : label) {
    if (c < kInitialN) out.push_back(static_cast<char>(c));
  }
  const size_t basic = out.size();
  size_t handled = basic;
  if (basic > 0) out.push_back('-');
  char32_t n = kInitialN;
  uint64_t delta = 0;
  uint32_t bias = kInitialBias;
  while (handled < label.size()) {
    char32_t next = kLast;
    for (const char32_t c : label) {
      if (c >= n) next = std::min(next, c);
    }
    delta += uint64_t{next - n} * (handled + 1);
    n = next;
    for (const char32_t c : label) {
      if (c < n) ++delta;
      if (c != n) continue;
      append_integer(delta, bias, out);
      bias = adapt(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return out;
}

// §6.2
std::optional<std::u32string> punycode_decode(std::string_view text) {
  std::u32string label;
  if (const size_t hyphen = text.rfind('-'); hyphen != std::string_view::npos && hyphen > 0) {
    for (const char c : text.substr(0, hyphen)) {
      if (static_cast<unsigned char>(c) >= kInitialN) return std::nullopt;
      label.push_back(static_cast<char32_t>(c));
    }
    text.remove_prefix(hyphen + 1);
  }
  uint64_t n = kInitialN;
  uint64_t i = 0;
  uint32_t bias = kInitialBias;
  for (bool first = true; !text.empty(); first = false) {
    const std::optional<uint64_t> delta = take_integer(text, bias);
    if (!delta) return std::nullopt;
    const uint64_t points = label.size() + 1;
    i += *delta;
    n += i / points;
    i %= points;
    if (n > kLast || (n >= 0xD800 && n <= 0xDFFF)) return std::nullopt;
    bias = adapt(*delta, points, first);
    label.insert(static_cast<size_t>(i), 1, static_cast<char32_t>(n));
    ++i;
  }
  return label;
}

}  // namespace crawl
