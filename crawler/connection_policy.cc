// SPDX-License-Identifier: MIT
#include "crawler/connection_policy.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "web/proxy.h"
#include "web/url.h"

namespace crawl {

namespace {

constexpr uint16_t kDnsPort = 53;

// One form for an IPv4 address, however it is carried.
IpAddress plain(const IpAddress& address) {
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (address.family != 6) return address;
  if (!std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) return address;
  IpAddress v4;
  std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
  return v4;
}

bool same(const IpAddress& a, const IpAddress& b) {
  const IpAddress one = plain(a);
  const IpAddress other = plain(b);
  return one.family == other.family && one.bytes == other.bytes;
}

bool is_loopback(const IpAddress& address) {
  const IpAddress one = plain(address);
  return one.family == 4 ? one.bytes[0] == 127 : one.text() == "::1";
}

}  // namespace

ConnectionPolicy::ConnectionPolicy(std::vector<IpAddress> name_servers)
    : name_servers_(std::move(name_servers)) {}

ConnectionPolicy::Permit ConnectionPolicy::permit_for(std::string_view host, uint16_t port,
                                                      bool allow_private) {
  Permit permit;
  permit.port = port;
  permit.allow_private = allow_private;
  permit.only = IpAddress::parse(host);
  permit.loopback = is_localhost(host);
  return permit;
}

void ConnectionPolicy::permit(uint64_t lease, std::string_view url, bool allow_private,
                              const std::string& proxy) {
  const Result<Url> target = proxy.empty() ? Url::parse(url) : parse_proxy(proxy);
  if (!target) return;
  permits_[lease] = proxy.empty()
                        ? permit_for(target->host(), target->effective_port(), allow_private)
                        : permit_for(target->host(), proxy_port(proxy, *target), true);
}

bool ConnectionPolicy::Permit::covers(const IpAddress& address) const {
  if (!allow_private && !is_public_address(address)) return false;
  if (only) return same(*only, address);
  return !loopback || is_loopback(address);
}

bool ConnectionPolicy::allows(SocketKind kind, const IpAddress& address, uint16_t port) const {
  const auto asked = [&](const IpAddress& server) { return same(server, address); };
  if (port == kDnsPort && std::any_of(name_servers_.begin(), name_servers_.end(), asked)) {
    return true;
  }
  if (kind != SocketKind::kStream || port == 0) return false;
  return std::any_of(permits_.begin(), permits_.end(), [&](const auto& entry) {
    return entry.second.port == port && entry.second.covers(address);
  });
}

std::vector<IpAddress> name_servers(std::string_view resolv_conf) {
  std::vector<IpAddress> servers;
  std::istringstream lines{std::string(resolv_conf)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    words >> keyword >> address;
    if (keyword != "nameserver") continue;
    const auto server = IpAddress::parse(address.substr(0, address.find('%')));
    if (server) servers.push_back(*server);
  }
  if (servers.empty()) servers.push_back(*IpAddress::parse("127.0.0.1"));
  return servers;
}

}  // namespace crawl
