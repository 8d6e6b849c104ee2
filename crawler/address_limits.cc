// SPDX-License-Identifier: MIT
#include "crawler/address_limits.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "web/host.h"

namespace crawl {

namespace {

// Keys of IPv4 addresses lie where no IPv6 network is: ::ffff:0:0/32 read as a /64.
constexpr AddressKey kIpv4 = AddressKey{0xffff} << 32;
constexpr AddressKey kUnspecifiedNetwork = 1;  // ::/64, loopback; must not be kAddressUnknown

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<uint8_t, 12> kNat64Prefix = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

// The number in bytes [first, last).
uint64_t number(const std::array<uint8_t, 16>& bytes, size_t first, size_t last) {
  uint64_t value = 0;
  for (size_t i = first; i < last; ++i) value = value << 8 | bytes[i];
  return value;
}

std::string_view without_port(std::string_view endpoint) {
  if (endpoint.substr(0, 1) == "[") return endpoint.substr(0, endpoint.find(']') + 1);
  const size_t colon = endpoint.find(':');
  const bool has_port = colon != std::string_view::npos && colon == endpoint.rfind(':');
  return has_port ? endpoint.substr(0, colon) : endpoint;
}

}  // namespace

AddressKey address_key(std::string_view endpoint) {
  const std::optional<IpAddress> address = IpAddress::parse(without_port(endpoint));
  if (!address) return kAddressUnknown;
  const auto& bytes = address->bytes;
  if (address->family == 4) return kIpv4 | number(bytes, 0, 4);
  const auto has_prefix = [&](const std::array<uint8_t, 12>& prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
  };
  if (has_prefix(kMappedPrefix) || has_prefix(kNat64Prefix)) return kIpv4 | number(bytes, 12, 16);
  const uint64_t network = number(bytes, 0, 8);
  return network == 0 ? kUnspecifiedNetwork : network;
}

bool AddressLimits::full(AddressKey address) const {
  if (address == kAddressUnknown || limit_ == 0) return false;
  const auto found = addresses_.find(address);
  return found != addresses_.end() && found->second.under_way >= limit_;
}

void AddressLimits::start(AddressKey address) {
  if (address == kAddressUnknown || limit_ == 0) return;
  ++addresses_[address].under_way;
}

void AddressLimits::end(AddressKey address) {
  if (address == kAddressUnknown || limit_ == 0) return;
  const auto found = addresses_.find(address);
  CRAWL_CHECK(found != addresses_.end() && found->second.under_way > 0);
  --found->second.under_way;
  note(address, found->second);
  if (found->second.under_way == 0 && found->second.waiting.empty()) addresses_.erase(found);
}

void AddressLimits::wait(AddressKey address, int64_t host_id) {
  Address& entry = addresses_[address];
  entry.waiting.push_back(host_id);
  note(address, entry);
}

void AddressLimits::note(AddressKey key, Address& address) {
  if (address.open || address.waiting.empty() || address.under_way >= limit_) return;
  address.open = true;
  open_.push_back(key);
}

std::optional<int64_t> AddressLimits::release_one() {
  while (!open_.empty()) {
    const AddressKey key = open_.front();
    open_.pop_front();
    const auto found = addresses_.find(key);
    Address& address = found->second;
    address.open = false;
    if (address.under_way >= limit_) continue;  // note() lists it again when one ends
    const int64_t host_id = address.waiting.front();
    address.waiting.pop_front();
    note(key, address);
    if (address.under_way == 0 && address.waiting.empty()) addresses_.erase(found);
    return host_id;
  }
  return std::nullopt;
}

}  // namespace crawl
