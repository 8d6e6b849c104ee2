// SPDX-License-Identifier: MIT
// Where a fetcher may connect to: the address that it hands to the kernel, any bytes of any length,
// against what its jobs permit. Nothing that is not public is allowed by a job that may not reach
// it.

#include <arpa/inet.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "crawler/address_limits.h"
#include "crawler/connection_policy.h"
#include "web/address_guard.h"
#include "web/url.h"

namespace {

using namespace crawl;

// What is certainly inside, by the kernel's own macros.
bool is_inside(const IpAddress& address) {
  if (address.family == 4) {
    const uint32_t first = address.bytes[0];
    const uint32_t second = address.bytes[1];
    return first == 0 || first == 10 || first == 127 || first >= 224 ||
           (first == 192 && second == 168) || (first == 172 && second / 16 == 1) ||
           (first == 169 && second == 254);
  }
  in6_addr v6{};
  std::memcpy(&v6, address.bytes.data(), sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    IpAddress v4;
    std::memcpy(v4.bytes.data(), address.bytes.data() + 12, 4);
    return is_inside(v4);
  }
  return IN6_IS_ADDR_UNSPECIFIED(&v6) || IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6) ||
         IN6_IS_ADDR_MULTICAST(&v6) || IN6_IS_ADDR_V4COMPAT(&v6) ||
         (address.bytes[0] & 0xFE) == 0xFC;
}

void check_text(const IpAddress& address) {
  const std::string text = address.text();
  in6_addr bytes{};
  CRAWL_CHECK(::inet_pton(address.family == 4 ? AF_INET : AF_INET6, text.c_str(), &bytes) == 1);
  CRAWL_CHECK(std::memcmp(&bytes, address.bytes.data(), address.family == 4 ? 4 : 16) == 0);
  for (const std::string& each : {text, "[" + text + "]"}) {
    if (address.family == 4 && each != text) continue;
    const auto again = IpAddress::parse(each);
    CRAWL_CHECK(again && again->family == address.family && again->bytes == address.bytes);
  }
  const std::string endpoint = endpoint_text(address, 443);
  CRAWL_CHECK(address_key(endpoint) == address_key(text));
  CRAWL_CHECK(address_key(endpoint) != kAddressUnknown);
}

// 1: as a fetcher would write it; else any bytes.
std::vector<uint8_t> socket_address(FuzzedDataProvider& chance) {
  std::vector<uint8_t> bytes(sizeof(sockaddr_storage));
  const size_t length = chance.ConsumeIntegralInRange<size_t>(2, bytes.size());
  const uint8_t kind = chance.ConsumeIntegral<uint8_t>();
  const auto rest = chance.ConsumeBytes<uint8_t>(length);
  std::copy(rest.begin(), rest.end(), bytes.begin());
  const sa_family_t family = (kind & 2) != 0 ? AF_INET6 : AF_INET;
  if ((kind & 1) != 0) std::memcpy(bytes.data(), &family, sizeof family);
  // ::ffff:a.b.c.d
  if ((kind & 4) != 0) {
    std::memset(bytes.data() + 8, 0, 10);
    std::memset(bytes.data() + 18, 0xFF, 2);
  }
  bytes.resize(length);
  return bytes;
}

void check_job(FuzzedDataProvider& chance, const IpAddress& address, uint16_t port) {
  const std::vector<IpAddress> servers = name_servers(chance.ConsumeRandomLengthString(40));
  CRAWL_CHECK(!servers.empty());
  ConnectionPolicy policy(servers);
  const bool nothing = !policy.allows(SocketKind::kStream, address, port) || port == 53;
  CRAWL_CHECK(nothing);
  const bool literal = chance.ConsumeBool();
  const std::string host = literal
                               ? (address.family == 6 ? "[" + address.text() + "]" : address.text())
                               : chance.ConsumeRandomLengthString(20);
  const std::string text = "http://" + host + ":" + std::to_string(port) + "/";
  const auto url = Url::parse(text);
  policy.permit(1, text, false);
  if (port == 53) return;
  CRAWL_CHECK(!policy.allows(SocketKind::kDatagram, address, port));
  const bool public_only = policy.allows(SocketKind::kStream, address, port);
  if (public_only) CRAWL_CHECK(url && url->effective_port() == port);
  if (public_only) CRAWL_CHECK(is_public_address(address) && !is_inside(address));
  if (literal && url && port != 0) CRAWL_CHECK(public_only == is_public_address(address));
  policy.permit(1, text, true);
  if (literal && url && port != 0) CRAWL_CHECK(policy.allows(SocketKind::kStream, address, port));
  // A host made by chance may bring a port of its own: "h:80/".
  const auto other = static_cast<uint16_t>(port ^ 1);
  if (policy.allows(SocketKind::kStream, address, other)) {
    CRAWL_CHECK(other == 53 || (url && url->effective_port() == other));
  }
  policy.withdraw(1);
  CRAWL_CHECK(!policy.allows(SocketKind::kStream, address, port));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider chance(data, size);
  const std::vector<uint8_t> bytes = socket_address(chance);
  const auto* generic = reinterpret_cast<const sockaddr*>(bytes.data());
  const auto address = address_of(generic, bytes.size());
  const uint16_t port = port_of(generic, bytes.size());
  if (!address) {
    CRAWL_CHECK(port == 0);
    return 0;
  }
  check_text(*address);
  if (is_inside(*address)) CRAWL_CHECK(!address_allowed(*address, AddressPolicy::kPublicOnly));
  check_job(chance, *address, port);
  const std::string proxy = chance.ConsumeRemainingBytesAsString();
  if (proxy.empty()) return 0;
  // Where the job leads takes no part then; who it is depends on the user's word alone.
  const std::string url = "http://" + endpoint_text(*address, port) + "/";
  ConnectionPolicy behind(name_servers(""));
  behind.permit(1, url, true, proxy);
  ConnectionPolicy elsewhere(name_servers(""));
  elsewhere.permit(1, "http://example.com/", false, proxy);
  const bool allowed = behind.allows(SocketKind::kStream, *address, port);
  CRAWL_CHECK(allowed == elsewhere.allows(SocketKind::kStream, *address, port));
  behind.withdraw(1);
  CRAWL_CHECK(port == 53 || !behind.allows(SocketKind::kStream, *address, port));
  return 0;
}
