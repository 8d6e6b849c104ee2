// SPDX-License-Identifier: MIT
#pragma once

// Host names and addresses: the URL Standard's host parser (§3.5), UTS 46 domains, IP address
// classes, registrable domains.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

// §3.5 "host parser" for special schemes: percent-decodes, domain to ASCII (UTS 46), IPv4 forms
// ("0x7f.1" → "127.0.0.1"), "[…]" IPv6. Returns the serialised host.
Result<std::string> parse_special_host(std::string_view input);
// For schemes that are not special: opaque host or "[…]".
Result<std::string> parse_opaque_host(std::string_view input);

// The domain parser of the URL Standard (§3.3) and its way back, by UTS 46, non-transitional. Not
// strict, an ASCII domain is only lower-cased, whatever its "xn--" labels hold; strict, hyphens,
// letters and DNS lengths are checked as well. A domain that is not valid is its own Unicode form.
Result<std::string> domain_to_ascii(std::string_view domain, bool be_strict);
std::string domain_to_unicode(std::string_view ascii);

struct IpAddress {
  int family = 4;                   // 4 or 6
  std::array<uint8_t, 16> bytes{};  // network order; the first 4 for IPv4

  // A serialised URL host ("127.0.0.1", "[::1]") or plain text ("::1"); nullopt when it is a name.
  static std::optional<IpAddress> parse(std::string_view text);
  std::string text() const;  // "127.0.0.1", "::1"
};

// True when the address is globally reachable unicast. False for unspecified, loopback, private
// (RFC 1918), shared (100.64/10), link-local, ULA, multicast, broadcast, documentation,
// benchmarking, reserved, discard, and for IPv6 forms that carry an IPv4 address that is not public
// (v4-mapped, v4-compatible, 6to4, NAT64, Teredo), by the IANA special-purpose address registries.
bool is_public_address(const IpAddress& address);

// "localhost" and below, with the root's dot or without: this machine, whatever the DNS says
// (RFC 6761 §6.3).
bool is_localhost(std::string_view host);

// True when the host itself says that it is not on the public internet: a literal address that is
// not public, "localhost" and below, a single label, or a special-use suffix (.local, .localdomain,
// .lan, .internal, .intranet, .home.arpa, .test, …).
bool is_private_host_name(std::string_view host);

// "www.example.co.uk" → "example.co.uk" by the public suffix list (libpsl); the host itself when it
// is an address, a single label or a public suffix.
std::string registrable_domain(std::string_view host);

// "co.uk": names below it belong to different people (libpsl). False for addresses.
bool is_public_suffix(std::string_view host);

}  // namespace crawl
