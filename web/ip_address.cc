// SPDX-License-Identifier: MIT
#include "web/ip_address.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "web/host.h"
#include "web/percent.h"

namespace crawl {
namespace {

constexpr size_t kPieces = 8;
using Pieces = std::array<uint16_t, kPieces>;

// "IPv4 number parser". What does not fit into 32 bits is UINT64_MAX: out of range in any position.
std::optional<uint64_t> parse_ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned radix = 10;
  if (text.size() >= 2 && text[0] == '0') {
    const bool hexadecimal = text[1] == 'x' || text[1] == 'X';
    radix = hexadecimal ? 16 : 8;
    text.remove_prefix(hexadecimal ? 2 : 1);
  }
  uint64_t value = 0;
  bool fits = true;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= radix) return std::nullopt;
    value = value * radix + static_cast<unsigned>(digit);
    if (value > UINT32_MAX) {
      fits = false;
      value = 0;
    }
  }
  return fits ? value : UINT64_MAX;
}

// The "IPv6 parser" with its pointer and piece index as members.
class Ipv6Parser {
 public:
  explicit Ipv6Parser(std::string_view text) : text_(text) {}

  std::optional<Pieces> parse() {
    if (at(':')) {
      if (text_.size() < 2 || text_[1] != ':') return std::nullopt;
      pos_ = 2;
      compress_ = ++index_;
    }
    while (pos_ < text_.size()) {
      if (index_ == kPieces) return std::nullopt;
      if (at(':')) {
        if (compress_ != kNone) return std::nullopt;
        ++pos_;
        compress_ = ++index_;
        continue;
      }
      if (!piece()) return std::nullopt;
    }
    return expand();
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;

  bool at(char c) const { return pos_ < text_.size() && text_[pos_] == c; }

  // One hexadecimal piece with the colon behind it, or the IPv4 address at the end.
  bool piece() {
    const size_t start = pos_;
    unsigned value = 0;
    while (pos_ < text_.size() && pos_ - start < 4 && hex_value(text_[pos_]) >= 0) {
      value = value * 16 + static_cast<unsigned>(hex_value(text_[pos_++]));
    }
    if (at('.')) {
      if (pos_ == start || index_ > kPieces - 2) return false;
      pos_ = start;
      return embedded_ipv4();
    }
    if (at(':')) {
      if (++pos_ == text_.size()) return false;
    } else if (pos_ != text_.size()) {
      return false;
    }
    pieces_[index_++] = static_cast<uint16_t>(value);
    return true;
  }

  bool embedded_ipv4() {
    for (int seen = 0; seen < 4; ++seen) {
      if (seen > 0) {
        if (!at('.')) return false;
        ++pos_;
      }
      const std::optional<unsigned> value = decimal_byte();
      if (!value) return false;
      pieces_[index_] = static_cast<uint16_t>(pieces_[index_] * 256u + *value);
      if (seen % 2 == 1) ++index_;
    }
    return pos_ == text_.size();
  }

  // 0 to 255 without a leading zero.
  std::optional<unsigned> decimal_byte() {
    const size_t start = pos_;
    unsigned value = 0;
    while (pos_ < text_.size() && is_ascii_digit(text_[pos_])) {
      if (pos_ > start && value == 0) return std::nullopt;
      value = value * 10 + static_cast<unsigned>(text_[pos_++] - '0');
      if (value > 255) return std::nullopt;
    }
    if (pos_ == start) return std::nullopt;
    return value;
  }

  std::optional<Pieces> expand() {
    if (compress_ == kNone) {
      if (index_ != kPieces) return std::nullopt;
      return pieces_;
    }
    const auto begin = pieces_.begin() + static_cast<std::ptrdiff_t>(compress_);
    const auto end = pieces_.begin() + static_cast<std::ptrdiff_t>(index_);
    std::rotate(begin, end, pieces_.end());
    return pieces_;
  }

  std::string_view text_;
  size_t pos_ = 0;
  size_t index_ = 0;         // of the next piece
  size_t compress_ = kNone;  // where "::" stood
  Pieces pieces_{};
};

// The first longest run of two or more zero pieces: {index, length}, or length 0.
std::pair<size_t, size_t> longest_zero_run(const Pieces& pieces) {
  size_t best = 0;
  size_t best_length = 1;
  for (size_t i = 0; i < kPieces;) {
    size_t end = i;
    while (end < kPieces && pieces[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = end + 1;
  }
  return {best, best_length > 1 ? best_length : 0};
}

void append_number(unsigned value, int base, std::string& out) {
  char digits[16];
  const auto result = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, result.ptr);
}

}  // namespace

bool ends_in_number(std::string_view ascii_host) {
  if (ascii_host.ends_with('.')) ascii_host.remove_suffix(1);
  const size_t dot = ascii_host.rfind('.');
  const std::string_view last =
      dot == std::string_view::npos ? ascii_host : ascii_host.substr(dot + 1);
  if (last.empty() || !is_ascii_digit(last[0])) return false;
  return std::all_of(last.begin(), last.end(), is_ascii_digit) ||
         parse_ipv4_number(last).has_value();
}

std::optional<uint32_t> parse_ipv4_host(std::string_view ascii_host) {
  if (ascii_host.ends_with('.')) ascii_host.remove_suffix(1);
  uint32_t address = 0;
  for (unsigned part = 0; part < 4; ++part) {
    const size_t dot = ascii_host.find('.');
    const std::optional<uint64_t> number = parse_ipv4_number(ascii_host.substr(0, dot));
    if (!number) return std::nullopt;
    if (dot == std::string_view::npos) {
      // The last part fills all bytes that are left.
      if (*number >> (8 * (4 - part)) != 0) return std::nullopt;
      return address | static_cast<uint32_t>(*number);
    }
    if (*number > 255) return std::nullopt;
    address |= static_cast<uint32_t>(*number) << (8 * (3 - part));
    ascii_host.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

std::optional<Ipv6Bytes> parse_ipv6(std::string_view text) {
  const std::optional<Pieces> pieces = Ipv6Parser(text).parse();
  if (!pieces) return std::nullopt;
  Ipv6Bytes bytes{};
  for (size_t i = 0; i < kPieces; ++i) {
    bytes[2 * i] = static_cast<uint8_t>((*pieces)[i] >> 8);
    bytes[2 * i + 1] = static_cast<uint8_t>((*pieces)[i] & 0xFF);
  }
  return bytes;
}

void append_ipv4(uint32_t address, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    append_number((address >> shift) & 0xFF, 10, out);
    if (shift > 0) out.push_back('.');
  }
}

void append_ipv6(const Ipv6Bytes& address, std::string& out) {
  Pieces pieces{};
  for (size_t i = 0; i < kPieces; ++i) {
    pieces[i] = static_cast<uint16_t>(address[2 * i] * 256u + address[2 * i + 1]);
  }
  const auto [zeros, zeros_length] = longest_zero_run(pieces);
  for (size_t i = 0; i < kPieces;) {
    if (zeros_length > 0 && i == zeros) {
      out.append(i == 0 ? "::" : ":");
      i += zeros_length;
      continue;
    }
    append_number(pieces[i], 16, out);
    if (++i < kPieces) out.push_back(':');
  }
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    const std::optional<Ipv6Bytes> bytes = parse_ipv6(text);
    if (!bytes) return std::nullopt;
    address.family = 6;
    address.bytes = *bytes;
    return address;
  }
  // Only the serialised form: four decimal parts.
  if (!ends_in_number(text)) return std::nullopt;
  const std::optional<uint32_t> value = parse_ipv4_host(text);
  if (!value) return std::nullopt;
  for (size_t i = 0; i < 4; ++i) {
    address.bytes[i] = static_cast<uint8_t>((*value >> (24 - 8 * i)) & 0xFF);
  }
  if (address.text() != text) return std::nullopt;
  return address;
}

std::string IpAddress::text() const {
  std::string out;
  if (family == 6) {
    append_ipv6(bytes, out);
  } else {
    append_ipv4(uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 |
                    uint32_t{bytes[3]},
                out);
  }
  return out;
}

}  // namespace crawl
