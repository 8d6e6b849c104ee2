// SPDX-License-Identifier: MIT
#pragma once

// The host parsers of web/host.h in the form the URL parser uses: the serialised host is appended
// to `out`. They return nullptr, or what is wrong with the host in words for a person; `out` then
// holds leftovers. `input` is valid UTF-8 and not empty.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

using HostFault = const char*;

HostFault append_special_host(std::string_view input, std::string& out);
HostFault append_opaque_host(std::string_view input, std::string& out);

// "domain parser" (§3.3), not strict.
HostFault append_ascii_domain(std::string_view domain, std::string& out);

// What a byte means in a host, as bits.
inline constexpr uint8_t kForbiddenHost = 1;    // "forbidden host code point"
inline constexpr uint8_t kForbiddenDomain = 2;  // "forbidden domain code point"
inline constexpr uint8_t kUpperCase = 4;
inline constexpr uint8_t kNotPlain = 8;  // "%" or not ASCII: needs decoding or UTS 46

constexpr std::array<uint8_t, 256> make_host_bytes() {
  std::array<uint8_t, 256> table{};
  for (size_t c = 0; c < table.size(); ++c) {
    if (c < 0x20 || c == 0x7F) table[c] = kForbiddenDomain;
    if (c >= 'A' && c <= 'Z') table[c] = kUpperCase;
    if (c >= 0x80) table[c] = kNotPlain;
  }
  for (const char c : std::string_view("\0\t\n\r #/:<>?@[\\]^|", 17)) {
    table[static_cast<unsigned char>(c)] = kForbiddenHost | kForbiddenDomain;
  }
  table['%'] = kForbiddenDomain | kNotPlain;
  return table;
}
inline constexpr std::array<uint8_t, 256> kHostBytes = make_host_bytes();

inline uint8_t host_byte(char c) { return kHostBytes[static_cast<unsigned char>(c)]; }

}  // namespace crawl
