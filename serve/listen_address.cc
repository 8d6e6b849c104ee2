// SPDX-License-Identifier: MIT
#include "serve/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>

namespace crawl {

namespace {

constexpr int kBacklog = 64;

}  // namespace

std::optional<ListenAddress> ListenAddress::read(const std::string& literal, uint16_t port) {
  ListenAddress address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, literal.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
    address.loopback = ntohl(four->sin_addr.s_addr) >> 24 == 127;
    return address;
  }
  if (::inet_pton(AF_INET6, literal.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    address.length = sizeof(sockaddr_in6);
    address.loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) != 0;
    return address;
  }
  return std::nullopt;
}

Result<UniqueFd> ListenAddress::listen(const std::string& shown) const {
  UniqueFd socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno_error("cannot listen on " + shown);
  const int on = 1;
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* name = reinterpret_cast<const sockaddr*>(&storage);
  if (::bind(socket.fd(), name, length) != 0 || ::listen(socket.fd(), kBacklog) != 0) {
    Error error = errno_error("cannot listen on " + shown);
    if (error.sys_errno == EADDRINUSE) error.code = Errc::kExists;
    return error;
  }
  return socket;
}

uint16_t port_of(const UniqueFd& socket) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&name), &length);
  // Both kinds have it in the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&name)->sin_port);
}

bool is_loopback_literal(const std::string& address) {
  const std::optional<ListenAddress> read = ListenAddress::read(address, 0);
  return read && read->loopback;
}

}  // namespace crawl
