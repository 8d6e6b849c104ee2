// SPDX-License-Identifier: MIT
#pragma once

// Which addresses a job may connect to. A fetcher asks three times: of the resolver's answers, of
// each socket before it connects, and of a connection that is used again; only the last two defeat
// DNS rebinding. The coordinator asks once more, of each connection, where it is the one to make it
// (crawler/connection_broker.h).

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "web/host.h"

namespace crawl {

enum class AddressPolicy : uint8_t { kPublicOnly, kAny };

bool address_allowed(const IpAddress& address, AddressPolicy policy);

// Those of `addresses` that the policy allows, in the same order.
std::vector<IpAddress> allowed_addresses(const std::vector<IpAddress>& addresses,
                                         AddressPolicy policy);

// nullopt unless AF_INET or AF_INET6, or when `length` is too short for its family.
std::optional<IpAddress> address_of(const sockaddr* address, size_t length);

// 0 where address_of() has no answer.
uint16_t port_of(const sockaddr* address, size_t length);

// "192.0.2.1:443", "[2001:db8::1]:443"
std::string endpoint_text(const IpAddress& address, uint16_t port);

}  // namespace crawl
