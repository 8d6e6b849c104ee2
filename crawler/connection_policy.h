// SPDX-License-Identifier: MIT
#pragma once

// Where one fetcher may connect to: the name servers of this machine, and what the jobs that it
// holds need. A pure table; crawler/connection_broker.h asks it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "web/host.h"

namespace crawl {

enum class SocketKind : uint8_t { kStream, kDatagram };

class ConnectionPolicy {
 public:
  explicit ConnectionPolicy(std::vector<IpAddress> name_servers);

  // A job for `url`, while it is in flight, allows its port: with a literal address that address,
  // with localhost or a name below it loopback addresses, with another name public addresses, and
  // with `allow_private` all. Literal addresses that are not public need `allow_private` too. With
  // a `proxy`, as the user wrote it, it allows that alone, whatever its address is. "" : none.
  void permit(uint64_t lease, std::string_view url, bool allow_private,
              const std::string& proxy = {});
  void withdraw(uint64_t lease) { permits_.erase(lease); }

  bool allows(SocketKind kind, const IpAddress& address, uint16_t port) const;

 private:
  struct Permit {
    uint16_t port = 0;
    bool allow_private = false;
    bool loopback = false;
    std::optional<IpAddress> only;

    bool covers(const IpAddress& address) const;
  };
  static Permit permit_for(std::string_view host, uint16_t port, bool allow_private);

  std::vector<IpAddress> name_servers_;
  std::unordered_map<uint64_t, Permit> permits_;  // by lease
};

// The name servers of resolv.conf(5); the local one where the file names none.
std::vector<IpAddress> name_servers(std::string_view resolv_conf);

}  // namespace crawl
