// SPDX-License-Identifier: MIT

// Which addresses are on the public internet, by the IANA IPv4 and IPv6 Special-Purpose Address
// Registries (RFC 6890 and its updates). In doubt an address is not public: a crawler that refuses
// a relic loses nothing, one that reaches inside loses much.

#include <algorithm>
#include <array>
#include <cstdint>

#include "web/host.h"
#include "web/ip_address.h"

namespace crawl {
namespace {

struct Ipv4Block {
  uint32_t address;
  unsigned prefix;
};

constexpr uint32_t ipv4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr Ipv4Block kNotPublic4[] = {
    {ipv4(0, 0, 0, 0), 8},       // "this network", RFC 791
    {ipv4(10, 0, 0, 0), 8},      // private, RFC 1918
    {ipv4(100, 64, 0, 0), 10},   // shared (carrier-grade NAT), RFC 6598
    {ipv4(127, 0, 0, 0), 8},     // loopback, RFC 1122
    {ipv4(169, 254, 0, 0), 16},  // link-local, RFC 3927
    {ipv4(172, 16, 0, 0), 12},   // private, RFC 1918
    {ipv4(192, 0, 0, 0), 24},  // protocol assignments, RFC 6890; its anycasts end at the local NAT
    {ipv4(192, 0, 2, 0), 24},  // documentation, RFC 5737
    {ipv4(192, 88, 99, 0), 24},   // 6to4 relays, deprecated by RFC 7526
    {ipv4(192, 168, 0, 0), 16},   // private, RFC 1918
    {ipv4(198, 18, 0, 0), 15},    // benchmarking, RFC 2544
    {ipv4(198, 51, 100, 0), 24},  // documentation, RFC 5737
    {ipv4(203, 0, 113, 0), 24},   // documentation, RFC 5737
    {ipv4(224, 0, 0, 0), 4},      // multicast, RFC 5771
    {ipv4(240, 0, 0, 0), 4},      // reserved, RFC 1112, and broadcast, RFC 8190
};

bool is_public_ipv4(uint32_t address) {
  return std::none_of(std::begin(kNotPublic4), std::end(kNotPublic4), [&](const Ipv4Block& block) {
    return (address ^ block.address) >> (32 - block.prefix) == 0;
  });
}

bool is_public_ipv4_at(const Ipv6Bytes& bytes, size_t at, uint8_t mask = 0) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(bytes[at + i] ^ mask); };
  return is_public_ipv4(ipv4(byte(0), byte(1), byte(2), byte(3)));
}

struct Ipv6Block {
  Ipv6Bytes address;
  unsigned prefix;
};

bool in_block(const Ipv6Bytes& bytes, const Ipv6Block& block) {
  const size_t whole = block.prefix / 8;
  for (size_t i = 0; i < whole; ++i) {
    if (bytes[i] != block.address[i]) return false;
  }
  const unsigned rest = block.prefix % 8;
  return rest == 0 || (bytes[whole] ^ block.address[whole]) >> (8 - rest) == 0;
}

constexpr Ipv6Block kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96};  // RFC 4291
constexpr Ipv6Block kNat64{{0x00, 0x64, 0xFF, 0x9B}, 96};                     // RFC 6052
constexpr Ipv6Block kTeredo{{0x20, 0x01, 0x00, 0x00}, 32};                    // RFC 4380
constexpr Ipv6Block kSixToFour{{0x20, 0x02}, 16};                             // RFC 3056

// The only space from which global unicast addresses are assigned. Outside of it lie ::1, ::,
// IPv4-compatible addresses, 64:ff9b:1::/48, 100::/64, 5f00::/16, ULA, link-local and multicast.
constexpr Ipv6Block kGlobalUnicast{{0x20}, 3};
constexpr Ipv6Block kNotPublic6[] = {
    {{0x20, 0x01, 0x00}, 23},  // protocol assignments, RFC 2928: benchmarking, ORCHID, AMT …
    {{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation, RFC 3849
    {{0x3F, 0xFF}, 20},              // documentation, RFC 9637
};

bool is_public_ipv6(const Ipv6Bytes& bytes) {
  if (in_block(bytes, kMapped) || in_block(bytes, kNat64)) return is_public_ipv4_at(bytes, 12);
  if (in_block(bytes, kSixToFour)) return is_public_ipv4_at(bytes, 2);
  // A Teredo address names its server, and its client with all bits inverted (RFC 4380 §4).
  if (in_block(bytes, kTeredo)) {
    return is_public_ipv4_at(bytes, 4) && is_public_ipv4_at(bytes, 12, 0xFF);
  }
  return in_block(bytes, kGlobalUnicast) &&
         std::none_of(std::begin(kNotPublic6), std::end(kNotPublic6),
                      [&](const Ipv6Block& block) { return in_block(bytes, block); });
}

}  // namespace

bool is_public_address(const IpAddress& address) {
  return address.family == 6 ? is_public_ipv6(address.bytes) : is_public_ipv4_at(address.bytes, 0);
}

}  // namespace crawl
