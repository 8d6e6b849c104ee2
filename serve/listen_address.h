// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

// Where a server listens: a literal IPv4 or IPv6 address and a port.
struct ListenAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  bool loopback = false;  // 127.0.0.0/8 or ::1

  // nullopt: no such literal.
  static std::optional<ListenAddress> read(const std::string& literal, uint16_t port);
  // `shown` names it in errors. kExists: the port is taken.
  Result<UniqueFd> listen(const std::string& shown) const;
};

// That the kernel has chosen, where 0 was asked for.
uint16_t port_of(const UniqueFd& socket);
bool is_loopback_literal(const std::string& address);

}  // namespace crawl
