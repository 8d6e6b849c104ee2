// SPDX-License-Identifier: MIT
#include "crawler/address_limits.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

TEST_CASE("address_limits: the port does not matter", "[address_limits]") {
  CHECK(address_key("192.0.2.1:443") == address_key("192.0.2.1"));
  CHECK(address_key("192.0.2.1:443") != address_key("192.0.2.2:443"));
  CHECK(address_key("[2001:db8::1]:443") == address_key("2001:db8::1"));
  CHECK(address_key("[2001:db8::1]") == address_key("2001:db8::1"));
}

TEST_CASE("address_limits: an IPv6 network of 64 bits counts as one", "[address_limits]") {
  CHECK(address_key("[2001:db8:1:2::1]:80") == address_key("[2001:db8:1:2:ffff::9]:80"));
  CHECK(address_key("[2001:db8:1:2::1]:80") != address_key("[2001:db8:1:3::1]:80"));
  CHECK(address_key("[::1]:80") != kAddressUnknown);
}

// RFC 4291 §2.5.5.2, RFC 6052 §2.1.
TEST_CASE("address_limits: an IPv4 address within an IPv6 address counts as that",
          "[address_limits]") {
  CHECK(address_key("[::ffff:192.0.2.1]:80") == address_key("192.0.2.1:80"));
  CHECK(address_key("[64:ff9b::192.0.2.1]:80") == address_key("192.0.2.1:80"));
  CHECK(address_key("[64:ff9b::192.0.2.1]:80") != address_key("[64:ff9b::192.0.2.2]:80"));
}

TEST_CASE("address_limits: names and nonsense are no addresses", "[address_limits]") {
  for (const char* text :
       {"", "example.com", "example.com:80", "[::1", "]", ":", "[", "1.2.3:80"}) {
    CAPTURE(text);
    CHECK(address_key(text) == kAddressUnknown);
  }
}

TEST_CASE("address_limits: an address is full with so many requests under way",
          "[address_limits]") {
  AddressLimits limits(2);
  const AddressKey one = address_key("192.0.2.1");
  const AddressKey two = address_key("192.0.2.2");
  limits.start(one);
  CHECK_FALSE(limits.full(one));
  limits.start(one);
  CHECK(limits.full(one));
  CHECK_FALSE(limits.full(two));
  CHECK_FALSE(limits.full(kAddressUnknown));
  limits.end(one);
  CHECK_FALSE(limits.full(one));
  limits.end(one);
  CHECK(limits.size() == 0);
}

TEST_CASE("address_limits: hosts in line are let go in order, as requests end",
          "[address_limits]") {
  AddressLimits limits(1);
  const AddressKey one = address_key("192.0.2.1");
  limits.start(one);
  limits.wait(one, 11);
  limits.wait(one, 12);
  CHECK(limits.release_one() == std::nullopt);
  limits.end(one);
  CHECK(limits.release_one() == 11);
  limits.start(one);
  CHECK(limits.release_one() == std::nullopt);
  limits.end(one);
  CHECK(limits.release_one() == 12);
  CHECK(limits.release_one() == std::nullopt);
  CHECK(limits.size() == 0);
}

// A host that was let go may find that its URL is not wanted after all.
TEST_CASE("address_limits: room that a host did not use goes to the next", "[address_limits]") {
  AddressLimits limits(1);
  const AddressKey one = address_key("192.0.2.1");
  limits.start(one);
  for (int64_t id = 1; id <= 3; ++id) limits.wait(one, id);
  limits.end(one);
  CHECK(limits.release_one() == 1);
  CHECK(limits.release_one() == 2);
  limits.start(one);
  CHECK(limits.release_one() == std::nullopt);
  limits.end(one);
  CHECK(limits.release_one() == 3);
}

TEST_CASE("address_limits: addresses take turns", "[address_limits]") {
  AddressLimits limits(1);
  const AddressKey one = address_key("192.0.2.1");
  const AddressKey two = address_key("192.0.2.2");
  for (const AddressKey key : {one, two}) limits.start(key);
  limits.wait(one, 1);
  limits.wait(one, 2);
  limits.wait(two, 3);
  limits.end(one);
  limits.end(two);
  CHECK(limits.release_one() == 1);
  CHECK(limits.release_one() == 3);
  CHECK(limits.release_one() == 2);
}

TEST_CASE("address_limits: without a limit nothing is counted", "[address_limits]") {
  AddressLimits limits(0);
  const AddressKey one = address_key("192.0.2.1");
  for (int i = 0; i < 1000; ++i) limits.start(one);
  CHECK_FALSE(limits.full(one));
  limits.end(one);
  CHECK(limits.size() == 0);
}

}  // namespace
}  // namespace crawl
