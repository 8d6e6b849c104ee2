// SPDX-License-Identifier: MIT
#include "web/address_guard.h"

#include <netinet/in.h>

#include <cstddef>
#include <cstring>

namespace crawl {

bool address_allowed(const IpAddress& address, AddressPolicy policy) {
  return policy == AddressPolicy::kAny || is_public_address(address);
}

std::vector<IpAddress> allowed_addresses(const std::vector<IpAddress>& addresses,
                                         AddressPolicy policy) {
  std::vector<IpAddress> allowed;
  for (const IpAddress& address : addresses) {
    if (address_allowed(address, policy)) allowed.push_back(address);
  }
  return allowed;
}

std::optional<IpAddress> address_of(const sockaddr* address, size_t length) {
  IpAddress ip;
  if (length >= sizeof(sockaddr_in) && address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::memcpy(ip.bytes.data(), &v4.sin_addr, 4);
    return ip;
  }
  if (length >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    ip.family = 6;
    std::memcpy(ip.bytes.data(), &v6.sin6_addr, 16);
    return ip;
  }
  return std::nullopt;
}

uint16_t port_of(const sockaddr* address, size_t length) {
  if (!address_of(address, length)) return 0;
  sockaddr_in any{};  // the port is at the same place in both families
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::memcpy(&any, address, sizeof any);
  return ntohs(any.sin_port);
}

std::string endpoint_text(const IpAddress& address, uint16_t port) {
  const bool has_brackets = address.family == 6;
  std::string text(has_brackets ? 1 : 0, '[');
  text.append(address.text()).append(has_brackets ? "]:" : ":");
  return text.append(std::to_string(port));
}

}  // namespace crawl
