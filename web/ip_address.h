// SPDX-License-Identifier: MIT
#pragma once

// The address parsers of the URL Standard (§3.5), behind the host parser of web/host.h.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawl {

using Ipv6Bytes = std::array<uint8_t, 16>;

// "ends in a number checker": such a host is an IPv4 address or it is invalid.
bool ends_in_number(std::string_view ascii_host);

// "IPv4 parser": one to four parts, each decimal, octal (0…) or hexadecimal (0x…), and a final dot.
std::optional<uint32_t> parse_ipv4_host(std::string_view ascii_host);

// "IPv6 parser", without the brackets.
std::optional<Ipv6Bytes> parse_ipv6(std::string_view text);

// §3.6: "127.0.0.1"; "::1" by the rules of RFC 5952.
void append_ipv4(uint32_t address, std::string& out);
void append_ipv6(const Ipv6Bytes& address, std::string& out);

}  // namespace crawl
