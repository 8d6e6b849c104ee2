// SPDX-License-Identifier: MIT
#pragma once

// How many requests are under way to one IP address, whatever the names of its hosts. Hosts whose
// address is at its limit wait in line and are let go one by one as its requests end. Every
// operation is O(1).

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace crawl {

// An IPv4 address, or the /64 network of an IPv6 address: what one machine can have many of counts
// as one. IPv6 forms of an IPv4 address (v4-mapped, RFC 4291 §2.5.5.2; 64:ff9b::/96, RFC 6052 §2.1)
// count as that.
using AddressKey = uint64_t;
inline constexpr AddressKey kAddressUnknown = 0;

// Of "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80". Names have no key.
AddressKey address_key(std::string_view endpoint);

class AddressLimits {
 public:
  // `limit`: requests under way to one address; 0: no limit.
  explicit AddressLimits(int limit) : limit_(limit) {}

  // An unknown address is never at its limit, and not counted.
  bool full(AddressKey address) const;
  void start(AddressKey address);
  void end(AddressKey address);

  // Puts a host in line.
  void wait(AddressKey address, int64_t host_id);
  // A host whose address has room, longest in line first; addresses take turns. The room is not
  // reserved for it: it may have to get in line again.
  std::optional<int64_t> release_one();

  size_t size() const { return addresses_.size(); }  // with requests under way or hosts in line

 private:
  struct Address {
    int under_way = 0;
    std::deque<int64_t> waiting;
    bool open = false;  // listed in open_
  };
  void note(AddressKey key, Address& address);

  int limit_;
  std::unordered_map<AddressKey, Address> addresses_;
  std::deque<AddressKey> open_;  // had room and hosts in line when they were listed
};

}  // namespace crawl
